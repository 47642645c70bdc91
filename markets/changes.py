"""How each price stands against 5 minutes, an hour and a day ago. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from attention.biomes import Biome
from config.database import prepared_rows
from markets.money import price_text, ratio_text

_AGES = (timedelta(minutes=5), timedelta(hours=1), timedelta(days=1))

# The price at a time is that of the newest cycle until then: each look is one step into an index, however long the
# history. Where retention has deleted the cycle, it is the price with which the minute began.
_PRICES = """
    SELECT market.biome, market.cash_micro, market.total_shares_micro,
           coalesce(tick.cash_after_micro, candle.cash_micro), coalesce(tick.total_shares_micro, candle.shares_micro)
    FROM unnest(%(times)s::timestamptz[]) WITH ORDINALITY AS age (at, place)
    LEFT JOIN LATERAL (
        SELECT number FROM markets_cycle WHERE at <= age.at ORDER BY at DESC LIMIT 1
    ) AS cycle ON true
    CROSS JOIN markets_market AS market
    LEFT JOIN markets_tick AS tick ON tick.cycle_id = cycle.number AND tick.market_id = market.biome
    LEFT JOIN LATERAL (
        SELECT CASE WHEN opened_at > age.at - interval '1 minute' THEN open_micro ELSE close_micro END AS cash_micro,
               total_shares_micro AS shares_micro
        FROM markets_candle
        WHERE tick.cycle_id IS NULL AND market_id = market.biome AND interval = '1m' AND opened_at <= age.at
        ORDER BY opened_at DESC LIMIT 1
    ) AS candle ON true
    ORDER BY age.place
"""


@dataclass(frozen=True, slots=True)
class PriceChanges:
    """How a market's price moved, in percent, as decimal strings; None where there is no price that old.

    `..._from` are the prices then, in BDT a share, for whoever goes on measuring as the price moves.
    """

    five_minutes: str | None
    hour: str | None
    day: str | None
    five_minutes_from: str | None
    hour_from: str | None
    day_from: str | None


def price_changes(now: datetime) -> dict[Biome, PriceChanges]:
    """Every market's price as it stands against those of 5 minutes, an hour and a day before `now`.

    In canonical order; empty before the markets are opened.
    """
    percents: dict[str, list[str | None]] = {biome: [] for biome in Biome}
    prices: dict[str, list[str | None]] = {biome: [] for biome in Biome}
    for biome, cash, shares, cash_then, shares_then in prepared_rows(_PRICES, {"times": [now - age for age in _AGES]}):
        known = cash_then is not None
        percents[biome].append(_percent(Fraction(cash, shares), Fraction(cash_then, shares_then)) if known else None)
        prices[biome].append(ratio_text(cash_then, shares_then) if known else None)
    return {biome: PriceChanges(*percents[biome], *prices[biome]) for biome in Biome if prices[biome]}


def _percent(price: Fraction, price_then: Fraction) -> str:
    return price_text((price / price_then - 1) * 100)
