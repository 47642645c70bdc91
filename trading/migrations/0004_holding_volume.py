from django.db import migrations, models

# What goes into the market with a buy and comes out of it with a sale: a buy's amount has the fee in it.
BACKFILL = """
UPDATE trading_holding AS holding SET volume_micro = traded.volume_micro
FROM (
    SELECT initiator_id, market_id,
           sum(CASE kind WHEN 'biome_buy' THEN amount_micro - fee_micro ELSE amount_micro END) AS volume_micro
    FROM transactions WHERE kind IN ('biome_buy', 'biome_sell') GROUP BY initiator_id, market_id
) AS traded
WHERE holding.player_id = traded.initiator_id AND holding.market_id = traded.market_id
"""


class Migration(migrations.Migration):
    dependencies = [("trading", "0003_remove_transaction_by_market")]

    operations = [
        migrations.AddField(
            model_name="holding",
            name="volume_micro",
            field=models.BigIntegerField(default=0, help_text="BDT of all buys and sales, without fees."),
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="holding",
            constraint=models.CheckConstraint(
                condition=models.Q(("volume_micro__gte", 0)), name="holding_volume_not_negative"
            ),
        ),
    ]
