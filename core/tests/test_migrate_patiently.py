"""A migration beside a running exchange gives up soon where a table is in use, and tries again."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from core.database import patient_migrations
from core.database.patient_migrations import migrate_patiently

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace the migration by one that changes a busy table; returns the list of its attempts."""
    tries: list[str] = []

    def migrate(command: str, verbosity: int) -> None:
        tries.append(command)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE transactions IN ACCESS EXCLUSIVE MODE")

    monkeypatch.setattr(patient_migrations, "call_command", migrate)
    return tries


def user_of_the_table() -> psycopg.Connection[Any]:
    """Return a session in the middle of a read."""
    session = psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor})
    session.execute("SELECT count(*) FROM transactions")
    return session


def test_it_waits_until_the_table_is_free(change: list[str], settings: Any) -> None:
    settings.MIGRATION_LOCK_TIMEOUT_MS = 10
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        before = cursor.fetchone()
    user = user_of_the_table()
    waits: list[float] = []

    def sleep(secs: float) -> None:
        waits.append(secs)
        user.commit()

    with user:
        migrate_patiently(sleep=sleep)
    assert (waits, change) == ([patient_migrations.WAIT_SECS], ["migrate"] * 2)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == before


def test_it_gives_up_in_the_end(change: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MIGRATION_LOCK_TIMEOUT_MS = 1
    monkeypatch.setattr(patient_migrations, "TRIES", 3)
    waits: list[float] = []
    with user_of_the_table(), pytest.raises(OperationalError):
        migrate_patiently(sleep=waits.append)
    assert (len(waits), len(change)) == (2, 3)
