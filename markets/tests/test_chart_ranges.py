from datetime import timedelta

import pytest

from attention.biomes import Biome
from markets.history.candle_pages import CandleRow
from markets.history.candles import update_candles
from markets.history.chart_ranges import chart_ranges, line_path, newest_candles, whole_of
from markets.tests.cycles import moment, write_cycle

START = moment("2026-03-01T10:00:00")


def candle(minute, *, opened, high, low, close, volume=0, attention=0, moved=0):
    return CandleRow(moment("2026-03-01T10:00", minute * 60), opened, high, low, close, volume, 10, attention, moved)


@pytest.mark.parametrize(
    ("cycles", "interval"),
    [
        (0, "1s"),
        (5 * 60 * 2, "1s"),
        (5 * 60 * 2 + 1, "5s"),
        (75 * 60 * 2, "15s"),
        (75 * 60 * 2 + 1, "1m"),
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
    everything = chart_ranges(cycles=cycles, has_first_ticks=True)[-1]
    assert (everything.key, everything.interval, everything.candles) == ("all", interval, 300)
    assert everything.is_since_open


def test_without_its_first_ticks_a_short_history_is_shown_in_candles_that_are_kept():
    """After a long standstill, retention has deleted the few first ticks."""
    assert chart_ranges(cycles=1200, has_first_ticks=False)[-1].interval == "1m"


def test_the_other_ranges_are_as_long_as_they_say():
    ranges = chart_ranges(cycles=10**9, has_first_ticks=True)[:-1]
    assert [(one.key, one.interval, one.candles, one.candles * one.width_secs) for one in ranges] == [
        ("live", "1s", 120, 120),
        ("15m", "15s", 60, 900),
        ("1h", "1m", 60, 3600),
        ("1d", "15m", 96, 86400),
        ("1w", "1h", 168, 604800),
    ]
    assert not any(one.is_since_open for one in ranges)


@pytest.mark.parametrize(
    ("secs", "expected"),
    [
        (40, {"15m": "1s", "1h": "1s", "1d": "1s", "1w": "1s"}),
        (20 * 60, {"1h": "5s", "1d": "5s", "1w": "5s"}),
        (50 * 60, {"1h": "15s", "1d": "15s", "1w": "15s"}),
        (3600, {"1d": "15s", "1w": "15s"}),
        (20 * 3600, {"1d": "5m", "1w": "5m"}),
        (6 * 86400, {"1w": "1h"}),
        (7 * 86400, {}),
    ],
)
def test_a_range_that_is_longer_than_the_history_is_all_of_it_in_finer_candles(secs, expected):
    ranges = chart_ranges(cycles=secs * 2, has_first_ticks=True)[:-1]
    assert {one.key: one.interval for one in ranges if one.is_since_open} == expected
    assert all(secs <= one.candles * one.width_secs for one in ranges if one.is_since_open)


def test_it_is_said_in_which_bars_a_range_is_drawn():
    assert [one.bars for one in chart_ranges(cycles=3600 * 2, has_first_ticks=True)] == [
        "Bars of 1 second",
        "Bars of 15 seconds",
        "Bars of 1 minute",
        "Bars of 15 seconds, since open",
        "Bars of 15 seconds, since open",
        "Bars of 15 seconds, since open",
    ]


def test_a_range_is_its_newest_candles_oldest_first(markets):
    for minute in range(80):
        write_cycle(moment("2026-03-01T10:00:00", minute * 60), 1_000 + minute)
    update_candles()
    candles = newest_candles(Biome.BEACH, chart_ranges(cycles=10**9, has_first_ticks=True)[2])
    assert [row.opened_at.minute for row in candles] == [*range(20, 60), *range(20)]
    assert (candles[0].close_micro, candles[-1].close_micro) == (1_021, 1_080)


def test_a_young_exchange_has_more_than_two_bars_in_a_week(markets):
    for second in range(90):
        write_cycle(START + timedelta(seconds=second))
    assert [len(newest_candles(Biome.BEACH, one)) for one in chart_ranges(cycles=180, has_first_ticks=True)] == [
        90,
        90,
        90,
        90,
        90,
        90,
    ]


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
