"""Fixtures of the stream's tests: a log for each test, and clients that leave nothing behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from random import randrange
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
import redis
from rest_framework.test import APIClient

from core.redis import clients
from markets import events
from streams import event_log
from streams.tests.sockets import OpenSocket, Socket, in_database


def _tell_at_once(*command: Any) -> None:
    clients.redis_client().execute_command(*command)  # type: ignore[no-untyped-call]


@pytest.fixture
def own_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the test a stream of its own; yields the key of its log."""
    prefix = f"test-{uuid4().hex}"
    keys = (f"{prefix}:epoch", f"{prefix}:seq", f"{prefix}:log", f"{prefix}:seq-at:")
    monkeypatch.setattr(event_log, "_KEYS", keys)
    monkeypatch.setattr(event_log, "LOG_KEY", keys[2])
    monkeypatch.setattr(events, "_ATTENTION_KEY", f"{prefix}:attention")
    # What was announced is in the log at once, where else it is on its way.
    monkeypatch.setattr(event_log, "_tell", _tell_at_once)
    yield keys[2]
    clients.redis_client().delete(*keys, f"{prefix}:attention")


@pytest.fixture
def without_redis(own_log: str) -> Iterator[None]:
    """Make Redis unreachable for callers that announce or ask for the position."""
    with pytest.MonkeyPatch.context() as away:
        for module in (event_log, events):
            away.setattr(module, "redis_client", lambda: redis.Redis.from_url("redis://127.0.0.1:1"))
        yield


@pytest_asyncio.fixture
async def open_socket(transactional_db: None, own_log: str) -> AsyncIterator[OpenSocket]:
    """Return a function that connects a client to the stream. All of them leave when the test ends."""
    opened: list[Socket] = []

    async def connect(query: str = "", **headers: str) -> Socket:
        socket = Socket(query, headers)
        opened.append(socket)
        await socket.connect()
        return socket

    yield connect
    for socket in opened:
        await socket.leave()
    await in_database(_close_connections)()


@pytest.fixture
def api() -> APIClient:
    """Make a client at an address of its own, as requests are counted by address."""
    client = APIClient(REMOTE_ADDR=f"10.{randrange(256)}.{randrange(256)}.{randrange(256)}")
    client.default_format = "json"
    return client


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()
