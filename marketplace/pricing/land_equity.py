"""The worth of land to its owners: queries only, which `trading.land` makes a part of every worth.

A parcel counts at the world's current asking price, offered for sale or not: `prices.base_price`, to the micro-BDT.
Payments and receipts for land are in `LandAccount`, which the database itself keeps when a parcel changes hands.
"""

from __future__ import annotations

from attention.biomes import Biome

_FACTOR_BPS = " ".join(f"WHEN '{biome.value}' THEN version.{biome.value}_land_bps" for biome in Biome)

#: Biome factor x elevation factor of a parcel, as in `prices.weight_of`; elevations below the sea are rounded down.
_WEIGHT = f"""
    (CASE land.market_id {_FACTOR_BPS} END)::bigint
    * greatest(1000, 10000 + floor(land.elevation_m::numeric * version.land_elevation_bps / 1000))::bigint
"""

#: What the world asks for a parcel of a weight, rounded up, as in `prices.price_of`.
_PRICE = """
    div(cash_micro::numeric * 1000000 * weight + total_shares_micro::numeric * 100000000 - 1,
        total_shares_micro::numeric * 100000000)
"""

#: The parcels that players own, those of a weight together: each costs the same, so each is rounded the same.
PARCELS_OWNED = f"""
    SELECT player_id, biome, weight, parcels, (parcels * {_PRICE})::bigint AS value_micro
    FROM (
        SELECT land.owner_id AS player_id, land.market_id AS biome, {_WEIGHT} AS weight, count(*) AS parcels
        FROM marketplace_land AS land
        JOIN markets_market AS its_market ON its_market.biome = land.market_id
        JOIN markets_economicsettings AS version ON version.id = its_market.settings_id
        WHERE land.owner_id IS NOT NULL
        GROUP BY land.owner_id, land.market_id, 3
    ) AS alike JOIN markets_market AS market USING (biome)
"""  # noqa: S608  # parts of our own

#: What land brought each player less what it took.
LAND_ACCOUNTS = "SELECT player_id, net_micro FROM marketplace_landaccount"
