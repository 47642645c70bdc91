"""A kept connection is reused without a query, and replaced when the server has ended it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.db import InternalError, OperationalError, connection
from django.db.backends.postgresql import base

from core.database.postgres import base as own

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept() -> Iterator[Any]:
    """Return a connection beside the test's own, kept from an earlier request."""
    kept = connection.copy()
    session_pid(kept)
    kept.health_check_enabled, kept.health_check_done = True, False
    yield kept
    kept.close()


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the queries of Django's own check of a connection."""
    asked: list[str] = []
    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", lambda self: bool(asked.append("SELECT 1")))
    return asked


def session_pid(of: Any) -> int:
    with of.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end_session(pid: int) -> None:
    """End a session as a restart of the server would, and wait until it is gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
        assert cursor.fetchone() == (True,)


def test_a_live_one_is_used_again_without_a_question(kept: Any, questions: list[str]) -> None:
    kept.close_if_health_check_failed()
    assert questions == []
    assert kept.connection is not None


def test_one_that_the_server_ended_is_replaced(kept: Any) -> None:
    ended = session_pid(kept)
    kept.health_check_done = False
    end_session(ended)
    assert session_pid(kept) != ended


def test_one_that_is_closed_is_not_usable(kept: Any) -> None:
    kept.connection.close()
    assert not kept.is_usable()
    kept.close()
    assert not kept.is_usable()


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Simulate a server that does not answer, and count the attempts."""
    away = SimpleNamespace(secs=1000.0, takes_secs=3.0, asked=0, real=base.DatabaseWrapper.get_new_connection)

    def wait_in_vain(self: Any, conn_params: Any) -> Any:
        away.asked += 1
        away.secs += away.takes_secs
        raise psycopg.OperationalError("connection timeout expired")

    monkeypatch.setattr(own.time, "monotonic", lambda: away.secs)
    monkeypatch.setattr(own, "_left_alone_until", {})
    monkeypatch.setattr(base.DatabaseWrapper, "get_new_connection", wait_in_vain)
    return away


def connect() -> None:
    """Connect as a request does that finds no kept connection."""
    fresh = connection.copy()
    try:
        fresh.ensure_connection()
    finally:
        fresh.close()


def test_one_waits_for_a_server_that_does_not_answer_and_not_all(away: SimpleNamespace) -> None:
    for _ in range(3):
        with pytest.raises(OperationalError):
            connect()
    assert away.asked == 1
    away.secs += 1.1
    with pytest.raises(OperationalError):
        connect()
    assert away.asked == 2


def test_one_that_refuses_at_once_is_asked_each_time(away: SimpleNamespace) -> None:
    away.takes_secs = 0.01
    for _ in range(3):
        with pytest.raises(OperationalError):
            connect()
    assert away.asked == 3


def test_all_come_in_again_when_it_answers(away: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OperationalError):
        connect()
    away.secs += 1.1
    monkeypatch.setattr(base.DatabaseWrapper, "get_new_connection", away.real)
    connect()
    connect()
    assert away.asked == 1


@pytest.mark.parametrize("command", ["commit", "rollback"])
def test_a_command_that_is_answered_twice_was_cut_off(kept: Any, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    def answered_twice() -> None:
        # As when PgBouncer passes the server's last words on, and adds its own.
        raise psycopg.InternalError("received 2 results from command")

    monkeypatch.setattr(kept.connection, command, answered_twice)

    with pytest.raises(OperationalError, match="2 results"):
        getattr(kept, command)()


def test_a_fault_that_the_server_tells_stays_one(kept: Any) -> None:
    with pytest.raises(InternalError), kept.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'a fault' USING ERRCODE = 'XX000'; END $$")
