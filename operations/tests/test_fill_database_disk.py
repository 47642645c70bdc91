"""A full disk of the database, on any host, is reported by name after a failed write."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
import redis
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone
from psycopg import errors as pg

from accounts.models import User
from core.database.transactions import prepared_row
from core.observability import database_disk
from core.observability.database_disk import PROBLEM
from core.redis.clients import redis_client
from markets.redistribution.cycle import run_cycle
from operations.doctor.exchange import look_at_cycles
from operations.doctor.findings import Level
from operations.doctor.machine import look_at_disks
from operations.doctor.services import look_at_database
from operations.monitoring.exchange_state import StateCollector

HAVE_NO_ROOM = """
    CREATE FUNCTION have_no_room() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
    CREATE TRIGGER have_no_room BEFORE INSERT ON markets_cycle EXECUTE FUNCTION have_no_room()
"""


@pytest.fixture(autouse=True)
def nothing_noted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(database_disk, "_noted_at_secs", None)
    redis_client().delete(database_disk._key())
    yield
    redis_client().delete(database_disk._key())


@pytest.fixture
def full(markets: None) -> None:
    """Set up a database that has run a cycle, and has no room for another."""
    run_cycle(number=1, now=timezone.now(), announce=False)
    with connection.cursor() as cursor:
        cursor.execute(HAVE_NO_ROOM)


def fail_to_write() -> None:
    with pytest.raises(OperationalError) as failure:
        run_cycle(number=2, now=timezone.now(), announce=False)
    assert isinstance(failure.value.__cause__, pg.DiskFull)


def told_metric() -> float:
    [family] = [family for family in StateCollector().collect() if family.name == "exchange_database_disk_full"]
    return float(family.samples[0].value)


@pytest.mark.django_db
def test_it_is_named_where_one_looks(client: Client, full: None) -> None:
    assert client.get("/readyz").status_code == HTTPStatus.OK
    assert told_metric() == 0
    fail_to_write()
    reply = client.get("/readyz")
    assert (reply.status_code, reply.json()["problem"]) == (HTTPStatus.SERVICE_UNAVAILABLE, PROBLEM)
    assert (look_at_disks().level, look_at_disks().words) == (Level.FAILED, PROBLEM)
    assert (look_at_database().level, look_at_database().words) == (Level.FAILED, PROBLEM)
    assert "beat up?" not in look_at_cycles().words
    assert told_metric() == 1


@pytest.mark.django_db
def test_another_process_can_tell(full: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_to_write()
    monkeypatch.setattr(database_disk, "_noted_at_secs", None)
    assert database_disk.database_disk_problem() == PROBLEM
    left_ms = redis_client().pttl(database_disk._key())
    assert 0 < left_ms <= database_disk.REMEMBERED_SECS * 1000


@pytest.mark.django_db
def test_it_is_forgotten_when_writes_work_again(client: Client, full: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_to_write()
    noted = database_disk._noted_at_secs
    assert noted is not None
    monkeypatch.setattr(database_disk, "_noted_at_secs", noted - database_disk.REMEMBERED_SECS)
    redis_client().delete(database_disk._key())
    assert client.get("/readyz").json()["problem"] is None


@pytest.mark.django_db
def test_this_process_can_tell_without_redis(full: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_disk, "_redis", redis.Redis.from_url("redis://127.0.0.1:1"))
    assert database_disk.database_disk_problem() is None
    fail_to_write()
    assert database_disk.database_disk_problem() == PROBLEM


@pytest.mark.django_db
def test_the_hot_path_is_heard_too(full: None) -> None:
    with pytest.raises(OperationalError), transaction.atomic():
        prepared_row("INSERT INTO markets_cycle SELECT * FROM markets_cycle RETURNING number", {})
    assert database_disk.database_disk_problem() == PROBLEM


@pytest.mark.django_db
def test_a_read_that_needs_room_is_named(client: Client, full: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> dict[str, Any]:
        raise OperationalError("could not write to file: No space left on device") from pg.DiskFull("no space")

    monkeypatch.setattr("operations.health.ask_database", fail)
    assert client.get("/readyz").json()["problem"] == PROBLEM


@pytest.mark.django_db(transaction=True)
def test_who_writes_is_told_to_come_again(markets: None) -> None:
    client = Client(raise_request_exception=False)
    statement = HAVE_NO_ROOM.replace("markets_cycle", "accounts_user")
    with connection.cursor() as cursor:
        cursor.execute(statement)
    try:
        account = {"username": "ada", "email": "ada@example.com", "password": "a password for stories"}
        reply = client.post("/api/v1/auth/register", account, content_type="application/json")
        assert (reply.status_code, User.objects.count()) == (HTTPStatus.SERVICE_UNAVAILABLE, 0)
        assert reply.json()["errors"][0]["code"] == "service_unavailable"
        assert client.get("/readyz").json()["problem"].startswith(PROBLEM)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER have_no_room ON accounts_user; DROP FUNCTION have_no_room()")
