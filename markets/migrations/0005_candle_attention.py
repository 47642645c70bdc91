from django.db import migrations, models

# Candles whose ticks are still there get what these say; what retention has deleted stays 0.
_FROM_KEPT_TICKS = """
    UPDATE markets_candle AS candle
    SET attention_points = kept.points, attention_moved_micro = kept.moved
    FROM (
        SELECT market_id, width.interval, date_bin(width.width, at, '2000-01-01 00:00:00+00') AS opened_at,
               sum(attention_points)::bigint AS points, sum(cash_after_micro - cash_before_micro)::bigint AS moved
        FROM markets_tick
        CROSS JOIN (
            VALUES ('1m', interval '1 minute'), ('5m', interval '5 minutes'), ('15m', interval '15 minutes'),
                   ('1h', interval '1 hour'), ('1d', interval '1 day')
        ) AS width (interval, width)
        GROUP BY 1, 2, 3
    ) AS kept
    WHERE candle.market_id = kept.market_id AND candle.interval = kept.interval AND candle.opened_at = kept.opened_at
"""


class Migration(migrations.Migration):

    dependencies = [
        ('markets', '0004_total_shares_positive'),
    ]

    operations = [
        migrations.AddField(
            model_name='candle',
            name='attention_moved_micro',
            field=models.BigIntegerField(db_default=0, help_text="What its cycles added to the market's cash, less what they took."),
        ),
        migrations.AddField(
            model_name='candle',
            name='attention_points',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.RunSQL(_FROM_KEPT_TICKS, migrations.RunSQL.noop),
    ]
