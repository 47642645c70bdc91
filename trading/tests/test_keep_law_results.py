"""Results of invariant checks are stored for administrators, and breaches are reported to the operators."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection

from trading import tasks
from trading.invariants.results import keep_result, last_result
from trading.invariants.rules import Invariant, check_invariants
from trading.models import LedgerCheck

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOLDS, BROKEN = Invariant("wallets", "fine"), Invariant("holds", "not", ("7 too many", "2 too few"))


@pytest.fixture
def stolen(markets):
    """Change a market's cash by hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE markets_market SET cash_micro = cash_micro + 7, bar_high_micro = bar_high_micro + 7"
            " WHERE biome = 'ocean'"
        )


@pytest.mark.django_db
def test_nothing_is_known_at_first():
    assert last_result() is None


@pytest.mark.django_db
def test_what_broke_is_kept():
    keep_result(invariants=[HOLDS, BROKEN], took_ms=12, now=NOON)
    result = last_result()
    assert (result.checked_at, result.took_ms, result.checked, result.broken) == (NOON, 12, 2, ["holds"])
    assert result.findings == {"wallets": [], "holds": ["7 too many", "2 too few"]}
    assert result.holding == {"wallets": 1.0, "holds": 0.0}


@pytest.mark.django_db
def test_the_newest_counts_and_the_oldest_go(settings):
    settings.LEDGER_CHECKS_KEPT_SECS = 3600
    for hours in (0, 1, 2):
        keep_result(invariants=[HOLDS], took_ms=1, now=NOON + timedelta(hours=hours))
    assert last_result().checked_at == NOON + timedelta(hours=2)
    assert LedgerCheck.objects.count() == 2


@pytest.mark.django_db
def test_administrators_read_what_each_check_found(administrator):
    keep_result(invariants=[HOLDS, BROKEN], took_ms=1234, now=NOON)
    kept = LedgerCheck.objects.get()
    listed = administrator.get("/admin/trading/ledgercheck/").content.decode()
    assert all(text in listed for text in ("2026-01-01 12:00:00.000", "holds", "1,234 ms"))
    page = administrator.get(f"/admin/trading/ledgercheck/{kept.pk}/change/").content.decode()
    assert "<strong>holds</strong>: 7 too many; 2 too few" in page
    assert "<strong>wallets</strong>: holds" in page


@pytest.mark.django_db(transaction=True)
def test_the_command_keeps_what_it_found(markets, capsys):
    call_command("check_ledger")
    found = last_result()
    assert (found.checked, found.broken) == (capsys.readouterr().out.count("ok "), [])


@pytest.mark.django_db(transaction=True)
def test_the_hourly_check_keeps_silent_while_all_invariants_hold(markets, caplog, settings):
    settings.ADMINS = [("", "ops@example.com")]
    tasks.check_ledger()
    assert last_result().broken == []
    assert (caplog.records, mail.outbox) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_the_hourly_check_raises_the_alarm(stolen, caplog, settings):
    settings.ADMINS = [("", "ops@example.com")]
    tasks.check_ledger()
    assert set(last_result().broken) == {"conservation", "market cash"}
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert "the parts exceed the issue by 7 micro-BDT" in record.getMessage()
    [sent] = mail.outbox
    assert sent.to == ["ops@example.com"]
    assert "conservation, market cash" in sent.subject
    assert "the parts exceed the issue by 7 micro-BDT" in sent.body


@pytest.mark.django_db(transaction=True)
def test_a_check_that_takes_too_long_is_given_up(markets, caplog, settings, monkeypatch):
    settings.LEDGER_CHECK_TIMEOUT_SECS = 0.001
    monkeypatch.setattr("trading.invariants.rules._WALLETS", "SELECT 'slept' FROM pg_sleep(5)")
    tasks.check_ledger()
    assert last_result() is None
    assert "were not checked: canceling statement due to statement timeout" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_check_keeps_no_writer_waiting(markets, monkeypatch):
    held = []

    def look():
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'")
            held.extend(mode for (mode,) in cursor.fetchall())
        return HOLDS

    # The last of the invariants that are not queries alone: by then the tables have been read.
    monkeypatch.setattr("trading.invariants.rules._recomputed", lambda count: look())
    check_invariants(recomputed_cycles=1)
    assert held == ["AccessShareLock"]
