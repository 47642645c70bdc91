"""The last hour of each price, as points and as a line."""

from datetime import timedelta
from random import Random

import pytest

from attention.biomes import Biome
from markets.history.candles import update_candles
from markets.history.sparklines import Point, Sparkline, sparklines
from markets.tests.cycles import moment, write_cycle
from tests.node import recorded

# A market has 10**12 micro-shares; a cash of n * 10**12 is a price of n.
NOW = moment("2026-03-02T10:00:30")
HOUR_AGO = NOW - timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("markets")


def secs(at):
    return at.timestamp()


def ocean(*, price="100.00", hour_ago=None):
    prices = dict.fromkeys(Biome, price)
    return sparklines(prices=prices, prices_hour_ago=dict.fromkeys(Biome, hour_ago), now=NOW)[Biome.OCEAN]


def test_without_a_history_there_is_the_price_now():
    assert ocean().points == [Point(secs(NOW), 100.0)]


def test_every_market_has_a_line_of_its_own():
    write_cycle(NOW - timedelta(minutes=1), 10**14)
    update_candles()
    lines = sparklines(prices=dict.fromkeys(Biome, "7.00"), prices_hour_ago=dict.fromkeys(Biome, None), now=NOW)
    assert list(lines) == list(Biome)
    # The n-th market has n micro-BDT more.
    assert [line.points[0].price for line in lines.values()] == [100 + n / 10**12 for n in range(7)]


def test_it_goes_from_an_hour_ago_by_full_minutes_to_now():
    write_cycle(moment("2026-03-02T09:00:29"), 1)  # in a minute that began before the hour
    write_cycle(moment("2026-03-02T09:01:10"), 80 * 10**12)
    write_cycle(moment("2026-03-02T09:01:50"), 90 * 10**12)
    write_cycle(moment("2026-03-02T09:02:10"), 95 * 10**12)
    write_cycle(moment("2026-03-02T10:00:10"), 1)  # in the minute under way
    update_candles()
    assert ocean(price="98.00", hour_ago="70.00").points == [
        Point(secs(HOUR_AGO), 70.0),
        Point(secs(moment("2026-03-02T09:02:00")), 90.0),
        Point(secs(moment("2026-03-02T09:03:00")), 95.0),
        # Nothing happened until the last minute, and the price stood.
        Point(secs(NOW) - 60, 95.0),
        Point(secs(NOW), 98.0),
    ]


def test_a_script_gets_the_points_to_go_on_from():
    line = Sparkline(3600.0, [Point(0.0, 80.0), Point(3600.0, 100.123456)])
    assert line.text == "0,80.0000 3600,100.1235"
    assert (line.lowest, line.highest) == ("80.00", "100.12")


def test_the_line_fills_the_box():
    line = Sparkline(3600.0, [Point(0.0, 80.0), Point(1800.0, 120.0), Point(3600.0, 100.0)])
    assert line.line == "M0.0 29.0L60.0 3.0L120.0 16.0"
    assert line.area == "M0.0 32L0.0 29.0L60.0 3.0L120.0 16.0L120.0 32Z"
    assert line.base == "M0 29.0H120"
    assert line.end == "M120.0 16.0h0"


def test_a_price_that_stood_is_a_level_line_in_the_middle():
    assert Sparkline(3600.0, [Point(0.0, 100.0), Point(3600.0, 100.0)]).line == "M0.0 16.0L120.0 16.0"


def test_small_moves_do_not_fill_the_box():
    # 0.1 of 100 is a fifth of the least span of 0.5.
    assert Sparkline(3600.0, [Point(0.0, 100.0), Point(3600.0, 99.9)]).line == "M0.0 13.4L120.0 18.6"


def drawn(rng):
    """Return a line of some points, a minute apart, in the words of its page, with what is drawn of it."""
    ends_secs, count = 1_770_000_030, rng.randint(2, 59)
    prices = [round(rng.uniform(99, 101) if rng.random() < 0.9 else 100.0, 4) for _ in range(count)]
    points = [Point(ends_secs - 60 * (count - 1 - place), price) for place, price in enumerate(prices)]
    line = Sparkline(ends_secs, points)
    return {
        "points": line.text,
        "drawn": {"base": line.base, "area": line.area, "line": line.line, "end": line.end},
        "range": [line.lowest, line.highest],
    }


def test_scripts_draw_the_line_alike():
    """tests/js/sparklines.test.js checks the same rows."""
    rng = Random(6)
    rows = [drawn(rng) for _ in range(12)]

    assert recorded("sparklines.json", rows) == rows
