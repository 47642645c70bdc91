"""One of several beats sends, and another takes over when it stops or is cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import celery.schedules
import pytest
import redis
from django.conf import settings

from config.celery import app
from operations.jobs import leased_scheduler
from operations.jobs.leased_scheduler import LEASE_SECS, LOOK_SECS, LeasedScheduler

Make = Callable[[], LeasedScheduler]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Replace the clock by which leases are renewed; tests move it."""
    clock = SimpleNamespace(secs=1000.0)
    monkeypatch.setattr(leased_scheduler.time, "monotonic", lambda: clock.secs)
    return clock


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, str]]:
    """Record the entries that each scheduler sends."""
    sent: list[tuple[Any, str]] = []
    monkeypatch.setattr(LeasedScheduler, "apply_entry", lambda self, entry, **more: sent.append((self, entry.task)))
    return sent


@pytest.fixture
def make(clock: SimpleNamespace) -> Iterator[Make]:
    """Make a beat with one task, due at every tick."""
    made: list[LeasedScheduler] = []

    def new() -> LeasedScheduler:
        scheduler = LeasedScheduler(app, lazy=True)
        scheduler.data = {"often": scheduler.Entry("often", "task", schedule=timedelta(0), app=app)}
        made.append(scheduler)
        return scheduler

    yield new
    for scheduler in made:
        scheduler._redis.close()
    with redis.Redis.from_url(settings.REDIS_URL) as connection:
        connection.delete(leased_scheduler._KEY)


def test_one_of_two_sends(make: Make, sent: list[tuple[Any, str]]) -> None:
    first, second = make(), make()
    for _ in range(3):
        first.tick()
        assert second.tick() == LOOK_SECS
    assert sent == [(first, "task")] * 3


def test_another_goes_on_at_once_when_it_stops(make: Make, sent: list[tuple[Any, str]], clock: SimpleNamespace) -> None:
    first, second = make(), make()
    first.tick()
    second.tick()
    first.close()
    clock.secs += LOOK_SECS
    second.tick()
    assert sent == [(first, "task"), (second, "task")]


def test_one_that_is_cut_off_sends_nothing_and_its_lease_ends(
    make: Make, sent: list[tuple[Any, str]], clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make(), make()
    first.tick()

    def fail(*args: Any) -> Any:
        raise redis.TimeoutError("the network is away")

    monkeypatch.setattr(first._redis, "eval", fail)
    clock.secs += LOOK_SECS
    assert first.tick() == LOOK_SECS
    assert 0 < second._redis.pttl(leased_scheduler._KEY) <= LEASE_SECS * 1000
    second._redis.delete(leased_scheduler._KEY)
    second.tick()
    assert sent == [(first, "task"), (second, "task")]


def test_who_waits_takes_over_what_was_due_meanwhile_and_nothing_older(make: Make) -> None:
    first, second = make(), make()
    first.tick()
    entry = second.data["often"]
    entry.last_run_at -= timedelta(days=1)
    second.tick()
    assert entry.default_now() - entry.last_run_at < timedelta(seconds=LEASE_SECS + 2 * LOOK_SECS + 1)


def test_each_look_is_a_sign_of_life(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign = tmp_path / "alive"
    monkeypatch.setenv("ALIVE_FILE", str(sign))

    make().tick()

    assert sign.exists()


def test_a_clock_that_is_set_back_holds_nothing_up(make: Make, sent: list[tuple[Any, str]], monkeypatch: Any) -> None:
    wall = SimpleNamespace(at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    beat_of_two = make()
    monkeypatch.setattr(beat_of_two.Entry, "default_now", lambda entry: wall.at)
    monkeypatch.setattr(celery.schedules.schedule, "now", lambda schedule: wall.at)
    entry = beat_of_two.Entry("often", "task", schedule=timedelta(seconds=0.5), app=app)
    beat_of_two.data = {"often": entry}
    wall.at += timedelta(seconds=1)
    beat_of_two.tick()
    assert len(sent) == 1

    wall.at -= timedelta(hours=2)
    beat_of_two.tick()
    wall.at += timedelta(seconds=0.6)
    beat_of_two.tick()
    assert len(sent) == 2


def test_a_lease_of_a_clock_that_was_set_back_is_free(make: Make, sent: list[tuple[Any, str]]) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as connection:
        connection.set(leased_scheduler._KEY, "one that died", px=7_200_000)
    make().tick()
    assert len(sent) == 1
