"""The answers to the health checks of load balancers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import redis
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from markets.redistribution.cycle import run_cycle
from operations import health
from operations.doctor.exchange import look_at_cycles
from operations.doctor.findings import Level
from operations.doctor.services import look_at_clocks
from operations.monitoring.exchange_state import StateCollector

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets")]


@pytest.fixture
def fresh_cycle() -> None:
    run_cycle(number=1, now=timezone.now(), announce=False)


def test_ready(client: Client, fresh_cycle: None) -> None:
    reply = client.get("/readyz")
    assert reply.status_code == 200
    assert "no-store" in reply["Cache-Control"]
    body = reply.json()
    assert body["status"] == "ready"
    assert {name: check["ok"] for name, check in body["checks"].items()} == {
        "database": True,
        "redis": True,
        "migrations": True,
        "last_cycle": True,
    }
    assert body["problem"] is None
    assert all(0 <= check["ms"] < 5000 for check in body["checks"].values())
    assert body["checks"]["last_cycle"]["number"] == 1
    assert 0 <= body["checks"]["last_cycle"]["age_secs"] <= 5


def test_not_ready_before_the_first_cycle(client: Client) -> None:
    reply = client.get("/readyz")
    assert (reply.status_code, reply.json()["status"]) == (503, "not_ready")
    body = reply.json()
    assert body["problem"].startswith("No cycle has run yet; one should run every 0.5 s: are the redistribution worker")
    check = {"ok": False, "problem": body["problem"], "number": None, "age_secs": None, "ms": 0}
    assert body["checks"]["last_cycle"] | {"ms": 0} == check


def test_not_ready_while_the_last_cycle_is_in_the_future(client: Client) -> None:
    run_cycle(number=1, now=timezone.now() + timedelta(hours=2), announce=False)
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert reply.json()["problem"].startswith("The last cycle bears a time 7200 s from now: the clock was set back")
    assert look_at_cycles().level == Level.FAILED
    assert "clock was set back" in client.get("/status").content.decode()


def test_a_clock_that_was_set_back_is_told_when_all_goes_on(client: Client) -> None:
    now = timezone.now()
    run_cycle(number=1, now=now + timedelta(hours=2), announce=False)
    run_cycle(number=2, now=now, announce=False)
    reply = client.get("/readyz")
    assert reply.status_code == 200
    assert reply.json()["notice"].startswith("The clock was set back: cycles bear times up to 7")
    finding = look_at_clocks()
    assert finding.level == Level.WARNING
    assert finding.words.startswith("The clock was set back")
    told = {family.name: family.samples[0].value for family in StateCollector().collect() if family.samples}
    assert 7100 < told["exchange_clock_ahead_seconds"] <= 7200


def test_not_ready_when_the_last_cycle_is_old(client: Client) -> None:
    run_cycle(number=1, now=timezone.now() - timedelta(seconds=60), announce=False)
    reply = client.get("/readyz")
    assert reply.status_code == 503
    checks = reply.json()["checks"]
    assert [name for name, check in checks.items() if not check["ok"]] == ["last_cycle"]
    assert checks["last_cycle"]["age_secs"] >= 60
    assert re.match(r"The last cycle ran 6\d s ago; one should run every 0.5 s", reply.json()["problem"])


def test_not_ready_without_redis(client: Client, fresh_cycle: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_redis", redis.Redis.from_url("redis://127.0.0.1:1"))
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert reply.json()["checks"]["redis"] | {"ms": 0} == {
        "ok": False,
        "problem": "Redis does not answer: connection refused.",
        "error": "ConnectionError",
        "ms": 0,
    }
    assert reply.json()["problem"] == "Redis does not answer: connection refused."


def test_not_ready_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("connection to server at 10.0.0.5 failed: Connection refused\n\tis it running?")

    monkeypatch.setattr(health, "_has_all_migrations", False)
    monkeypatch.setattr(connection, "cursor", fail)
    reply = client.get("/readyz")
    assert reply.status_code == 503
    checks = reply.json()["checks"]
    assert [name for name, check in checks.items() if not check["ok"]] == ["database", "migrations", "last_cycle"]
    assert reply.json()["problem"] == "The database does not answer: connection refused."


def test_not_ready_while_a_migration_is_missing(
    client: Client, fresh_cycle: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_has_all_migrations", False)
    recorder = MigrationRecorder(connection)
    newest = recorder.migration_qs.filter(app="trading").latest("name").name
    recorder.record_unapplied("trading", newest)
    reply = client.get("/readyz")
    problem = f"Migrations are missing, 1 in all (trading.{newest}): run manage.py migrate."
    assert (reply.status_code, reply.json()["problem"]) == (503, problem)
    recorder.record_applied("trading", newest)
    assert client.get("/readyz").status_code == 200


def test_health_checks_write_no_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "exchange")
    caplog.set_level("INFO", "django")
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 503)
    assert [record for record in caplog.records if record.name.startswith(("exchange", "django.request"))] == []


def test_alive_whatever_else_is_not(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_redis", redis.Redis.from_url("redis://127.0.0.1:1"))
    reply = client.get("/healthz")
    assert (reply.status_code, reply.json()) == (200, {"status": "alive"})
    assert reply.has_header("Cache-Control")
    assert client.post("/healthz").status_code == 405
