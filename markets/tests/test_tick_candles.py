"""Candles of seconds, made of ticks."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from attention.biomes import Biome
from core.database import transactions
from markets.history.tick_candles import TICK_WIDTHS, TickInterval, candles_of
from markets.models import Tick
from markets.tests.cycles import moment, write_cycle

START = moment("2026-03-01T10:00:00")
CANDLES = "/api/v1/biome-market/candles/snow"

pytestmark = pytest.mark.usefixtures("markets")


@pytest.fixture
def ticks():
    """Write a few minutes of cycles at random times, with a standstill of an hour amid them."""
    random, at = Random(3), START
    for number in range(120):
        at += timedelta(seconds=random.expovariate(1), hours=number == 60)
        cash = random.randrange(500, 1_000)
        write_cycle(at, cash, low=cash - 9, high=cash + 9, volume=number, attention=number, moved=random.randrange(9))


def computed(width):
    """Compute the same candles from the snow's ticks, one after the other, oldest first."""
    bars: dict[datetime, list[Tick]] = {}
    for tick in Tick.objects.filter(market=Biome.SNOW).order_by("cycle"):
        opened_at = datetime.fromtimestamp(tick.at.timestamp() // width.total_seconds() * width.total_seconds(), UTC)
        bars.setdefault(opened_at, []).append(tick)
    return [
        (
            opened_at,
            bar[0].open_micro,
            max(tick.high_micro for tick in bar),
            min(tick.low_micro for tick in bar),
            bar[-1].cash_after_micro,
            sum(tick.volume_micro for tick in bar),
            bar[-1].total_shares_micro,
            sum(tick.attention_points for tick in bar),
            sum(tick.cash_after_micro - tick.cash_before_micro for tick in bar),
        )
        for opened_at, bar in bars.items()
    ]


@pytest.mark.parametrize("interval", TickInterval)
def test_they_are_what_their_ticks_say(ticks, interval):
    expected = computed(TICK_WIDTHS[interval])
    candles = candles_of(Biome.SNOW, interval)
    assert candles[0:200] == expected[::-1]
    assert candles.order_by("opened_at")[0:200] == expected


def test_a_page_has_its_own_candles_across_a_standstill(ticks):
    expected = computed(timedelta(seconds=5))
    candles = candles_of(Biome.SNOW, "5s")
    for start in range(0, len(expected) + 3, 3):
        assert candles[start : start + 3] == expected[::-1][start : start + 3]
        assert candles.order_by("opened_at")[start : start + 3] == expected[start : start + 3]
    middle = expected[len(expected) // 2][0]
    assert candles.filter(opened_at__lt=str(middle))[0:99] == [row for row in expected if row[0] < middle][::-1]
    newer = candles.order_by("opened_at").filter(opened_at__gt=str(middle))
    assert newer[0:99] == [row for row in expected if row[0] > middle]


def test_a_period_is_of_candles_that_open_in_it(ticks):
    expected = computed(timedelta(seconds=15))
    since, until = START + timedelta(seconds=20), START + timedelta(seconds=47)
    found = candles_of(Biome.SNOW, "15s", since=since, until=until)[0:99]
    assert found == [row for row in expected if since <= row[0] < until][::-1]
    assert [row.opened_at.second for row in found] == [45, 30]


def test_before_the_first_cycle_there_are_none():
    assert candles_of(Biome.SNOW, "1s")[0:9] == []


@pytest.mark.parametrize("interval", ["1s", "5s", "15s"])
def test_the_api_pages_through_them(client, ticks, interval):
    opened, address = [], f"{CANDLES}?interval={interval}&limit=17"
    while address:
        page = client.get(address).json()
        opened = [candle["opened_at"] for candle in page["results"]] + opened
        address = page["next"]
    expected = computed(TICK_WIDTHS[TickInterval(interval)])
    assert [datetime.fromisoformat(text) for text in opened] == [row[0] for row in expected]


@pytest.mark.parametrize("bound", ["since=0001-01-01T00:00:00Z", "until=9999-12-31T23:59:59.999999Z"])
def test_times_at_the_ends_of_the_calendar_bound_nothing(client, ticks, bound):
    assert len(client.get(f"{CANDLES}?interval=1s&limit=500&{bound}").json()["results"]) == len(
        computed(timedelta(seconds=1))
    )


def test_a_page_is_one_statement(client, ticks, monkeypatch, django_assert_num_queries):
    asked = []
    monkeypatch.setattr(
        "markets.history.tick_candles.prepared_rows",
        lambda *given: asked.append(given) or transactions.prepared_rows(*given),
    )
    with django_assert_num_queries(0):
        assert client.get(f"{CANDLES}?interval=1s").status_code == 200
    assert len(asked) == 1
