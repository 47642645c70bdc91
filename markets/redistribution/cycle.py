"""The redistribution cycle, in which attention moves the markets' cash. The only writer of cycles and ticks.

Source: the design's economics, "The redistribution cycle".
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Any

from django.conf import settings
from django.db import connection

from attention.biomes import Biome
from attention.meter import take_attention
from core.database.transactions import after_commit, short_transaction
from core.observability import metrics
from markets import events
from markets.economic_settings import settings_version
from markets.locks import markets_locked
from markets.models import Cycle, EconomicSettings, Market, Tick
from markets.money import MICRO
from markets.redistribution.matched_flow import redistribute_cash
from markets.selectors import last_cycle

logger = logging.getLogger(__name__)

# All that a cycle writes, in one statement: the markets' locks are held for one round trip, not three. The next bar
# starts at the new cash.
_WRITE = """
    WITH tick AS (
        SELECT * FROM unnest(
            %(biomes)s::text[], %(points)s::bigint[], %(before)s::bigint[], %(after)s::bigint[], %(shares)s::bigint[],
            %(open)s::bigint[], %(high)s::bigint[], %(low)s::bigint[], %(volume)s::bigint[]
        ) AS tick (biome, points, before, after, shares, open, high, low, volume)
    ), market AS (
        UPDATE markets_market AS market
        SET cash_micro = tick.after, bar_open_micro = tick.after, bar_high_micro = tick.after,
            bar_low_micro = tick.after, bar_volume_micro = 0,
            attention_points = CASE WHEN %(is_attended)s THEN tick.points ELSE market.attention_points END
        FROM tick WHERE market.biome = tick.biome
    ), cycle AS (
        UPDATE markets_cycle
        SET settings_id = %(settings)s, reason = %(reason)s, total_cash_micro = %(total)s, moved_micro = %(moved)s
        WHERE number = %(number)s
    )
    INSERT INTO markets_tick (cycle_id, market_id, at, attention_points, cash_before_micro, cash_after_micro,
                              total_shares_micro, open_micro, high_micro, low_micro, volume_micro)
    SELECT %(number)s, biome, %(at)s, points, before, after, shares, open, high, low, volume FROM tick
"""

# A second worker with the same number waits here for the first to end, and then inserts nothing if it committed.
_CLAIM = """
    INSERT INTO markets_cycle (number, at, settings_id, reason, total_cash_micro, moved_micro)
    SELECT %s, %s, max(id), %s, 0, 0 FROM markets_economicsettings
    ON CONFLICT (number) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one cycle: each market's cash after it, in canonical order, and the reason."""

    cash_after: list[int]
    reason: Cycle.Reason


def next_number(*, now: datetime) -> int | None:
    """Return the number of the cycle that is due, or None while the last is younger than half a period.

    So a message that was delivered twice finds nothing due, and cycles missed in a stall are skipped, not replayed.
    A last cycle whose time is further ahead than hosts' clocks may differ comes from a clock that was set back
    since, and blocks no other cycle: numbers are the order of cycles, whatever their times say.
    """
    last = last_cycle()
    if last is None:
        return 1
    age_secs = (now - last.at).total_seconds()
    if -settings.CLOCK_SKEW_MAX_SECS <= age_secs < settings.CYCLE_SECS / 2:
        return None
    if age_secs < 0:
        metrics.CLOCK_SET_BACK.inc()
        logger.error("the clock was set back: cycle %s bears a time %.0f s from now", last.number, -age_secs)
    metrics.CYCLE_LAG_SECS.observe(max(0.0, age_secs - settings.CYCLE_SECS))
    return last.number + 1


def run_cycle(*, number: int, now: datetime, announce: bool = True) -> Cycle | None:
    """Run cycle `number` once: take the attention, move the markets' cash, write the cycle and a tick a market.

    Returns None, and does nothing, when the number is taken. Raises MarketBusy, with the attention left for the next
    cycle, when the markets stay locked too long. `announce` is False in a replay alone: the live stream hears nothing.
    """
    started_secs = perf_counter()
    with short_transaction():
        if not _claim(number=number, now=now):
            return None
        # Attention first: however much waits, the markets' locks are not held meanwhile.
        attention = take_attention()
        asked_secs = perf_counter()
        markets = markets_locked()
        locked_secs = perf_counter()
        version = settings_version(markets[0].settings_id)
        outcome = outcome_of(markets=markets, attention=attention, version=version)
        ticks = _ticks_of(number=number, now=now, markets=markets, attention=attention, cash_after=outcome.cash_after)
        cycle = Cycle(
            number=number,
            at=now,
            settings=version,
            reason=outcome.reason,
            total_cash_micro=sum(outcome.cash_after),
            moved_micro=sum(max(0, tick.cash_after_micro - tick.cash_before_micro) for tick in ticks),
        )
        _write(cycle=cycle, ticks=ticks)
        for market, tick in zip(markets, ticks, strict=True):
            market.cash_micro = tick.cash_after_micro
            if any(attention.values()):
                market.attention_points = tick.attention_points
        if announce:
            after_commit(partial(events.announce_cycle, cycle=cycle, ticks=ticks))
    metrics.CYCLES.labels(cycle.reason).inc()
    metrics.CYCLE_LOCK_WAIT_SECS.observe(locked_secs - asked_secs)
    metrics.CYCLE_LOCK_HELD_SECS.observe(perf_counter() - locked_secs)
    metrics.CYCLE_SECS.observe(perf_counter() - started_secs)
    return cycle


def outcome_of(*, markets: Sequence[Market], attention: Mapping[Biome, int], version: EconomicSettings) -> Outcome:
    """Compute a cycle over markets in canonical order. Touches nothing."""
    cash = [market.cash_micro for market in markets]
    if version.prices_frozen:
        return Outcome(cash, Cycle.Reason.PRICES_FROZEN)
    points = [attention[Biome(market.biome)] for market in markets]
    if sum(points) == 0:
        return Outcome(cash, Cycle.Reason.NO_ATTENTION)
    cash_after = redistribute_cash(
        cash=cash,
        attention=points,
        floors=[floor_cash(market, version) for market in markets],
        pool_bps=version.redistribution_pool_bps,
        move_bps=version.max_move_bps,
    )
    return Outcome(cash_after, Cycle.Reason.REDISTRIBUTED)


def floor_cash(market: Market, version: EconomicSettings) -> int:
    """Return the cash below which no cycle brings a market: the price floor times its shares, in micro-BDT."""
    return version.price_floor_micro * market.total_shares_micro // MICRO


def _claim(*, number: int, now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [number, now, Cycle.Reason.NO_ATTENTION])
        return bool(cursor.rowcount)


def _ticks_of(
    *, number: int, now: datetime, markets: Sequence[Market], attention: Mapping[Biome, int], cash_after: Sequence[int]
) -> list[Tick]:
    return [
        Tick(
            cycle_id=number,
            market=market,
            at=now,
            attention_points=attention[Biome(market.biome)],
            cash_before_micro=market.cash_micro,
            cash_after_micro=after,
            total_shares_micro=market.total_shares_micro,
            open_micro=market.bar_open_micro,
            high_micro=max(market.bar_high_micro, after),
            low_micro=min(market.bar_low_micro, after),
            volume_micro=market.bar_volume_micro,
        )
        for market, after in zip(markets, cash_after, strict=True)
    ]


def _write(*, cycle: Cycle, ticks: Sequence[Tick]) -> None:
    row: dict[str, Any] = {
        "number": cycle.number,
        "at": cycle.at,
        "settings": cycle.settings_id,
        "reason": cycle.reason,
        "total": cycle.total_cash_micro,
        "moved": cycle.moved_micro,
        "is_attended": any(tick.attention_points for tick in ticks),
        "biomes": [tick.market_id for tick in ticks],
        "points": [tick.attention_points for tick in ticks],
        "before": [tick.cash_before_micro for tick in ticks],
        "after": [tick.cash_after_micro for tick in ticks],
        "shares": [tick.total_shares_micro for tick in ticks],
        "open": [tick.open_micro for tick in ticks],
        "high": [tick.high_micro for tick in ticks],
        "low": [tick.low_micro for tick in ticks],
        "volume": [tick.volume_micro for tick in ticks],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, row)
