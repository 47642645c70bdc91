"""The price that a market tends to while attention stays as it is. Pure: rows in, decimal strings out."""

from __future__ import annotations

from collections.abc import Collection

from markets.models import Market
from markets.money import MICRO, micro_text, ratio_text


def heading_prices(markets: Collection[Market], *, floor_micro: int) -> dict[str, str | None]:
    """Return by biome the price in BDT at which cycles would leave each of all seven markets in the end.

    A market's part of all attention, times the cash of all, over its shares; never below the floor, in micro-BDT a
    share. None before the first attention.
    """
    points = sum(market.attention_points for market in markets)
    cash_micro = sum(market.cash_micro for market in markets)
    return {
        market.biome: _heading_price(market, points, cash_micro, floor_micro) if points else None for market in markets
    }


def _heading_price(market: Market, points: int, cash_micro: int, floor_micro: int) -> str:
    part, whole = cash_micro * market.attention_points, points * market.total_shares_micro
    return micro_text(floor_micro) if part * MICRO <= floor_micro * whole else ratio_text(part, whole)
