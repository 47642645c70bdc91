"""Price changes over 5 minutes, an hour and a day, now and for the seconds to come. Reads only.

`static/js/changes.js` continues from these figures. Percents are computed from prices as rounded for display, so
that server and script agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from attention.biomes import Biome
from core.database.transactions import prepared_rows
from markets.money import micro_text, part_text, ratio_micro, ratio_text

#: How long ago the prices to compare with were.
AGES = {"5m": timedelta(minutes=5), "1h": timedelta(hours=1), "24h": timedelta(days=1)}

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

# The ticks behind those, as far as they will be so old soon. Each has one of every market.
_COMING = """
    SELECT age.key, cycle.at, tick.market_id, tick.cash_after_micro, tick.total_shares_micro
    FROM unnest(%(keys)s::text[], %(times)s::timestamptz[]) AS age (key, at)
    CROSS JOIN LATERAL (
        SELECT number, at FROM markets_cycle WHERE at > age.at AND at <= age.at + %(ahead)s ORDER BY at
    ) AS cycle
    JOIN markets_tick AS tick ON tick.cycle_id = cycle.number AND tick.market_id = ANY(%(biomes)s)
    ORDER BY cycle.at
"""


@dataclass(frozen=True, slots=True)
class PriceChanges:
    """The changes of a market's price, in percent, as decimal strings; None where there is no price that old.

    `..._from` are the earlier prices in BDT a share, for clients that update the changes as the price moves.
    """

    five_minutes: str | None
    hour: str | None
    day: str | None
    five_minutes_from: str | None
    hour_from: str | None
    day_from: str | None


@dataclass(frozen=True, slots=True)
class ComingPrices:
    """The past prices, of one age, now and in the seconds to come: each applies from its time on, plus the age.

    `prices` has as many for each market, in BDT a share as decimal strings; None where there is none that old.
    """

    times: list[datetime]
    prices: dict[str, list[str | None]]


def price_changes(now: datetime) -> dict[Biome, PriceChanges]:
    """Return the changes of every market's price over 5 minutes, an hour and a day before `now`.

    In canonical order; empty before the markets are opened.
    """
    percents: dict[str, list[str | None]] = {biome: [] for biome in Biome}
    prices: dict[str, list[str | None]] = {biome: [] for biome in Biome}
    times = [now - age for age in AGES.values()]
    for biome, cash, shares, cash_then, shares_then in prepared_rows(_PRICES, {"times": times}):
        then_micro = None if cash_then is None else ratio_micro(cash_then, shares_then)
        percents[biome].append(_percent(ratio_micro(cash, shares), then_micro))
        prices[biome].append(None if then_micro is None else micro_text(then_micro))
    return {biome: PriceChanges(*percents[biome], *prices[biome]) for biome in Biome if prices[biome]}


def coming_prices(now: datetime, *, biomes: Sequence[Biome]) -> dict[str, ComingPrices]:
    """Return, by the keys of `AGES`, the past prices to compare with from `now` on, for `PRICES_AHEAD_SECS`."""
    changes = price_changes(now)
    ages = {key: now - age for key, age in AGES.items()}
    coming = {
        key: ComingPrices([at], {biome: [_froms(changes[biome])[key]] for biome in biomes if biome in changes})
        for key, at in ages.items()
    }
    given = {
        "keys": list(ages),
        "times": list(ages.values()),
        "ahead": timedelta(seconds=settings.PRICES_AHEAD_SECS),
        "biomes": [biome.value for biome in biomes],
    }
    for key, at, biome, cash, shares in prepared_rows(_COMING, given):
        if coming[key].times[-1] != at:
            coming[key].times.append(at)
        coming[key].prices[biome].append(ratio_text(cash, shares))
    return coming


def _froms(changes: PriceChanges) -> dict[str, str | None]:
    return dict(zip(AGES, (changes.five_minutes_from, changes.hour_from, changes.day_from), strict=True))


def _percent(price_micro: int, then_micro: int | None) -> str | None:
    return None if then_micro is None else part_text(price_micro - then_micro, then_micro)
