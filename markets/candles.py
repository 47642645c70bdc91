"""Candles, kept up from ticks: a minute from its ticks, every longer interval from the next shorter one.

Called by the worker every few seconds and by retention. The only writer of candles.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import connection

from attention.biomes import Biome
from config.database import short_transaction
from markets.locks import candles_claimed
from markets.models import Candle, Cycle

#: Where intervals begin to be counted: at midnight UTC, whatever the time zone of the session.
ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)

_FROM_TICKS = """
    SELECT market_id, at, cycle_id AS place, open_micro, high_micro, low_micro, cash_after_micro AS close_micro,
           volume_micro, total_shares_micro, attention_points,
           cash_after_micro - cash_before_micro AS attention_moved_micro
    FROM markets_tick WHERE cycle_id >= %(first_cycle)s
"""

_FROM_CANDLES = """
    SELECT market_id, opened_at AS at, opened_at AS place, open_micro, high_micro, low_micro, close_micro,
           volume_micro, total_shares_micro, attention_points, attention_moved_micro
    FROM markets_candle
    WHERE market_id = ANY(%(biomes)s) AND interval = %(shorter)s AND opened_at >= %(since)s
"""

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
    """
    with short_transaction():
        # Two at once could write an older reading over a newer one.
        if not candles_claimed():
            return
        _update_minutes()
        for shorter, interval in pairwise(WIDTHS):
            _update_longer(interval=interval, shorter=shorter)


def newest_candle_at(interval: Candle.Interval) -> datetime | None:
    """When the newest candle of an interval opened; None before the first. All older ones are final.

    Every cycle writes a tick of every market, so one market speaks for all.
    """
    candles = Candle.objects.filter(market=Biome.OCEAN, interval=interval).order_by("-opened_at")
    return candles.values_list("opened_at", flat=True).first()


def _update_minutes() -> None:
    since = newest_candle_at(_Interval.MINUTE) or _BEFORE_ANY_CANDLE
    # Found first, not joined: with the number at hand the planner sees how few ticks there are.
    first_cycle = Cycle.objects.filter(at__gte=since).order_by("at").values_list("number", flat=True).first()
    if first_cycle is not None:
        _upsert(_Interval.MINUTE, _FROM_TICKS, first_cycle=first_cycle)


def _update_longer(*, interval: Candle.Interval, shorter: Candle.Interval) -> None:
    since = newest_candle_at(interval) or _BEFORE_ANY_CANDLE
    _upsert(interval, _FROM_CANDLES, shorter=shorter, since=since, biomes=Biome.values)


def _upsert(interval: Candle.Interval, source: str, **given: Any) -> None:
    given |= {"interval": interval, "width": WIDTHS[interval], "origin": ORIGIN}
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT.replace("__SOURCE__", source), given)
