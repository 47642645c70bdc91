"""A kept connection is used again without a question, and replaced when the server has ended it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql import base

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept() -> Iterator[Any]:
    """A connection beside the test's own, kept from an earlier request."""
    kept = connection.copy()
    session_pid(kept)
    kept.health_check_enabled, kept.health_check_done = True, False
    yield kept
    kept.close()


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Django's own check asks the server."""
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
