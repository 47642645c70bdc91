"""The JSON of markets, the same in the REST API and in the streams. Pure: rows in, plain dicts out.

`markets.serializers` describes these shapes for the API's documentation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from attention.biomes import Biome
from attention.meter import Given
from attention.selectors import BiomeAttention
from core.api.timestamps import time_text
from markets.history.candle_pages import CandleRow
from markets.history.price_attribution import Minute, Move
from markets.history.price_changes import ComingPrices, PriceChanges
from markets.models import Cycle, EconomicSettings, Market, Tick
from markets.money import MICRO, micro_text, percent_text, price_text, ratio_text


def market_json(market: Market, *, heading_price: str | None) -> dict[str, Any]:
    """Return the current state of a market, with the price that `heading.heading_prices` computes for it."""
    return {
        "biome": market.biome,
        "price": ratio_text(market.cash_micro, market.total_shares_micro),
        "heading_price": heading_price,
        "cash": micro_text(market.cash_micro),
        "total_shares": micro_text(market.total_shares_micro),
        "shares_held": micro_text(market.shares_held_micro),
        "shares_available": micro_text(market.total_shares_micro - market.shares_held_micro),
    }


def changes_json(biome: str, changes: PriceChanges) -> dict[str, Any]:
    """Return the changes of a market's price, in percent, and the past prices; null where none is that old."""
    return {
        "biome": biome,
        "change_5m_percent": changes.five_minutes,
        "change_1h_percent": changes.hour,
        "change_24h_percent": changes.day,
        "price_5m_ago": changes.five_minutes_from,
        "price_1h_ago": changes.hour_from,
        "price_24h_ago": changes.day_from,
    }


def coming_prices_json(coming: Mapping[str, ComingPrices]) -> dict[str, Any]:
    """Return, by age, the times from which past prices apply, and these prices by market."""
    return {
        age: {"at": [time_text(at) for at in prices.times], "prices": prices.prices} for age, prices in coming.items()
    }


def tick_json(tick: Tick) -> dict[str, Any]:
    """Return a market's tick in its price history."""
    return {
        "cycle": tick.cycle_id,
        "at": time_text(tick.at),
        "price": ratio_text(tick.cash_after_micro, tick.total_shares_micro),
        "attention_points": tick.attention_points,
        "amount_added_bdt": _added(tick),
        "attention": tick.attention_points,
        "cash_before": micro_text(tick.cash_before_micro),
        "cash_after": micro_text(tick.cash_after_micro),
        "volume": micro_text(tick.volume_micro),
    }


def candle_json(candle: CandleRow) -> dict[str, Any]:
    """Return a candle: prices in BDT a share, amounts in BDT."""
    shares = candle.total_shares_micro
    return {
        "opened_at": time_text(candle.opened_at),
        "open": ratio_text(candle.open_micro, shares),
        "high": ratio_text(candle.high_micro, shares),
        "low": ratio_text(candle.low_micro, shares),
        "close": ratio_text(candle.close_micro, shares),
        "volume": micro_text(candle.volume_micro),
        "attention_points": candle.attention_points,
        "amount_added_bdt": micro_text(candle.attention_moved_micro),
        # Former names, for one version.
        "attention": candle.attention_points,
        "attention_moved": micro_text(candle.attention_moved_micro),
    }


def settings_json(version: EconomicSettings) -> dict[str, Any]:
    """Return the settings that a cycle and a trade go by; rates in percent."""
    return {
        "version": version.pk,
        "redistribution_pool_percent": percent_text(version.redistribution_pool_bps),
        "max_move_percent": percent_text(version.max_move_bps),
        "max_trade_percent": percent_text(version.max_trade_bps),
        "trade_fee_percent": percent_text(version.trade_fee_bps),
        "price_floor": micro_text(version.price_floor_micro),
        "attention_budget": version.attention_budget_points,
        "trading_paused": version.trading_paused,
        "prices_frozen": version.prices_frozen,
    }


def cycle_json(cycle: Cycle, ticks: Sequence[Tick]) -> dict[str, Any]:
    """Return a cycle's inputs and results: enough to compute it again."""
    whole = _points_of(ticks)
    return {
        "cycle": cycle.number,
        "at": time_text(cycle.at),
        "reason": cycle.reason,
        "total_cash": micro_text(cycle.total_cash_micro),
        "moved": micro_text(cycle.moved_micro),
        "settings": settings_json(cycle.settings),
        "markets": [
            {
                "biome": tick.market_id,
                "attention_points": tick.attention_points,
                "new_attention_weight": _weight(tick, whole),
                "amount_added_bdt": _added(tick),
                "attention": tick.attention_points,
                "cash_before": micro_text(tick.cash_before_micro),
                "cash_after": micro_text(tick.cash_after_micro),
                "total_shares": micro_text(tick.total_shares_micro),
                "price": ratio_text(tick.cash_after_micro, tick.total_shares_micro),
            }
            for tick in ticks
        ],
    }


def redistributions_json(ticks: Sequence[Tick]) -> list[dict[str, Any]]:
    """Return a cycle's effect on each market: BDT added (or taken), its points, and its share of all points from 0
    to 1.
    """
    whole = _points_of(ticks)
    return [
        {
            "biome": tick.market_id,
            "amount_added_bdt": _added(tick),
            "attention_points": tick.attention_points,
            "new_attention_weight": _weight(tick, whole),
        }
        for tick in ticks
    ]


def attention_json(waiting: Iterable[tuple[Biome, int]]) -> list[dict[str, Any]]:
    """Return the points of each market in the cycle under way."""
    return [{"biome": biome, "attention_points": points, "points": points} for biome, points in waiting]


def given_json(given: Given) -> dict[str, Any]:
    """Return the numbers of a player's points accepted, dropped and remaining."""
    return {
        "accepted": given.accepted_points,
        "dropped": given.dropped_points,
        "remaining": given.remaining_points,
    }


def biome_attention_json(attention: BiomeAttention) -> dict[str, Any]:
    """Return a player's points on one biome: in the cycle under way, and ever."""
    return {
        "biome": attention.biome,
        "window_points": attention.window_points,
        "total_points": attention.total_points,
    }


def minutes_text(minutes: Sequence[Minute]) -> str:
    """Return minutes as text for a page: seconds since 1970, cash at the start and the cash that attention added, in
    micro-BDT.
    """
    return " ".join(
        f"{minute.opened_at.timestamp():.0f},{minute.open_micro},{minute.attention_micro}" for minute in minutes
    )


def move_json(move: Move) -> dict[str, Any]:
    """Return the parts of a price's move: attention, trades, and both together.

    Each in BDT a share, in percent of the price before, and as BDT of the market's cash.
    """
    parts = {"attention": move.attention_micro, "trades": move.trades_micro, "together": move.change_micro}
    return {
        "since": time_text(move.since),
        "price_before": ratio_text(move.cash_before_micro, move.total_shares_micro),
        "price_after": ratio_text(move.cash_after_micro, move.total_shares_micro),
        "parts": {
            name: {
                "price": price_text(Fraction(micro, move.total_shares_micro)),
                "percent": price_text(Fraction(micro * 100, move.cash_before_micro)),
                "cash": micro_text(micro),
            }
            for name, micro in parts.items()
        },
    }


def _points_of(ticks: Sequence[Tick]) -> int:
    return sum(tick.attention_points for tick in ticks)


def _weight(tick: Tick, whole: int) -> str:
    return ratio_text(tick.attention_points, whole or 1)


def _added(tick: Tick) -> str:
    return micro_text(tick.cash_after_micro - tick.cash_before_micro)


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
