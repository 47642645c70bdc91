from django.db import migrations, models

BACKFILL = """
UPDATE trading_holding AS holding SET sold_basis_micro = sold.basis_micro
FROM (
    SELECT initiator_id, market_id, sum(basis_micro) AS basis_micro
    FROM transactions WHERE kind = 'biome_sell' GROUP BY initiator_id, market_id
) AS sold
WHERE holding.player_id = sold.initiator_id AND holding.market_id = sold.market_id
"""


class Migration(migrations.Migration):
    dependencies = [("trading", "0007_hourly_flow")]

    operations = [
        migrations.AddField(
            model_name="holding",
            name="sold_basis_micro",
            field=models.BigIntegerField(default=0, help_text="What all shares sold had cost, fees included."),
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="holding",
            constraint=models.CheckConstraint(
                condition=models.Q(("sold_basis_micro__gte", 0)), name="holding_sold_basis_not_negative"
            ),
        ),
        migrations.AlterField(
            model_name="worthsnapshot",
            name="span",
            field=models.CharField(
                choices=[("moment", "Moment"), ("five", "five minutes"), ("hour", "Hour"), ("day", "Day")],
                default="moment",
                max_length=6,
            ),
        ),
    ]
