"""Reads of the markets that are more than one line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Subquery

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


def last_cycle() -> Cycle | None:
    """The newest cycle; None before the first."""
    return Cycle.objects.order_by("-number").first()


def cycle_with_ticks(number: int) -> tuple[Cycle, list[Tick]]:
    """A cycle, its settings with it, and its tick of every market in canonical order.

    Raises Cycle.DoesNotExist when there was none, or when retention has deleted it.
    """
    cycle = Cycle.objects.select_related("settings").get(pk=number)
    canonical = list(Biome)
    return cycle, sorted(cycle.ticks.all(), key=lambda tick: canonical.index(Biome(tick.market_id)))


def ticks_between(*, biome: Biome, since: datetime | None = None, until: datetime | None = None) -> QuerySet[Tick, Any]:
    """A market's price history, to be paged: its ticks from `since` on and before `until`.

    Named tuples of what `wire.tick_json` tells. Times are found as cycle numbers, for cycles are in the order of time
    and a market's ticks are indexed by cycle.
    """
    ticks = Tick.objects.filter(market=biome).values_list(*_TICK_FIELDS, named=True)
    if since is not None:
        ticks = ticks.filter(cycle__gte=_one_number(Cycle.objects.filter(at__gte=since).order_by("at")))
    if until is not None:
        ticks = ticks.filter(cycle__lte=_one_number(Cycle.objects.filter(at__lt=until).order_by("-at")))
    return ticks


def _one_number(cycles: QuerySet[Cycle]) -> Subquery:
    # No such cycle makes it NULL, and nothing compares with NULL: no ticks, as it should be.
    return Subquery(cycles.values("number")[:1])
