"""manage.py doctor prints one line for each part, and every part can be found faulty."""

from __future__ import annotations

import json
import re
import smtplib
import time
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
import redis
from django.core.checks import Error, register
from django.core.checks.registry import registry
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from core.observability import heartbeats
from core.redis.clients import redis_client
from markets.economic_settings import change_settings
from markets.redistribution.cycle import run_cycle
from operations.doctor import exchange, machine, services
from operations.doctor.examination import LOOKS, examine
from operations.doctor.findings import Finding, Level
from operations.monitoring import exchange_state
from trading.invariants.results import keep_result
from trading.invariants.rules import Invariant

BUSY = exchange.MOST_WAITING + 1


@pytest.fixture
def healthy(markets, settings, tmp_path, monkeypatch):
    """Make an exchange without any fault; each test breaks one part."""
    now = timezone.now()
    settings.PRODUCTION, settings.SECRET_KEY, settings.DATABASE_POOLED = True, "long-enough-" * 5, False
    settings.BACKUP_DIR, settings.DISK_FREE_MIN_PERCENT = str(tmp_path), 0
    settings.EMAIL_BACKEND = "operations.tests.test_doctor.Mailbox"
    (tmp_path / "exchange.dump").write_bytes(b"x")
    run_cycle(number=1, now=now, announce=False)
    keep_result(invariants=[Invariant("wallets", "")], took_ms=5, now=now)
    monkeypatch.setattr(services, "REDIS_MAJOR", 6)
    monkeypatch.setattr(machine.checks, "run_checks", lambda **_: [])
    for name in heartbeats.EXPECTED:
        alive(name)
    yield
    redis_client().delete(*map(heartbeats._key, heartbeats.EXPECTED))


class Mailbox:
    """A mail server that accepts mail."""

    def __init__(self, **_):
        pass

    def open(self):
        """Accept the connection."""

    def close(self):
        """Close the connection."""


class FullMailbox(Mailbox):
    def open(self):
        raise smtplib.SMTPServerDisconnected("connection refused")


def alive(name: str, *, secs_ago: float = 0) -> None:
    left_ms = round((heartbeats.REMEMBERED_SECS - secs_ago) * 1000)
    redis_client().set(heartbeats._key(name), 1, px=left_ms)


def found(name: str) -> tuple[Level, str]:
    finding = examine()[name]
    return finding.level, finding.words


def test_all_is_well(healthy):
    assert {name: finding for name, finding in examine().items() if finding.level is not Level.OK} == {}


# --- The command ------------------------------------------------------------------------------------------------------


def test_a_line_for_each_and_no_complaint(healthy):
    out = StringIO()
    call_command("doctor", stdout=out, no_color=True)
    lines = out.getvalue().splitlines()
    assert [re.split(r"\s{2,}", line)[1] for line in lines] == list(LOOKS)
    assert {line.split()[0] for line in lines} == {"ok"}


def test_a_failure_is_exit_1_and_machines_can_read_it(healthy):
    redis_client().delete(heartbeats._key(heartbeats.BEAT))
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (ended.value.code, list(told)) == (1, list(LOOKS))
    assert [name for name, finding in told.items() if finding["level"] == "failed"] == ["beat"]


def test_a_warning_is_exit_0(healthy, settings):
    settings.MAINTENANCE = True
    call_command("doctor", stdout=StringIO())
    assert found("settings") == (Level.WARNING, "MAINTENANCE is on: pages and API answer 503.")


@pytest.mark.parametrize("name", LOOKS)
def test_what_cannot_be_looked_at_has_failed_and_nothing_else(healthy, monkeypatch, name):
    def fail() -> Finding:
        raise OperationalError("connection to server at 10.1.2.3 failed: Connection refused")

    monkeypatch.setitem(LOOKS, name, fail)
    assert {look: finding.words for look, finding in examine().items() if finding.level is Level.FAILED} == {
        name: "Cannot be looked at: connection refused."
    }


# --- Each of them -----------------------------------------------------------------------------------------------------


def test_settings_that_django_objects_to(healthy, monkeypatch):
    monkeypatch.undo()

    def object_to_it(**_):
        return [Error("This is wrong.", id="test.E001")]

    register(object_to_it)
    try:
        level, words = found("settings")
    finally:
        registry.registered_checks.remove(object_to_it)
    assert (level, words) == (Level.FAILED, "test.E001 This is wrong.")


def test_settings_of_no_production(healthy, settings):
    settings.PRODUCTION = False
    assert found("settings")[0] is Level.WARNING


def test_secrets_that_are_short(healthy, settings):
    settings.SECRET_KEY, settings.METRICS_TOKEN = "short", "short"
    level, words = found("secrets")
    assert level is Level.FAILED
    assert words.startswith("SECRET_KEY and METRICS_TOKEN should be longer")


def test_disks_that_are_full(healthy, settings):
    settings.DISK_FREE_MIN_PERCENT = 100
    level, words = found("disks")
    assert level is Level.FAILED
    assert words.endswith("100 % should be.")


def test_disks_that_are_not_there(healthy, settings):
    settings.DISK_PATHS, settings.DISK_FREE_MIN_PERCENT = ["/no/such/folder"], 1
    assert found("disks")[0] is Level.FAILED


def test_static_files_that_were_not_gathered(healthy, settings, tmp_path):
    settings.STATIC_HASHED, settings.STATIC_ROOT = True, tmp_path
    assert found("static files") == (Level.FAILED, "Static files were not gathered: run manage.py collectstatic.")


def test_a_database_that_is_away(healthy, monkeypatch):
    def fail():
        raise OperationalError("Connection refused")

    monkeypatch.setattr(services, "connection", SimpleNamespace(ensure_connection=fail))
    assert found("database") == (Level.FAILED, "Cannot be looked at: connection refused.")


def test_a_database_that_is_old(healthy, monkeypatch):
    monkeypatch.setattr(services, "POSTGRESQL_MAJOR", 99)
    level, words = found("database")
    assert level is Level.WARNING
    assert words.endswith("directly; the exchange is tested with 99.")


@pytest.mark.parametrize(
    ("lag_secs", "words"), [(None, "replica_1 is no standby."), (7.2, "replica_1 is 7 s behind."), (0.5, None)]
)
def test_standbys_that_are_of_no_use(healthy, monkeypatch, lag_secs, words):
    monkeypatch.setattr(services, "connections", ["default", "replica_1"])
    monkeypatch.setattr(services, "lag_secs_of", lambda alias: lag_secs)
    expected = (Level.FAILED, words) if words else (Level.OK, "1 answer and are up to date")
    assert found("standbys") == expected


def test_standbys_that_are_away(healthy, monkeypatch):
    def fail(alias):
        raise OperationalError("Connection refused")

    monkeypatch.setattr(services, "connections", ["default", "replica_1"])
    monkeypatch.setattr(services, "lag_secs_of", fail)
    assert found("standbys") == (Level.FAILED, "replica_1 does not answer: connection refused.")


def test_migrations_that_are_missing(healthy):
    MigrationRecorder(connection).record_unapplied("trading", "0012_ledger_checks")
    level, words = found("migrations")
    assert level is Level.FAILED
    assert "trading.0012_ledger_checks" in words


def test_redis_that_is_away(healthy, monkeypatch):
    monkeypatch.setattr(services, "redis_client", lambda: redis.Redis.from_url("redis://127.0.0.1:1"))
    assert found("redis") == (Level.FAILED, "Cannot be looked at: connection refused.")
    assert found("clocks") == (Level.FAILED, "Redis does not tell the time: connection refused.")


def test_redis_that_is_old(healthy, monkeypatch):
    monkeypatch.setattr(services, "REDIS_MAJOR", 99)
    assert found("redis")[0] is Level.WARNING


@pytest.mark.parametrize("whose", ["_database_secs", "_redis_secs"])
def test_clocks_that_differ(healthy, monkeypatch, whose):
    monkeypatch.setattr(services, whose, lambda *_: time.time() - 3)
    level, words = found("clocks")
    assert level is Level.FAILED
    assert "3.000 s behind" in words


@pytest.mark.parametrize("name", heartbeats.EXPECTED)
def test_a_process_that_is_silent(healthy, name):
    alive(name, secs_ago=60)
    level, words = found(name)
    assert level is Level.FAILED
    assert words.endswith("for 60 s.")


def test_queues_that_grow(healthy):
    key = f"{exchange_state.settings.REDIS_PREFIX}-celery-celery"
    redis_client().rpush(key, *["x"] * BUSY)
    try:
        level, words = found("queues")
    finally:
        redis_client().delete(key)
    assert (level, words) == (
        Level.FAILED,
        f"{BUSY} wait in celery, 0 wait in redistribution: the worker does not keep up.",
    )


def test_cycles_that_have_stopped(healthy, settings):
    settings.READY_CYCLE_AGE_SECS = -1
    level, words = found("cycles")
    assert level is Level.FAILED
    assert words.startswith("The last cycle ran 0 s ago; one should run every 0.5 s")


def test_invariants_that_are_broken(healthy):
    keep_result(
        invariants=[Invariant("holds", "", ("too many",))], took_ms=5, now=timezone.now() + timedelta(seconds=1)
    )
    level, words = found("invariants")
    assert level is Level.FAILED
    assert words.startswith("Broken: holds;")


def test_invariants_that_were_checked_too_long_ago(healthy, settings):
    settings.LEDGER_CHECK_LATE_SECS = -1
    level, words = found("invariants")
    assert level is Level.FAILED
    assert words.startswith("All 1 invariants held, but were checked too long ago")


def test_safeguards_that_hold_something_back(healthy, root):
    change_settings(changed_by=root, reason="x", now=timezone.now(), trading_paused=True, prices_frozen=True)
    assert found("safeguards") == (Level.WARNING, "trading is paused; prices are frozen")


def test_backups_that_are_missing_or_old(healthy, settings, tmp_path):
    settings.BACKUP_AGE_MAX_SECS = -1
    level, words = found("backups")
    assert (level, words.startswith("The newest backup is too old: exchange.dump")) == (Level.FAILED, True)
    (tmp_path / "exchange.dump").unlink()
    assert found("backups") == (Level.FAILED, f"There is no backup in {tmp_path}.")
    settings.BACKUP_DIR = ""
    assert found("backups")[0] is Level.WARNING


def test_mail_that_nobody_takes(healthy, settings):
    settings.EMAIL_BACKEND = "operations.tests.test_doctor.FullMailbox"
    assert found("mail") == (Level.FAILED, "Cannot be looked at: connection refused.")
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    assert found("mail")[0] is Level.WARNING
