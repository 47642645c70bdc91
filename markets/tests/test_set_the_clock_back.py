"""After the clock was two hours ahead and is set back, cycles, candles, prices' history and retention go on at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from attention.biomes import Biome
from markets.history.candles import update_candles
from markets.history.price_attribution import last_hour
from markets.history.retention import prune_ticks
from markets.history.tick_candles import TickCandles, TickInterval
from markets.models import Candle, Cycle
from markets.redistribution.cycle import next_number, run_cycle
from markets.selectors import clock_ahead_secs, ticks_between
from markets.tests.cycles import moment, write_cycle
from markets.tests.test_candles import computed, kept

pytestmark = pytest.mark.usefixtures("markets")
TRUE = "2026-03-01T10:00"
HOUR = timedelta(hours=1)


def run_through(start: datetime, minutes: int, *, cash: int = 1_000) -> None:
    """Write a cycle every twenty seconds, each with another price, and update candles meanwhile."""
    for step in range(3 * minutes):
        write_cycle(start + timedelta(seconds=20 * step), cash + 10 * step, volume=7, attention=3, moved=2)
        if step % 4 == 1:
            update_candles()


def minutes(candles: dict[tuple[Any, ...], Any]) -> dict[tuple[Any, ...], Any]:
    """Return the minutes among these candles: longer ones are made of these in the order of their times."""
    return {place: candle for place, candle in candles.items() if place[1] == "1m"}


def live_through_it() -> datetime:
    """Write ten true minutes, ten with the clock two hours ahead, and then the two hours until that time again."""
    run_through(moment(TRUE), 10)
    run_through(moment("2026-03-01T12:10"), 10, cash=5_000)
    run_through(moment("2026-03-01T10:20"), 125, cash=2_000)
    update_candles()
    return moment("2026-03-01T12:25")


@pytest.mark.parametrize("ahead_secs", [1.1, 60.0, 7200.0, 400 * 86400.0])
def test_a_last_cycle_in_the_future_keeps_no_other_from_running(now: datetime, ahead_secs: float) -> None:
    run_cycle(number=1, now=now + timedelta(seconds=ahead_secs), announce=False)
    assert next_number(now=now) == 2
    run_cycle(number=2, now=now, announce=False)
    assert next_number(now=now) is None
    assert next_number(now=now + timedelta(seconds=0.5)) == 3
    assert clock_ahead_secs(now) == ahead_secs


def test_a_message_that_came_twice_finds_nothing_due(now: datetime) -> None:
    run_cycle(number=1, now=now, announce=False)
    assert next_number(now=now - timedelta(seconds=0.1)) is None


def test_candles_have_the_ticks_of_both_times() -> None:
    live_through_it()
    assert kept() == computed()


def test_candles_of_a_worker_that_slept_meanwhile_are_the_same() -> None:
    run_through(moment(TRUE), 10)
    for step in range(30):
        write_cycle(moment("2026-03-01T12:10", 20 * step), 5_000 + step)
    update_candles()
    for step in range(300):
        write_cycle(moment("2026-03-01T10:20", 20 * step), 2_000 + step)
    update_candles()
    assert minutes(kept()) == minutes(computed())


def test_candles_go_on_when_the_ticks_of_the_wrong_time_are_pruned() -> None:
    run_through(moment(TRUE), 2)
    write_cycle(moment("2027-03-01T10:00"), 9_000)
    update_candles()
    run_through(moment("2026-03-01T10:05"), 5, cash=2_000)
    Cycle.objects.filter(at__gt=moment("2027-01-01T00:00")).delete()
    run_through(moment("2026-03-01T10:10"), 5, cash=3_000)
    update_candles()
    newest = Candle.objects.filter(market=Biome.OCEAN, interval="1m", opened_at__lt=moment("2027-01-01T00:00"))
    latest = newest.latest("opened_at")
    assert (latest.opened_at, latest.close_micro) == (moment("2026-03-01T10:14"), 3_140)


def test_price_history_of_a_time_that_came_twice_has_both() -> None:
    live_through_it()
    since, until = moment("2026-03-01T12:12"), moment("2026-03-01T12:14")
    ticks = ticks_between(biome=Biome.OCEAN, since=since, until=until).order_by("cycle")
    cycles = Cycle.objects.filter(at__gte=since, at__lt=until).order_by("number")
    expected = list(cycles.values_list("number", flat=True))
    assert [tick.cycle_id for tick in ticks] == expected
    assert len(expected) == 12


def test_candles_of_seconds_of_a_time_that_came_twice_have_both() -> None:
    live_through_it()
    since, until = moment("2026-03-01T12:12"), moment("2026-03-01T12:13")
    candles = TickCandles(Biome.OCEAN, TickInterval.FIFTEEN_SECONDS, since=since, until=until)
    rows = candles.rows(slice(0, 50))[::-1]
    assert [row[0] for row in rows] == [since, since + timedelta(seconds=15), since + timedelta(seconds=30)]
    assert [row.volume_micro for row in rows] == [14, 14, 14]


def test_the_last_hour_has_no_minute_to_come() -> None:
    run_through(moment(TRUE), 10)
    run_through(moment("2026-03-01T12:10"), 5)
    run_through(moment("2026-03-01T10:15"), 5)
    found = last_hour(biome=Biome.OCEAN, now=moment("2026-03-01T10:20"))
    assert found is not None
    opened = [minute.opened_at for minute in found.minutes]
    assert len(opened) == len(set(opened)) == 15
    assert max(opened) == moment("2026-03-01T10:19")


def test_retention_goes_by_numbers_and_keeps_the_newest(settings) -> None:
    settings.TICK_RETENTION_SECS = 600
    write_cycle(moment("2027-03-01T10:00"), 9_000)
    run_through(moment(TRUE), 30)
    now = moment("2026-03-01T10:30")
    assert prune_ticks(now=now) == 1 + 60
    assert list(Cycle.objects.order_by("number").values_list("at", flat=True)[:1]) == [moment("2026-03-01T10:20")]
    write_cycle(moment("2026-03-01T08:00"), 9_000)
    prune_ticks(now=now + 40 * HOUR)
    assert Cycle.objects.order_by("-number").values_list("at", flat=True)[0] == moment("2026-03-01T08:00")
