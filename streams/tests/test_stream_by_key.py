"""Streams by API key need no renewal, are limited to the key's scopes, and end with the key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
import pytest_asyncio
from channels.layers import get_channel_layer
from channels.testing import HttpCommunicator
from django.db import connections
from django.utils import timezone

from accounts.keys.registry import end_key
from accounts.models import ApiKey, User
from config.asgi import application
from streams import control
from streams.tests.sockets import OpenSocket, in_database, until
from tests.fixtures import WAIT_SECS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("markets")]

KEY = "bxk_" + "a" * 40


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[None]:
    """Receive control messages in this process during the test."""
    receiving = asyncio.create_task(control.obey_for_ever())
    layer: Any = get_channel_layer()
    await until(lambda: layer.groups)
    yield
    receiving.cancel()
    await asyncio.wait([receiving])


@pytest_asyncio.fixture(autouse=True)
async def left_alone(transactional_db: None) -> AsyncIterator[None]:
    """Close the streams thread's database connection after the test."""
    yield
    await in_database(connections.close_all)()


def keep(player: User, *scopes: str, text: str = KEY, **about: Any) -> ApiKey:
    digest = sha256(text.encode()).digest()
    return ApiKey.objects.create(
        player=player, name="bot", prefix=text[:12], digest=digest, scopes=scopes, made_at=timezone.now(), **about
    )


@pytest.mark.parametrize("headers", [{}, {"authorization": f"bearer {KEY}"}])
async def test_a_key_is_its_player(open_socket: OpenSocket, alice: User, headers: dict[str, str]) -> None:
    await in_database(keep)(alice, "read", "attention")
    socket = await open_socket("" if headers else f"?token={KEY}", **headers)
    await socket.hear_any()
    assert socket.welcome["player"] == {"id": alice.pk, "username": "alice"}
    await socket.say("attention", biome="ocean", points=2)
    assert (await socket.hear_until("attention"))["accepted"] == 2


async def test_attention_takes_its_scope(open_socket: OpenSocket, alice: User) -> None:
    await in_database(keep)(alice, "read")
    socket = await open_socket(f"?token={KEY}")
    await socket.say("attention", biome="ocean", points=2)
    assert (await socket.hear_until("error"))["code"] == "scope_missing"
    await socket.say("ping")
    assert await socket.hear() == {"type": "pong"}


async def test_listening_takes_the_scope_to_read(open_socket: OpenSocket, alice: User) -> None:
    await in_database(keep)(alice, "trade")
    socket = await open_socket(f"?token={KEY}")
    assert (await socket.hear())["code"] == "scope_missing"
    assert await socket.hear_close() == 4401


@pytest.mark.parametrize("about", [{"networks": ["192.0.2.0/24"]}, {"expires_at": timezone.now()}])
async def test_a_key_that_is_not_good_is_refused(open_socket: OpenSocket, alice: User, about: dict[str, Any]) -> None:
    await in_database(keep)(alice, "read", **about)
    socket = await open_socket(f"?token={KEY}")
    assert (await socket.hear())["code"] == "key_not_valid"
    assert await socket.hear_close() == 4401


async def test_a_key_that_ends_takes_its_own_streams_along(
    receiver: None, open_socket: OpenSocket, alice: User
) -> None:
    other = "bxk_" + "b" * 40
    key = await in_database(keep)(alice, "read")
    await in_database(keep)(alice, "read", text=other)
    first, second = [await open_socket(f"?token={text}") for text in (KEY, other)]
    for socket in (first, second):
        await socket.subscribe()
    await in_database(end_key)(player_id=alice.pk, number=key.pk)
    assert (await first.hear_until("error"))["code"] == "signed_out"
    assert await first.hear_close() == 4401
    await second.say("ping")
    assert await second.hear_until("pong") == {"type": "pong"}


async def test_a_key_that_expires_ends_the_stream(open_socket: OpenSocket, alice: User) -> None:
    await in_database(keep)(alice, "read", expires_at=timezone.now() + timedelta(seconds=1))
    socket = await open_socket(f"?token={KEY}")
    assert (await socket.hear())["code"] == "token_not_valid"
    assert await socket.hear_close() == 4401


@pytest.mark.parametrize(("scope", "status"), [("read", 200), ("trade", 403)])
async def test_server_sent_events(own_log: str, alice: User, scope: str, status: int) -> None:
    await in_database(keep)(alice, scope)
    headers = [(b"authorization", f"Bearer {KEY}".encode())]
    stream = HttpCommunicator(application, "HEAD", "/api/v1/realtime/events", headers=headers)
    reply = await stream.get_response(timeout=WAIT_SECS)
    assert reply["status"] == status
    if status == 403:
        assert json.loads(reply["body"])["errors"][0]["code"] == "scope_missing"
