"""The markets as they stand, for the API and the streams."""

from __future__ import annotations

from typing import Any

from django.db.models import Subquery

from attention.biomes import Biome
from config.errors import ServiceUnavailable
from markets import wire
from markets.economy import settings_version
from markets.models import Cycle, Market
from markets.money import micro_text


def take_snapshot(biome: Biome | None = None) -> dict[str, Any]:
    """The last cycle, the settings in force, and every market in canonical order, or only the one of `biome`.

    One statement reads markets and cycle, so that they belong together. Raises ServiceUnavailable before the markets
    are opened.
    """
    newest = Cycle.objects.order_by("-number")
    markets = {
        market.biome: market
        for market in Market.objects.annotate(
            cycle_number=Subquery(newest.values("number")[:1]), cycle_at=Subquery(newest.values("at")[:1])
        )
    }
    if len(markets) < len(Biome):
        raise ServiceUnavailable("The markets are not open yet.")
    any_market = markets[Biome.OCEAN]
    return {
        "cycle": any_market.cycle_number,
        "cycle_at": any_market.cycle_at and wire.time_text(any_market.cycle_at),
        "total_cash": micro_text(sum(market.cash_micro for market in markets.values())),
        "settings": wire.settings_json(settings_version(any_market.settings_id)),
        "markets": [wire.market_json(markets[chosen]) for chosen in ([biome] if biome else Biome)],
    }
