"""The server ends connections: for a player signed out elsewhere, a planned stop, and too many connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import redis
from channels.layers import get_channel_layer
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from accounts.passwords.change import change_password
from accounts.sign_ins import stream_control
from accounts.sign_ins.devices import Client
from accounts.sign_ins.stream_control import tell_ended, tell_signed_out
from accounts.sign_ins.tokens import issue_tokens
from streams import control
from streams.access.limits import client_address
from streams.client_queue import Letter
from streams.connection import say_shutdown
from streams.hub import hub
from streams.tests.sockets import OpenSocket, Socket, in_database, until

LAST = Letter("shutdown", "{}")

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("markets")]


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[None]:
    """Receive control messages in this process during the test."""
    receiving = asyncio.create_task(control.obey_for_ever())
    layer: Any = get_channel_layer()
    await until(lambda: layer.groups)
    yield
    receiving.cancel()
    await asyncio.wait([receiving])


async def of(player: User, open_socket: OpenSocket) -> Socket:
    return await open_socket(f"?token={AccessToken.for_user(player)}")


async def test_who_is_signed_out_everywhere_is_turned_away(
    receiver: None, open_socket: OpenSocket, alice: User, bob: User
) -> None:
    hers, his = await of(alice, open_socket), await of(bob, open_socket)
    for socket in (hers, his):
        await socket.subscribe()
    await in_database(tell_signed_out)(alice.pk)
    refusal = await hers.hear()
    assert (refusal["type"], refusal["code"]) == ("error", "signed_out")
    assert await hers.hear_close() == 4401
    await his.say("ping")
    assert await his.hear() == {"type": "pong"}


async def test_a_sign_in_that_ends_takes_its_own_streams_along(
    receiver: None, open_socket: OpenSocket, alice: User
) -> None:
    def sign_in() -> str:
        return issue_tokens(player=alice, client=Client("A test", None))["access"]

    tokens = [await in_database(sign_in)() for _ in range(2)]
    first, second = [await open_socket(f"?token={token}") for token in tokens]
    for socket in (first, second):
        await socket.subscribe()
    await in_database(tell_ended)(alice.pk, [AccessToken(tokens[0])["sign_in"]])
    assert (await first.hear())["code"] == "signed_out"
    assert await first.hear_close() == 4401
    await second.say("ping")
    assert await second.hear() == {"type": "pong"}


async def test_a_change_of_password_signs_out(
    open_socket: OpenSocket, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr("accounts.sign_ins.sign_out.tell_signed_out", told.append)
    alice.set_password("the old password")
    await in_database(alice.save)()
    await in_database(change_password)(
        player_id=alice.pk, current_password="the old password", new_password="another long one"
    )
    assert told == [alice.pk]


async def test_signing_out_is_no_error_without_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_message: dict[str, object]) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(stream_control, "_send", away)
    await in_database(tell_signed_out)(1)


async def test_before_a_planned_stop_everyone_is_told(open_socket: OpenSocket) -> None:
    sockets = [await open_socket() for _ in range(2)]
    place = [await socket.subscribe() for socket in sockets][-1]
    await say_shutdown()
    for socket in sockets:
        told = await socket.hear()
        assert (told["type"], told["epoch"], told["seq"]) == ("shutdown", place["epoch"], place["seq"])
        assert await socket.hear_close() == 1012


async def test_a_drain_sends_them_away_one_after_the_other(open_socket: OpenSocket) -> None:
    sockets = [await open_socket() for _ in range(3)]
    for socket in sockets:
        await socket.subscribe()
    draining = asyncio.create_task(say_shutdown(over_secs=60))
    await until(lambda: sum(mailbox.is_ending for mailbox in hub._connected))
    assert hub.end_all(LAST, 1012, to_newcomers=LAST, at_most=0) == 2
    draining.cancel()
    await say_shutdown(over_secs=0.2)
    for socket in sockets:
        assert (await socket.hear())["type"] == "shutdown"
        assert await socket.hear_close() == 1012


async def test_a_player_has_so_many_connections(open_socket: OpenSocket, alice: User, bob: User, settings: Any) -> None:
    settings.STREAM_CONNECTIONS_PER_PLAYER = 1
    first = await of(alice, open_socket)
    await first.subscribe()
    refused = await of(alice, open_socket)
    assert (await refused.hear())["code"] == "rate_limited"
    assert await refused.hear_close() == 1008
    await (await of(bob, open_socket)).subscribe()
    await first.leave()
    first.is_open = False
    await (await of(alice, open_socket)).subscribe()


async def test_an_address_has_so_many_connections(open_socket: OpenSocket, settings: Any) -> None:
    settings.STREAM_CONNECTIONS_PER_ADDRESS = 2
    first, second = await open_socket(), await open_socket()
    assert not (await open_socket()).is_open
    assert first.is_open
    assert second.is_open


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.1.1.1", "9.9.9.9"),
        (1, None, "9.9.9.9"),
        (1, "1.1.1.1, 2.2.2.2", "2.2.2.2"),
        (2, "1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (3, "1.1.1.1", "1.1.1.1"),
    ],
)
def test_only_trusted_proxies_name_the_address(
    settings: Any, proxies: int, forwarded: str | None, address: str
) -> None:
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": proxies}
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    assert client_address({"client": ("9.9.9.9", 1), "headers": headers}) == address
