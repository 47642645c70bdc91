"""Queries of the markets that are more than one line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet
from django.db.models.expressions import RawSQL

from attention.biomes import Biome
from markets.models import Cycle, Tick

# Pages have hundreds of rows: as tuples they cost a third of what they would as models.
_TICK_FIELDS = (
    "cycle_id",
    "at",
    "attention_points",
    "cash_before_micro",
    "cash_after_micro",
    "total_shares_micro",
    "volume_micro",
)

# A time that a clock set back has brought twice is in both runs of numbers: the few cycles nearest to it are of both.
_FIRST_NUMBER = """
    SELECT min(number) FROM (SELECT number FROM markets_cycle WHERE at >= %s ORDER BY at LIMIT 8) AS nearest
"""
_LAST_NUMBER = """
    SELECT max(number) FROM (SELECT number FROM markets_cycle WHERE at < %s ORDER BY at DESC LIMIT 8) AS nearest
"""


def last_cycle() -> Cycle | None:
    """Return the newest cycle; None before the first."""
    return Cycle.objects.order_by("-number").first()


def clock_ahead_secs(now: datetime) -> float:
    """Return the seconds by which the latest time of a cycle is ahead of now; 0 where none is.

    More than a moment means that the clock was ahead and was set back: times repeat until that time has come again.
    """
    latest: datetime | None = Cycle.objects.aggregate(at=Max("at"))["at"]
    return max(0.0, (latest - now).total_seconds()) if latest is not None else 0.0


def cycle_with_ticks(number: int) -> tuple[Cycle, list[Tick]]:
    """Return a cycle, its settings with it, and its tick of every market in canonical order.

    Raises Cycle.DoesNotExist when there was none, or when retention has deleted it.
    """
    cycle = Cycle.objects.select_related("settings").get(pk=number)
    return cycle, ticks_in_order(cycle)


def ticks_in_order(cycle: Cycle) -> list[Tick]:
    """Return a cycle's tick of every market in canonical order."""
    canonical = list(Biome)
    return sorted(cycle.ticks.all(), key=lambda tick: canonical.index(Biome(tick.market_id)))


def cycles_between(*, since: datetime | None = None, until: datetime | None = None) -> QuerySet[Cycle]:
    """Return cycles from `since` on and before `until` with settings and ticks, to be paged.

    Times are found as numbers, so that cycles after `until` are not read.
    """
    cycles = Cycle.objects.select_related("settings").prefetch_related("ticks")
    if since is not None:
        cycles = cycles.filter(number__gte=_number(_FIRST_NUMBER, since), at__gte=since)
    return cycles if until is None else cycles.filter(number__lte=_number(_LAST_NUMBER, until), at__lt=until)


def ticks_between(*, biome: Biome, since: datetime | None = None, until: datetime | None = None) -> QuerySet[Tick, Any]:
    """Return a market's price history, to be paged: its ticks from `since` on and before `until`.

    Named tuples of what `wire.tick_json` tells. Times are found as cycle numbers, for a market's ticks are indexed by
    cycle; those between that bear another time, after a clock was set back, are left out.
    """
    ticks = Tick.objects.filter(market=biome).values_list(*_TICK_FIELDS, named=True)
    # No such cycle makes it NULL, and nothing compares with NULL: no ticks, as it should be.
    if since is not None:
        ticks = ticks.filter(cycle__gte=_number(_FIRST_NUMBER, since), at__gte=since)
    if until is not None:
        ticks = ticks.filter(cycle__lte=_number(_LAST_NUMBER, until), at__lt=until)
    return ticks


def _number(statement: str, at: datetime) -> RawSQL:
    return RawSQL(statement, [at])  # noqa: S611  # both statements are written here
