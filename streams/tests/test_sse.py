"""Server-Sent Events carry the same events as the socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from asgiref.testing import ApplicationCommunicator
from django.db import OperationalError, connections
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from config.asgi import application
from markets import events
from streams import event_log
from streams.hub import hub
from streams.tests.sockets import Message, in_database
from tests.fixtures import WAIT_SECS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("markets", "own_log")]

announce = in_database(event_log.announce)


class Listener:
    """One request for events."""

    def __init__(self, query: str, headers: dict[str, str], *, method: str = "GET") -> None:
        self.wire = ApplicationCommunicator(
            application,
            {
                "type": "http",
                "method": method,
                "path": "/api/v1/realtime/events",
                "query_string": query.encode(),
                "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
                "client": ("10.0.0.1", 1),
            },
        )
        self.has_left = False
        self.welcome: Message = {}
        self.waiting: list[str] = []

    async def start(self) -> None:
        await self.wire.send_input({"type": "http.request", "body": b"", "more_body": False})
        self.head = await self.wire.receive_output(timeout=WAIT_SECS)

    async def part(self) -> bytes:
        body: bytes = (await self.wire.receive_output(timeout=WAIT_SECS))["body"]
        return body

    async def hear(self) -> tuple[str, Message]:
        """Return the next event and its id; heartbeats are passed over."""
        while True:
            if not self.waiting:
                # One part may hold several.
                self.waiting = (await self.part()).decode().removesuffix("\n\n").split("\n\n")
            *ids, said = self.waiting.pop(0).splitlines()
            data = json.loads(said.removeprefix("data: "))
            if data["type"] != "heartbeat":
                return "".join(ids).removeprefix("id: "), data

    async def leave(self) -> None:
        if not self.has_left:
            self.has_left = True
            await self.wire.send_input({"type": "http.disconnect"})
            await self.wire.wait(timeout=WAIT_SECS)


Listen = Callable[..., Awaitable[Listener]]


@pytest_asyncio.fixture
async def listen(transactional_db: None) -> AsyncIterator[Listen]:
    listeners: list[Listener] = []

    async def start(query: str = "", **headers: str) -> Listener:
        listener = Listener(query, {name.replace("_", "-"): value for name, value in headers.items()})
        await listener.start()
        if listener.head["status"] == 200:
            listeners.append(listener)
            first = await listener.part()
            assert first.startswith(b'retry: 1000\ndata: {"type": "welcome", '), first
            listener.welcome = json.loads(first.decode().partition("data: ")[2])
        return listener

    yield start
    for listener in listeners:
        await listener.leave()
    await in_database(connections.close_all)()


def trade(number: int, *rooms: str) -> event_log.Event:
    return event_log.Event("biome_trade", rooms or (events.ALL_MARKETS,), {"number": number})


async def test_a_guest_gets_a_snapshot_then_events(listen: Listen) -> None:
    guest = await listen()
    assert dict(guest.head["headers"])[b"content-type"] == b"text/event-stream; charset=utf-8"
    event_id, snapshot = await guest.hear()
    assert (snapshot["type"], len(snapshot["markets"])) == ("biome_market_snapshot", 7)
    assert event_id == f"{snapshot['epoch']}:{snapshot['seq']}"
    await announce(trade(1))
    event_id, told = await guest.hear()
    assert event_id == f"{snapshot['epoch']}:{snapshot['seq'] + 1}"
    assert (told["type"], told["number"], told["seq"]) == ("biome_trade", 1, snapshot["seq"] + 1)


async def test_several_rooms_may_be_named(listen: Listen) -> None:
    guest = await listen("room=biome_market_ocean&room=biome_market_snow&room=biome_market_snow")
    assert [(await guest.hear())[1]["room"] for _ in range(2)] == ["biome_market_ocean", "biome_market_snow"]
    await announce(trade(1), trade(2, events.market_room("snow")))
    assert (await guest.hear())[1]["number"] == 2


async def test_the_last_event_id_resumes(listen: Listen) -> None:
    guest = await listen()
    event_id, _ = await guest.hear()
    await guest.leave()
    await announce(trade(1), trade(2))
    again = await listen(last_event_id=event_id)
    assert [(await again.hear())[1]["number"] for _ in range(2)] == [1, 2]


async def test_an_id_of_old_resyncs_and_brings_the_snapshot(listen: Listen) -> None:
    guest = await listen(last_event_id="of old:5")
    assert [(await guest.hear())[1]["type"] for _ in range(2)] == ["resync", "biome_market_snapshot"]


NO_IDS = ["", " ", "5", ":5", "x:", "x:y", "x:-1", "x:²", "x:٣", "x: 5", "x:1_0", "x:1e9", "é:5", "x:5:\x00", "{}"]


@pytest.mark.parametrize("nonsense", [*NO_IDS, "9" * 5000, "x:" + "9" * 5000, f"x:{10**17}"])
async def test_an_id_that_is_none_resyncs_and_brings_the_snapshot(listen: Listen, nonsense: str) -> None:
    guest = await listen(last_event_id=nonsense)
    assert [(await guest.hear())[1]["type"] for _ in range(2)] == ["resync", "biome_market_snapshot"]


async def test_a_place_of_this_epoch_that_no_log_comes_to_resyncs(listen: Listen) -> None:
    epoch = (await in_database(event_log.position)()).epoch
    for digits in (18, 19, 5000):
        guest = await listen(last_event_id=f"{epoch}:{'9' * digits}")
        assert [(await guest.hear())[1]["type"] for _ in range(2)] == ["resync", "biome_market_snapshot"]


async def test_private_events_reach_their_owner_alone(listen: Listen, alice: User, bob: User) -> None:
    hers = await listen(authorization=f"Bearer {AccessToken.for_user(alice)}")
    his = await listen(f"token={AccessToken.for_user(bob)}")
    for listener in (hers, his):
        await listener.hear()
    await announce(trade(1, event_log.player_room(alice.pk)), trade(2))
    assert [(await hers.hear())[1]["number"] for _ in range(2)] == [1, 2]
    assert (await his.hear())[1]["number"] == 2


async def test_a_session_signs_in(listen: Listen, alice: User, client: Any) -> None:
    await in_database(client.force_login)(alice, backend="django.contrib.auth.backends.ModelBackend")
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    hers = await listen(cookie=cookie, sec_fetch_site="same-origin")
    await hers.hear()
    await announce(trade(1, event_log.player_room(alice.pk)))
    assert (await hers.hear())[1]["number"] == 1


async def test_the_welcome_says_who_is_listening(listen: Listen, alice: User) -> None:
    guest = await listen("room=biome_market_ocean")
    assert (guest.welcome["listener"], guest.welcome["player"]) == ("guest", None)
    assert guest.welcome["rooms"] == ["biome_market_ocean"]
    hers = await listen(authorization=f"BEARER {AccessToken.for_user(alice)}")
    assert hers.welcome["player"] == {"id": alice.pk, "username": alice.username}
    assert hers.welcome["rooms"] == [event_log.player_room(alice.pk), "biome_market_all"]


@pytest.mark.parametrize(
    ("query", "authorization"),
    [
        *((query, None) for query in ("token=x", "token=", "token=%20")),
        *(("", sent) for sent in ("", "Bearer", "Bearer ", "x", "Basic YTpi", "Token x", "Bearer x y")),
        ("token=", "Bearer x"),
    ],
)
async def test_a_bad_credential_is_refused(listen: Listen, query: str, authorization: str | None) -> None:
    refused = await listen(query, **({} if authorization is None else {"authorization": authorization}))
    assert refused.head["status"] == 401
    assert (b"www-authenticate", b'Bearer realm="api"') in refused.head["headers"]
    assert json.loads(await refused.part())["errors"][0]["code"] == "token_not_valid"


async def test_while_the_database_is_away_players_are_told_to_come_back(
    listen: Listen, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object) -> None:
        raise OperationalError

    monkeypatch.setattr("streams.access.authentication._visitor_with", away)
    refused = await listen(f"token={AccessToken.for_user(alice)}")
    assert refused.head["status"] == 503
    assert (b"retry-after", b"1") in refused.head["headers"]
    told = json.loads(await refused.part())
    assert (told["type"], told["errors"][0]["code"]) == ("server_error", "service_unavailable")


async def test_an_unknown_room_is_refused(listen: Listen) -> None:
    refused = await listen("room=player_1")
    assert refused.head["status"] == 400
    assert json.loads(await refused.part())["type"] == "validation_error"


@pytest.mark.parametrize(
    ("query", "code", "attr"),
    [
        ("rooms=biome_market_ocean", "unknown_parameter", "rooms"),
        ("room=biome_market_ocean&tokn=", "unknown_parameter", "tokn"),
        ("token=a&token=b", "token_not_valid", None),
    ],
)
async def test_an_unknown_parameter_is_refused(listen: Listen, query: str, code: str, attr: str | None) -> None:
    refused = await listen(query)
    [error] = json.loads(await refused.part())["errors"]
    assert (refused.head["status"] in (400, 401), error["code"], error["attr"]) == (True, code, attr)


async def test_a_token_that_expires_ends_the_stream(listen: Listen, alice: User) -> None:
    token = AccessToken.for_user(alice)
    token.set_exp(lifetime=timedelta(seconds=1))
    hers = await listen(f"token={token}")
    if hers.head["status"] == 200:
        parts = []
        while part := await hers.part():
            parts.append(part)
        told = json.loads(parts[-1].decode().removeprefix("data: "))
        assert (told["type"], told["code"], told["attr"]) == ("error", "token_not_valid", None)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
async def test_events_are_only_got(transactional_db: None, method: str) -> None:
    refused = Listener("", {}, method=method)
    await refused.start()
    assert refused.head["status"] == 405
    assert dict(refused.head["headers"])[b"allow"] == b"GET, HEAD, OPTIONS"
    told = json.loads(await refused.part())
    assert (told["type"], told["errors"][0]["code"]) == ("client_error", "method_not_allowed")


async def test_the_head_alone_ends_at_once(transactional_db: None) -> None:
    asked = Listener("", {}, method="HEAD")
    await asked.start()
    assert asked.head["status"] == 200
    assert await asked.part() == b""


async def test_too_many_from_one_address_are_refused(listen: Listen, settings: Any) -> None:
    settings.STREAM_CONNECTIONS_PER_ADDRESS = 2
    first, _ = await listen(), await listen()
    refused = await listen()
    assert refused.head["status"] == 429
    assert dict(refused.head["headers"])[b"retry-after"] == b"1"
    assert json.loads(await refused.part())["errors"][0]["code"] == "rate_limited"
    await first.leave()
    assert (await listen()).head["status"] == 200


async def test_nothing_is_left_when_everyone_has_gone(listen: Listen) -> None:
    for _ in range(2):
        guest = await listen()
        await guest.hear()
        await guest.leave()
        assert [task for task in asyncio.all_tasks() if "_read_for_ever" in repr(task)] == []
        assert (hub._rooms, hub._connected) == ({}, set())
