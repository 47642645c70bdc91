"""The replay of a tape of attention through the real cycle, on a database of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Sum

from accounts.models import User
from attention.biomes import Biome
from attention.meter import give_attention
from core.database.throwaway import throwaway_database
from markets.management.opening import open_markets
from markets.models import Market, Tick
from markets.redistribution.cycle import run_cycle
from operations.simulation.attention_tape import Period

# The replay's clock starts here and moves by a cycle's length each cycle, however long a cycle takes.
_CLOCK_START = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of a replay: the markets' final cash in micro-BDT, and the seconds that the cycles took."""

    cycles: int
    secs: float
    cash_micro: dict[Biome, int]
    issued_micro: int
    conserved: bool

    @property
    def total_micro(self) -> int:
        """Return the total market cash at the end."""
        return sum(self.cash_micro.values())

    @property
    def cycles_per_second(self) -> float:
        """Return the cycles per second, without the time for making the database."""
        return self.cycles / self.secs


def replay_tape(periods: Sequence[Period]) -> Replayed:
    """Open markets on a throwaway database, run a cycle for each period there without waiting, and return the result.

    One player gives each period's points, with a budget of their sum. Nothing is announced. Raises what
    `throwaway_database` raises, and SystemExit when a signal ends it.
    """
    with throwaway_database(purpose="replay") as database:
        open_markets(now=_CLOCK_START)
        player = User.objects.create(username="tape", email="tape@replay.invalid")
        started = time.perf_counter()
        for number, period in enumerate(periods, start=1):
            database.leave_if_ended()
            _run_period(number=number, period=period, player_id=player.pk)
        secs = time.perf_counter() - started
        return _result(cycles=len(periods), secs=secs)


def _run_period(*, number: int, period: Period, player_id: int) -> None:
    points = {biome: count for biome, count in period.points.items() if count}
    if points:
        give_attention(player_id=player_id, points=points, budget_points=sum(points.values()))
    now = _CLOCK_START + number * timedelta(seconds=settings.CYCLE_SECS)
    run_cycle(number=number, now=now, announce=False)


def _result(*, cycles: int, secs: float) -> Replayed:
    markets = {market.biome: market for market in Market.objects.all()}
    cash = {biome: markets[biome].cash_micro for biome in Biome}
    # There are no wallets here, so what the markets were opened with is all that was ever issued.
    issued = sum(market.opening_cash_micro for market in markets.values())
    return Replayed(
        cycles=cycles,
        secs=secs,
        cash_micro=cash,
        issued_micro=issued,
        conserved=sum(cash.values()) == issued and _conserving_cycles(issued) == cycles,
    )


def _conserving_cycles(issued_micro: int) -> int:
    sums = Tick.objects.values("cycle").annotate(before=Sum("cash_before_micro"), after=Sum("cash_after_micro"))
    return sums.filter(before=issued_micro, after=issued_micro, cycle__total_cash_micro=issued_micro).count()
