"""The markets' current state, for the API and the streams."""

from __future__ import annotations

from typing import Any

from django.db import connection

from attention.biomes import Biome
from core.api import timestamps
from core.database.transactions import prepared_rows
from core.errors import ServiceUnavailable
from markets import payloads
from markets.economic_settings import settings_version
from markets.models import Market
from markets.money import micro_text

_COLUMNS = ["biome", "cash_micro", "total_shares_micro", "shares_held_micro", "settings_id", "attention_points"]
# One statement for markets and cycle, so that they belong together. Not through the ORM: to put this query together
# there takes longer than to answer it, and every client asks it.
_MARKETS_NOW = """
    SELECT newest.number, newest.at, biome, cash_micro, total_shares_micro, shares_held_micro, settings_id,
           attention_points
    FROM markets_market
    LEFT JOIN (SELECT number, at FROM markets_cycle ORDER BY number DESC LIMIT 1) AS newest ON true
"""


def take_snapshot(biome: Biome | None = None) -> dict[str, Any]:
    """Return the last cycle, the settings in force, and every market in canonical order, or only the one of `biome`.

    Raises ServiceUnavailable before the markets are opened.
    """
    rows = prepared_rows(_MARKETS_NOW, {})
    if len(rows) < len(Biome):
        raise ServiceUnavailable("The markets are not open yet.")
    cycle_number, cycle_at, *_ = rows[0]
    markets = {market.biome: market for market in (Market.from_db(connection.alias, _COLUMNS, row[2:]) for row in rows)}
    version = settings_version(markets[Biome.OCEAN].settings_id)
    heading = payloads.heading_prices(markets.values(), floor_micro=version.price_floor_micro)
    return {
        "cycle": cycle_number,
        "cycle_at": cycle_at and timestamps.time_text(cycle_at),
        "total_cash": micro_text(sum(market.cash_micro for market in markets.values())),
        "settings": payloads.settings_json(version),
        "markets": [
            payloads.market_json(markets[chosen], heading_price=heading[chosen])
            for chosen in ([biome] if biome else Biome)
        ],
    }
