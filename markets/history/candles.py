"""The maintenance of candles: a minute is computed from its ticks, every longer interval from the next shorter one.

Called by the worker every few seconds and by retention. The only writer of candles.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import connection

from attention.biomes import Biome
from core.database.transactions import short_transaction
from markets.locks import candles_claimed
from markets.models import Candle
from markets.selectors import last_cycle

#: Where intervals begin to be counted: at midnight UTC, whatever the time zone of the session.
ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)

_FROM_TICKS = """
    SELECT market_id, at, cycle_id AS place, open_micro, high_micro, low_micro, cash_after_micro AS close_micro,
           volume_micro, total_shares_micro, attention_points,
           cash_after_micro - cash_before_micro AS attention_moved_micro
    FROM markets_tick WHERE cycle_id >= %(first_cycle)s AND at >= %(since)s
"""

_FROM_CANDLES = """
    SELECT market_id, opened_at AS at, opened_at AS place, open_micro, high_micro, low_micro, close_micro,
           volume_micro, total_shares_micro, attention_points, attention_moved_micro
    FROM markets_candle
    WHERE market_id = ANY(%(biomes)s) AND interval = %(shorter)s AND opened_at >= %(since)s
"""

# When the cycles began that may not be in their candle yet: by number, the first of the newest candle and all after it.
# In a time that a clock set back has brought twice, these are before that candle.
_CHANGED_SINCE = """
    WITH newest AS MATERIALIZED (SELECT number FROM markets_cycle WHERE at >= %(newest)s)
    SELECT min(at) FROM markets_cycle WHERE number >= (SELECT min(number) FROM newest)
"""
_FIRST_NUMBER = "SELECT min(number) FROM (SELECT number FROM markets_cycle WHERE at >= %(since)s OFFSET 0) AS changed"

# Ordered the same way for both ends, so that one sort does. Rows that say the same already are left alone.
_UPSERT = """
    INSERT INTO markets_candle AS candle (
        market_id, interval, opened_at, open_micro, high_micro, low_micro, close_micro, volume_micro,
        total_shares_micro, attention_points, attention_moved_micro
    )
    SELECT market_id, %(interval)s, date_bin(%(width)s, at, %(origin)s) AS bucket,
           (array_agg(open_micro ORDER BY place))[1], max(high_micro), min(low_micro),
           (array_agg(close_micro ORDER BY place))[count(*)], sum(volume_micro)::bigint,
           (array_agg(total_shares_micro ORDER BY place))[count(*)], sum(attention_points)::bigint,
           sum(attention_moved_micro)::bigint
    FROM (__SOURCE__) AS source
    GROUP BY market_id, bucket
    ON CONFLICT (market_id, interval, opened_at) DO UPDATE
    SET open_micro = excluded.open_micro, high_micro = excluded.high_micro, low_micro = excluded.low_micro,
        close_micro = excluded.close_micro, volume_micro = excluded.volume_micro,
        total_shares_micro = excluded.total_shares_micro, attention_points = excluded.attention_points,
        attention_moved_micro = excluded.attention_moved_micro
    WHERE (candle.open_micro, candle.high_micro, candle.low_micro, candle.close_micro, candle.volume_micro,
           candle.total_shares_micro, candle.attention_points, candle.attention_moved_micro)
       <> (excluded.open_micro, excluded.high_micro, excluded.low_micro, excluded.close_micro, excluded.volume_micro,
           excluded.total_shares_micro, excluded.attention_points, excluded.attention_moved_micro)
"""

_Interval = Candle.Interval

#: How long each interval is, shortest first.
WIDTHS = {
    _Interval.MINUTE: timedelta(minutes=1),
    _Interval.FIVE_MINUTES: timedelta(minutes=5),
    _Interval.QUARTER: timedelta(minutes=15),
    _Interval.HOUR: timedelta(hours=1),
    _Interval.DAY: timedelta(days=1),
}

_BEFORE_ANY_CANDLE = datetime(1, 1, 1, tzinfo=UTC)


def update_candles() -> None:
    """Bring the candles of every interval up to the newest tick, the candle under way included.

    Computes again from the newest candle on, so it may run late, twice, or for the first time over everything, and the
    candles are the same. When another run is at it already, that one's work is enough and this one does nothing.

    After the clock was set back times come twice: a candle is then made of all ticks that bear its time, in the order
    of their numbers.
    """
    with short_transaction():
        # Two at once could write an older reading over a newer one.
        if not candles_claimed():
            return
        changed = _update_minutes()
        for shorter, interval in pairwise(WIDTHS):
            _update_longer(interval=interval, shorter=shorter, changed=changed)


def newest_candle_at(interval: Candle.Interval, *, until: datetime | None = None) -> datetime | None:
    """Return when the newest candle of an interval opened, at `until` at the latest; None before the first.

    All older ones are final, unless the clock was set back. Every cycle writes a tick of every market, so it is the
    same for all markets.
    """
    candles = Candle.objects.filter(market=Biome.OCEAN, interval=interval).order_by("-opened_at")
    if until is not None:
        candles = candles.filter(opened_at__lte=until)
    return candles.values_list("opened_at", flat=True).first()


def opening_of(at: datetime, interval: Candle.Interval) -> datetime:
    """Return when the candle that contains a time opened."""
    return at - (at - ORIGIN) % WIDTHS[interval]


def _changed_since() -> datetime:
    """Return the time from which on minutes may lack a tick."""
    last = last_cycle()
    if last is None:
        return _BEFORE_ANY_CANDLE
    # One without its cycles is of a time far ahead, when the clock was wrong: go on from the last before now.
    candidates = (newest_candle_at(_Interval.MINUTE), newest_candle_at(_Interval.MINUTE, until=last.at))
    for newest in candidates:
        if newest is None:
            break
        since: datetime | None = _one(_CHANGED_SINCE, newest=newest)
        if since is not None:
            return opening_of(since, _Interval.MINUTE)
    return _BEFORE_ANY_CANDLE


def _update_minutes() -> datetime:
    """Update minutes up to the newest tick. Returns the time from which on they may have changed."""
    since = _changed_since()
    # Found first, not joined: with the number at hand the planner sees how few ticks there are.
    first_cycle: int | None = _one(_FIRST_NUMBER, since=since)
    if first_cycle is not None:
        _upsert(_Interval.MINUTE, _FROM_TICKS, first_cycle=first_cycle, since=since)
    return since


def _update_longer(*, interval: Candle.Interval, shorter: Candle.Interval, changed: datetime) -> None:
    since = newest_candle_at(interval) or _BEFORE_ANY_CANDLE
    if changed < since:
        since = _BEFORE_ANY_CANDLE if changed == _BEFORE_ANY_CANDLE else opening_of(changed, interval)
    _upsert(interval, _FROM_CANDLES, shorter=shorter, since=since, biomes=Biome.values)


def _one(statement: str, **given: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchone()[0]


def _upsert(interval: Candle.Interval, source: str, **given: Any) -> None:
    given |= {"interval": interval, "width": WIDTHS[interval], "origin": ORIGIN}
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT.replace("__SOURCE__", source), given)
