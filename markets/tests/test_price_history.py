from datetime import timedelta

import pytest

from attention.biomes import Biome
from markets.history.candle_pages import Candles
from markets.history.candles import update_candles
from markets.models import Candle, Cycle
from markets.selectors import cycle_with_ticks, ticks_between
from markets.tests.cycles import moment, write_cycle

START = moment("2026-03-01T10:00:00")


@pytest.fixture(autouse=True)
def five_minutes(markets):
    """Write one cycle a minute: number 1 at START."""
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


def opened_minutes(candles):
    return [(candle.opened_at - START) // timedelta(minutes=1) for candle in candles[0:9]]


@pytest.mark.parametrize(
    ("period", "minutes"),
    [({}, [4, 3, 2, 1, 0]), ({"since": 1, "until": 3}, [2, 1]), ({"since": 4}, [4]), ({"until": 0}, [])],
)
def test_candles_are_from_since_on_and_before_until(period, minutes):
    update_candles()
    given = {name: START + timedelta(minutes=minute) for name, minute in period.items()}
    assert opened_minutes(Candles(Biome.SNOW, Candle.Interval.MINUTE, **given)) == minutes


def test_a_page_of_candles_is_a_slice_beyond_a_position():
    update_candles()
    candles = Candles(Biome.SNOW, Candle.Interval.MINUTE)
    position = str(START + timedelta(minutes=2))
    assert opened_minutes(candles.filter(opened_at__lt=position)) == [1, 0]
    assert opened_minutes(candles.order_by("opened_at").filter(opened_at__gt=position)) == [3, 4]
    assert [candle.opened_at.minute for candle in candles[1:3]] == [3, 2]


@pytest.mark.parametrize("position", ["soon", "2026-03-01 10:00:00"])
def test_a_position_that_is_no_time_with_a_zone_is_refused(position):
    with pytest.raises(ValueError, match=position):
        Candles(Biome.SNOW, Candle.Interval.MINUTE).filter(opened_at__lt=position)


def test_candles_are_of_one_market_and_interval():
    update_candles()
    days = Candles(Biome.OCEAN, Candle.Interval.DAY)[0:9]
    assert [candle.opened_at for candle in days] == [moment("2026-03-01T00:00:00")]


def test_a_cycle_comes_with_its_ticks_in_canonical_order():
    cycle, ticks = cycle_with_ticks(2)
    assert cycle == Cycle.objects.get(number=2)
    assert [tick.market_id for tick in ticks] == list(Biome)
    assert {tick.cycle_id for tick in ticks} == {2}
    with pytest.raises(Cycle.DoesNotExist):
        cycle_with_ticks(6)
