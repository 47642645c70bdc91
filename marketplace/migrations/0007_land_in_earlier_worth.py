from django.db import migrations

# Which parcels a player owned at each snapshot, from the transactions; a refund gave the parcel back. What the world
# asked for them then is not known any more: they count at what it asks now.
OWNED_THEN = """
    WITH changes AS (
        SELECT land_id, id, at, payer_id AS owner_id FROM transactions WHERE land_id IS NOT NULL
        UNION ALL
        SELECT sale.land_id, refund.id, refund.at, sale.payee_id
        FROM transactions AS refund JOIN transactions AS sale ON sale.id = refund.corrects_id
        WHERE sale.land_id IS NOT NULL
    ), spans AS (
        SELECT land_id, owner_id, at AS since,
               coalesce(lead(at) OVER (PARTITION BY land_id ORDER BY id), 'infinity') AS until
        FROM changes
    ), priced AS (
        SELECT land.id, div(
            market.cash_micro::numeric * 1000000
            * CASE land.market_id WHEN 'ocean' THEN version.ocean_land_bps WHEN 'beach' THEN version.beach_land_bps
                WHEN 'plains' THEN version.plains_land_bps WHEN 'forest' THEN version.forest_land_bps
                WHEN 'desert' THEN version.desert_land_bps WHEN 'mountain' THEN version.mountain_land_bps
                WHEN 'snow' THEN version.snow_land_bps END
            * greatest(1000, 10000 + floor(land.elevation_m::numeric * version.land_elevation_bps / 1000))
            + market.total_shares_micro::numeric * 100000000 - 1,
            market.total_shares_micro::numeric * 100000000)::bigint AS price_micro
        FROM marketplace_land AS land JOIN markets_market AS market ON market.biome = land.market_id
        JOIN markets_economicsettings AS version ON version.id = market.settings_id
    )
    SELECT snapshot.player_id, snapshot.at, sum(price_micro)::bigint AS land_micro
    FROM trading_worthsnapshot AS snapshot
    JOIN spans ON owner_id = player_id AND snapshot.at >= since AND snapshot.at < until
    JOIN priced ON priced.id = land_id
    GROUP BY snapshot.player_id, snapshot.at
"""

# What land had brought and taken by each snapshot, refunds when they were.
NET_THEN = """
    SELECT snapshot.player_id, snapshot.at, sum(change)::bigint AS net_micro
    FROM trading_worthsnapshot AS snapshot JOIN (
        SELECT payer_id AS player_id, at, -coalesce(value_micro, amount_micro) AS change
        FROM transactions LEFT JOIN marketplace_giftvalue ON transaction_id = id WHERE land_id IS NOT NULL
        UNION ALL
        SELECT payee_id, at, coalesce(value_micro, amount_micro - fee_micro)
        FROM transactions LEFT JOIN marketplace_giftvalue ON transaction_id = id
        WHERE land_id IS NOT NULL AND payee_id IS NOT NULL
        UNION ALL
        SELECT refund.payee_id, refund.at, refund.amount_micro
        FROM transactions AS refund JOIN transactions AS sale ON sale.id = refund.corrects_id
        WHERE sale.land_id IS NOT NULL
        UNION ALL
        SELECT refund.payer_id, refund.at, -refund.amount_micro
        FROM transactions AS refund JOIN transactions AS sale ON sale.id = refund.corrects_id
        WHERE sale.land_id IS NOT NULL AND refund.payer_id IS NOT NULL
    ) AS changes ON changes.player_id = snapshot.player_id AND changes.at <= snapshot.at
    GROUP BY snapshot.player_id, snapshot.at
"""

COUNT_LAND = f"""
    UPDATE trading_worthsnapshot AS snapshot
    SET land_micro = coalesce(owned.land_micro, 0),
        worth_micro = worth_micro + coalesce(owned.land_micro, 0),
        gain_micro = gain_micro + coalesce(owned.land_micro, 0) + net.net_micro
    FROM ({NET_THEN}) AS net LEFT JOIN ({OWNED_THEN}) AS owned USING (player_id, at)
    WHERE snapshot.player_id = net.player_id AND snapshot.at = net.at AND snapshot.land_micro IS NOT NULL
"""
LEAVE_LAND_OUT = f"""
    UPDATE trading_worthsnapshot AS snapshot
    SET land_micro = 0, worth_micro = worth_micro - land_micro,
        gain_micro = gain_micro - land_micro - net.net_micro
    FROM ({NET_THEN}) AS net
    WHERE snapshot.player_id = net.player_id AND snapshot.at = net.at AND snapshot.land_micro IS NOT NULL
"""


def count_land(apps, schema_editor):
    schema_editor.execute(COUNT_LAND)


def leave_land_out(apps, schema_editor):
    schema_editor.execute(LEAVE_LAND_OUT)


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0006_land_accounts")]

    operations = [migrations.RunPython(count_land, leave_land_out)]
