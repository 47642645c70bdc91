"""Deletion of old ticks and cycles. Candles stay for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from core.database.transactions import short_transaction
from markets.history.candles import newest_candle_at, opening_of, update_candles
from markets.models import Candle, Cycle
from markets.selectors import last_cycle

# By range from the first that is left: what earlier batches deleted and no vacuum has cleared yet is not read again.
_DELETE_TICKS = "DELETE FROM markets_tick WHERE cycle_id BETWEEN %s AND %s"
_DELETE_CYCLES = "DELETE FROM markets_cycle WHERE number BETWEEN %s AND %s"


def prune_ticks(*, now: datetime) -> int:
    """Delete the cycles older than `TICK_RETENTION_SECS` with their ticks, and return the number of deleted cycles.

    A short transaction for every `TICK_RETENTION_BATCH_CYCLES`, so nobody waits for long. Ticks that an unfinished
    candle still needs stay, so the newest cycle does too, and the numbers go on from it.
    """
    update_candles()
    numbers = _numbers_to_delete(now=now)
    deleted = 0
    for start in numbers[:: settings.TICK_RETENTION_BATCH_CYCLES]:
        batch = [start, min(start + settings.TICK_RETENTION_BATCH_CYCLES - 1, numbers[-1])]
        with short_transaction(), connection.cursor() as cursor:
            cursor.execute(_DELETE_TICKS, batch)
            cursor.execute(_DELETE_CYCLES, batch)
            deleted += cursor.rowcount
    return deleted


def _numbers_to_delete(*, now: datetime) -> range:
    unfinished_from = newest_candle_at(Candle.Interval.MINUTE)
    if unfinished_from is None:
        return range(0)
    last = last_cycle()
    if last is None:
        return range(0)
    unfinished_from = min(unfinished_from, opening_of(last.at, Candle.Interval.MINUTE))
    cut = min(now - timedelta(seconds=settings.TICK_RETENTION_SECS), unfinished_from)
    numbers = Cycle.objects.order_by("number").values_list("number", flat=True)
    # By number, up to the first that is young: after the clock was set back, an older one may bear a later time. One
    # that bears a time to come keeps nothing.
    first_kept = numbers.filter(at__gte=cut, at__lte=max(now, last.at)).first()
    return range(numbers[0], min(first_kept or last.number, last.number))
