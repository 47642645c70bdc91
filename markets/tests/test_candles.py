from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from core.database.throwaway import throwaway_database
from markets.history import candles
from markets.history.candles import newest_candle_at, update_candles
from markets.locks import candles_claimed
from markets.management.opening import open_markets
from markets.models import Candle, Cycle, Tick
from markets.tests.cycles import moment, write_cycle

WIDTHS = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": 86400}

pytestmark = pytest.mark.usefixtures("markets")


def kept():
    """Return every candle by its place: open, high, low, close, volume, shares, attention and cash moved by it."""
    fields = ("open_micro", "high_micro", "low_micro", "close_micro", "volume_micro", "total_shares_micro")
    fields += ("attention_points", "attention_moved_micro")
    return {row[:3]: row[3:] for row in Candle.objects.values_list("market", "interval", "opened_at", *fields)}


def computed():
    """Compute the same candles from the ticks, one after the other."""
    all_of: dict[tuple, list[Tick]] = {}
    for tick in Tick.objects.order_by("cycle"):
        for interval, width in WIDTHS.items():
            opened_at = datetime.fromtimestamp(tick.at.timestamp() // width * width, UTC)
            all_of.setdefault((tick.market_id, interval, opened_at), []).append(tick)
    return {
        place: (
            ticks[0].open_micro,
            max(tick.high_micro for tick in ticks),
            min(tick.low_micro for tick in ticks),
            ticks[-1].cash_after_micro,
            sum(tick.volume_micro for tick in ticks),
            ticks[-1].total_shares_micro,
            sum(tick.attention_points for tick in ticks),
            sum(tick.cash_after_micro - tick.cash_before_micro for tick in ticks),
        )
        for place, ticks in all_of.items()
    }


def write_days(cycles, *, seed=1, start="2026-03-01T21:00", mean_gap_secs=600):
    """Write cycles at random times over a few days, with random bars."""
    random, at = Random(seed), moment(start)
    for _ in range(cycles):
        at += timedelta(seconds=random.expovariate(1 / mean_gap_secs))
        cash = random.randrange(500, 1_000)
        low, high = cash - random.randrange(1, 99), cash + random.randrange(99)
        volume, attention, moved = random.randrange(9), random.randrange(50), random.randrange(-9, 9)
        write_cycle(at, cash, low=low, high=high, volume=volume, attention=attention, moved=moved)
        yield


def test_without_ticks_there_are_no_candles():
    update_candles()
    assert kept() == {}
    assert newest_candle_at(Candle.Interval.MINUTE) is None


def test_a_minute_of_ticks_is_a_candle():
    write_cycle(moment("2026-03-01T10:00:00"), 1_000, low=990, high=1_001, volume=5, attention=10, moved=3)
    write_cycle(moment("2026-03-01T10:00:30"), 1_200, high=1_300)
    write_cycle(moment("2026-03-01T10:00:59.999999"), 1_100, low=950, volume=7, attention=30, moved=-8)
    write_cycle(moment("2026-03-01T10:01:00"), 5_000)
    update_candles()
    at = moment("2026-03-01T10:00:00")
    assert kept()["ocean", "1m", at] == (999, 1_300, 950, 1_100, 12, 10**12, 40, -5)
    assert kept()["snow", "1m", at] == (1_005, 1_306, 956, 1_106, 12, 10**12, 40, -5)
    assert kept()["ocean", "1m", at + timedelta(minutes=1)] == (4_999, 5_000, 4_999, 5_000, 0, 10**12, 0, 0)
    assert kept()["ocean", "1d", moment("2026-03-01T00:00")] == (999, 5_000, 950, 5_000, 12, 10**12, 40, -5)
    assert Candle.objects.count() == 7 * 6
    assert newest_candle_at(Candle.Interval.MINUTE) == at + timedelta(minutes=1)


def test_every_interval_says_what_its_ticks_say():
    for _ in write_days(300):
        pass
    update_candles()
    assert {interval for _, interval, _ in kept()} == set(WIDTHS)
    assert kept() == computed()


def test_intervals_begin_in_utc_whatever_the_session_says():
    write_cycle(moment("2026-03-01T23:59:59"))
    write_cycle(moment("2026-03-02T00:00:01"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Asia/Kathmandu'")
        update_candles()
        # Django reads times as if the session were in UTC.
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
    assert kept() == computed()


def test_often_or_once_gives_the_same():
    for place, _ in enumerate(write_days(60, mean_gap_secs=45)):
        if place % 7 in (0, 3, 4):
            update_candles()
            update_candles()
            assert kept() == computed()
    update_candles()
    often = kept()
    Candle.objects.all().delete()
    update_candles()
    assert kept() == often == computed()


def test_a_run_without_news_rewrites_nothing():
    for _ in write_days(20):
        pass
    update_candles()
    before = versions()
    update_candles()
    assert versions() == before


def versions():
    """Return the storage location of each row's version: a rewritten row has another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, ctid::text FROM markets_candle")
        return set(cursor.fetchall())


def test_a_run_reads_the_newest_minute_and_not_the_past():
    for _ in write_days(30, mean_gap_secs=30):
        pass
    update_candles()
    # Were they read again, these would change the candles before the newest.
    newest = newest_candle_at(Candle.Interval.MINUTE)
    Tick.objects.filter(at__lt=newest).update(high_micro=10**9)
    before = kept()
    update_candles()
    assert kept() == before


def test_candles_outlive_their_ticks():
    for _ in write_days(40, mean_gap_secs=30):
        pass
    update_candles()
    newest = newest_candle_at(Candle.Interval.MINUTE)
    whole = computed()
    Cycle.objects.filter(at__lt=newest).delete()
    update_candles()
    assert kept() == whole


def make_again(app, name, *, after):
    """Take one migration back and make it again, and none of those that came later."""
    executor = MigrationExecutor(connection)
    migration = executor.loader.get_migration(app, name)
    executor.unapply_migration(executor.loader.project_state((app, after)), migration)
    assert (app, name) not in executor.recorder.applied_migrations()
    executor.apply_migration(executor.loader.project_state((app, after)), migration)


def test_candles_that_knew_no_attention_learn_it_from_the_ticks_that_are_kept(now, migrated_template):
    with throwaway_database(purpose="candle-attention", template=migrated_template):
        open_markets(now=now)
        for _ in write_days(40):
            pass
        update_candles()
        make_again("markets", "0005_candle_attention", after="0004_total_shares_positive")
        assert kept() == computed()


class TestTwoAtOnce:
    """A run that read before another's ticks came must not write after it, which would leave that minute wrong for
    ever.
    """

    def test_the_second_leaves_it_to_the_first(self, in_thread, markets):
        assert late_writer(in_thread, meanwhile=lambda rival: rival.result(timeout=10)) == computed()

    def test_without_the_lock_it_writes_what_it_read(self, in_thread, until_blocked, markets, monkeypatch):
        monkeypatch.setattr(candles, "candles_claimed", lambda: True)
        assert late_writer(in_thread, meanwhile=lambda rival: until_blocked()) != computed()


def late_writer(in_thread, *, meanwhile):
    """Let a run begin while another, with newer ticks, is about to commit. Returns the candles after one more run."""
    write_cycle(moment("2026-03-01T10:00:00"), 1_000)
    update_candles()
    write_cycle(moment("2026-03-01T10:00:01"), 1_100)
    with transaction.atomic():
        candles_claimed()
        Candle.objects.update(volume_micro=1)
        rival = in_thread(update_candles)
        meanwhile(rival)
        write_cycle(moment("2026-03-01T10:00:59"), 1_200)
        write_cycle(moment("2026-03-01T10:01:00"), 1_300)
        candles._update_minutes()
    rival.result(timeout=10)
    update_candles()
    return kept()
