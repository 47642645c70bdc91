from contextlib import contextmanager
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core.errors import MarketBusy
from markets.history.candles import update_candles
from markets.history.retention import prune_ticks
from markets.locks import candles_claimed
from markets.models import Candle, Cycle, Tick
from markets.redistribution.cycle import next_number
from markets.tests.cycles import moment, write_cycle

DAY_SECS = 86_400
START = moment("2026-03-01T10:00:00")

pytestmark = pytest.mark.usefixtures("markets")


@pytest.fixture(autouse=True)
def retention(settings):
    settings.TICK_RETENTION_SECS = DAY_SECS
    settings.TICK_RETENTION_BATCH_CYCLES = 4


def write_minutes(cycles):
    """Write one cycle a minute: number 1 at START."""
    for minute in range(cycles):
        write_cycle(START + timedelta(minutes=minute), 1_000 + minute, volume=1)


def left():
    """Return the numbers of the remaining cycles. Asserts that each has seven ticks and no other ticks remain."""
    numbers = list(Cycle.objects.order_by("number").values_list("number", flat=True))
    ticks = Tick.objects.order_by("cycle").values_list("cycle", flat=True)
    assert list(ticks) == [number for number in numbers for _ in range(7)]
    return numbers


def test_without_cycles_there_is_nothing_to_do():
    assert prune_ticks(now=START) == 0


def test_what_is_older_than_the_retention_goes():
    write_minutes(10)
    day_after_the_third = START + timedelta(minutes=2, seconds=DAY_SECS)
    assert prune_ticks(now=day_after_the_third) == 2
    assert left() == [3, 4, 5, 6, 7, 8, 9, 10]
    assert prune_ticks(now=day_after_the_third) == 0
    assert prune_ticks(now=day_after_the_third + timedelta(microseconds=1)) == 1
    assert left() == [4, 5, 6, 7, 8, 9, 10]


def test_nothing_goes_before_its_time():
    write_minutes(10)
    assert prune_ticks(now=START + timedelta(seconds=DAY_SECS)) == 0
    assert left() == list(range(1, 11))


def test_candles_stay_and_have_what_went():
    write_minutes(10)
    assert not Candle.objects.exists()
    prune_ticks(now=START + timedelta(days=9))
    assert Candle.objects.filter(interval="1m").count() == 70
    hour = Candle.objects.get(market="ocean", interval="1h")
    assert (hour.open_micro, hour.close_micro, hour.volume_micro) == (999, 1_009, 10)
    before = list(Candle.objects.order_by("pk").values())
    update_candles()
    assert list(Candle.objects.order_by("pk").values()) == before


def test_the_newest_cycle_stays_and_the_numbers_go_on():
    write_minutes(10)
    years_later = START + timedelta(days=3650)
    assert prune_ticks(now=years_later) == 9
    assert left() == [10]
    assert next_number(now=years_later) == 11


def test_the_minute_under_way_stays_whole(settings):
    settings.TICK_RETENTION_SECS = 1
    for secs in (0, 58, 59, 60, 61, 62):
        write_cycle(START + timedelta(seconds=secs), volume=1)
    prune_ticks(now=START + timedelta(seconds=63))
    assert left() == [4, 5, 6]
    write_cycle(START + timedelta(seconds=63), volume=1)
    update_candles()
    newest = Candle.objects.filter(market="snow", interval="1m").latest("opened_at")
    assert newest.volume_micro == 4


@pytest.mark.parametrize(("old", "batches"), [(1, 1), (3, 1), (4, 1), (5, 2), (8, 2), (9, 3)])
def test_a_batch_is_two_statements_however_much_goes(old, batches):
    write_minutes(10)
    with CaptureQueriesContext(connection) as queries:
        prune_ticks(now=START + timedelta(minutes=old, seconds=DAY_SECS))
    assert left() == list(range(old + 1, 11))
    assert sum(query["sql"].startswith("DELETE") for query in queries) == 2 * batches


@pytest.fixture
def held_by_another(in_thread):
    """Run an action in another connection's transaction, and keep that open within a block."""

    @contextmanager
    def held(action):
        holding, done = Event(), Event()

        def keep():
            with transaction.atomic():
                action()
                holding.set()
                assert done.wait(timeout=10)

        keeper = in_thread(keep)
        assert holding.wait(timeout=10)
        yield
        done.set()
        keeper.result(timeout=10)

    return held


def test_what_the_candles_lack_stays(held_by_another, markets):
    write_minutes(3)
    with held_by_another(candles_claimed):
        assert prune_ticks(now=START + timedelta(days=9)) == 0
        assert left() == [1, 2, 3]
    assert prune_ticks(now=START + timedelta(days=9)) == 2


def test_each_batch_is_a_transaction_of_its_own(held_by_another, markets, settings):
    settings.LOCK_TIMEOUT_MS = 50
    write_minutes(10)
    with held_by_another(lambda: list(Tick.objects.select_for_update().filter(cycle=6))):
        with pytest.raises(MarketBusy):
            prune_ticks(now=START + timedelta(days=9))
        assert left() == [5, 6, 7, 8, 9, 10]
    assert prune_ticks(now=START + timedelta(days=9)) == 5
    assert left() == [10]
