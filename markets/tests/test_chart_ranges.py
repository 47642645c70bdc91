import pytest

from attention.biomes import Biome
from markets.candle_pages import CandleRow
from markets.candles import update_candles
from markets.chart_ranges import chart_ranges, line_path, newest_candles, whole_of
from markets.tests.cycles import moment, write_cycle

START = moment("2026-03-01T10:00:00")


def candle(minute, *, opened, high, low, close, volume=0, attention=0, moved=0):
    return CandleRow(moment("2026-03-01T10:00", minute * 60), opened, high, low, close, volume, 10, attention, moved)


@pytest.mark.parametrize(
    ("cycles", "interval"),
    [
        (0, "1m"),
        (5 * 3600 * 2, "1m"),
        (5 * 3600 * 2 + 1, "5m"),
        (25 * 3600 * 2, "5m"),
        (75 * 3600 * 2, "15m"),
        (300 * 3600 * 2, "1h"),
        (300 * 3600 * 2 + 1, "1d"),
        (10**9, "1d"),
    ],
)
def test_everything_is_shown_in_the_finest_candles_of_which_there_are_not_too_many(cycles, interval):
    everything = chart_ranges(cycles=cycles)[-1]
    assert (everything.key, everything.interval, everything.candles) == ("all", interval, 300)


def test_the_other_ranges_are_as_long_as_they_say():
    told = [(one.key, one.interval, one.candles) for one in chart_ranges(cycles=0)[:-1]]
    assert told == [("15m", "1m", 15), ("1h", "1m", 60), ("1d", "15m", 96), ("1w", "1h", 168)]


def test_a_range_is_its_newest_candles_oldest_first(markets):
    for minute in range(20):
        write_cycle(moment("2026-03-01T10:00:00", minute * 60), 1_000 + minute)
    update_candles()
    candles = newest_candles(Biome.BEACH, chart_ranges(cycles=0)[0])
    assert [row.opened_at.minute for row in candles] == list(range(5, 20))
    assert (candles[0].close_micro, candles[-1].close_micro) == (1_006, 1_020)


def test_candles_together_are_one():
    candles = [
        candle(0, opened=100, high=130, low=90, close=120, volume=5, attention=10, moved=15),
        candle(1, opened=120, high=125, low=80, close=85, volume=7, attention=3, moved=-40),
    ]
    assert whole_of(candles) == candle(0, opened=100, high=130, low=80, close=85, volume=12, attention=13, moved=-25)
    assert whole_of([]) is None


def test_the_line_goes_from_the_first_open_over_every_close():
    candles = [
        candle(0, opened=100, high=0, low=0, close=200),
        candle(1, opened=200, high=0, low=0, close=150),
    ]
    assert line_path(candles) == "M0.0 288.0L500.0 12.0L1000.0 150.0"


def test_a_price_that_stood_still_is_a_line_in_the_middle():
    assert line_path([candle(0, opened=100, high=100, low=100, close=100)]) == "M0.0 150.0L1000.0 150.0"
    assert line_path([]) == ""
