from datetime import timedelta

import pytest

from attention.biomes import Biome
from markets.candles import update_candles
from markets.models import Candle, Cycle
from markets.selectors import candles_between, cycle_with_ticks, ticks_between
from markets.tests.cycles import moment, write_cycle

START = moment("2026-03-01T10:00:00")


@pytest.fixture(autouse=True)
def five_minutes(markets):
    """One cycle a minute: number 1 at START."""
    for minute in range(5):
        write_cycle(START + timedelta(minutes=minute))


def cycles_between(since, until):
    times = {"since": since, "until": until}
    given = {name: START + timedelta(minutes=minutes) for name, minutes in times.items() if minutes is not None}
    ticks = ticks_between(biome=Biome.SNOW, **given).order_by("cycle")
    return [tick.cycle_id for tick in ticks]


@pytest.mark.parametrize(
    ("since", "until", "cycles"),
    [
        (None, None, [1, 2, 3, 4, 5]),
        (1, None, [2, 3, 4, 5]),
        (1.1, None, [3, 4, 5]),
        (None, 1, [1]),
        (None, 1.1, [1, 2]),
        (1, 3, [2, 3]),
        (1.1, 1.9, []),
        (3, 1, []),
        (9, None, []),
        (None, 0, []),
        (-9, 9, [1, 2, 3, 4, 5]),
    ],
)
def test_ticks_are_from_since_on_and_before_until(since, until, cycles):
    assert cycles_between(since, until) == cycles


def test_candles_are_from_since_on_and_before_until():
    update_candles()
    found = candles_between(
        biome=Biome.SNOW,
        interval=Candle.Interval.MINUTE,
        since=START + timedelta(minutes=1),
        until=START + timedelta(minutes=3),
    )
    assert [candle.opened_at for candle in found.order_by("opened_at")] == [
        START + timedelta(minutes=1),
        START + timedelta(minutes=2),
    ]
    assert candles_between(biome=Biome.OCEAN, interval=Candle.Interval.DAY).count() == 1


def test_a_cycle_comes_with_its_ticks_in_canonical_order():
    cycle, ticks = cycle_with_ticks(2)
    assert cycle == Cycle.objects.get(number=2)
    assert [tick.market_id for tick in ticks] == list(Biome)
    assert {tick.cycle_id for tick in ticks} == {2}
    with pytest.raises(Cycle.DoesNotExist):
        cycle_with_ticks(6)
