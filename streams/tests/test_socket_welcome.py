"""The first message of a socket names its player, and the last one the reason for closing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from streams import event_log
from streams.connection import say_shutdown
from streams.control import obey
from streams.hub import hub
from streams.tests.sockets import OpenSocket, Socket, in_database, until
from streams.uvicorn_server import ReasonedProtocol

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("markets")]


async def welcomed(socket: Socket) -> dict[str, object]:
    welcome = await socket.hear_any()
    assert welcome["type"] == "welcome"
    assert str(welcome.pop("at")).endswith("Z")
    return welcome


async def test_a_guest_is_told_so(open_socket: OpenSocket) -> None:
    guest = await open_socket()
    assert await welcomed(guest) == {"type": "welcome", "listener": "guest", "player": None, "rooms": []}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEARER"])
async def test_a_player_is_told_by_name(open_socket: OpenSocket, alice: User, scheme: str) -> None:
    player = await open_socket(authorization=f"{scheme} {AccessToken.for_user(alice)}")
    assert await welcomed(player) == {
        "type": "welcome",
        "listener": "player",
        "player": {"id": alice.pk, "username": alice.username},
        "rooms": [event_log.player_room(alice.pk)],
    }


async def test_a_session_is_told_by_name(open_socket: OpenSocket, alice: User, client) -> None:
    await in_database(client.force_login)(alice, backend="django.contrib.auth.backends.ModelBackend")
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    player = await open_socket(cookie=cookie, origin="http://localhost:8000")
    assert (await welcomed(player))["player"] == {"id": alice.pk, "username": alice.username}


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("?token=", {}),
        ("?token=%20", {}),
        ("?token=garbage", {}),
        ("", {"authorization": ""}),
        ("", {"authorization": "Bearer"}),
        ("", {"authorization": "Basic YTpi"}),
        ("", {"authorization": "garbage"}),
    ],
)
async def test_a_bad_credential_is_no_guest(open_socket: OpenSocket, query: str, headers: dict[str, str]) -> None:
    socket = await open_socket(query, **headers)
    told = await socket.hear_any()
    assert (told["type"], told["code"], told["attr"]) == ("error", "token_not_valid", None)
    assert await socket.hear_end() == (4401, f"token_not_valid: {told['detail']}")


async def test_a_flood_is_told_why(open_socket: OpenSocket, settings) -> None:
    settings.STREAM_MESSAGES_PER_SEC = 5
    guest = await open_socket()
    for _ in range(12):
        await guest.say("ping")
    assert await guest.hear_end() == (1008, "rate_limited: Too many messages in a second.")


async def test_a_player_with_too_many_connections_is_told_why(open_socket: OpenSocket, alice: User, settings) -> None:
    settings.STREAM_CONNECTIONS_PER_PLAYER = 0
    socket = await open_socket(f"?token={AccessToken.for_user(alice)}")
    code, reason = await socket.hear_end()
    assert code == 1008
    assert reason.startswith("rate_limited: Too many connections")


async def test_an_expired_token_is_told(open_socket: OpenSocket, alice: User) -> None:
    token = AccessToken.for_user(alice)
    token.set_exp(lifetime=timedelta(seconds=1))
    socket = await open_socket(f"?token={token}")
    code, reason = await socket.hear_end()
    assert code == 4401
    assert reason.startswith("token_not_valid: ")


async def test_who_was_signed_out_is_told(open_socket: OpenSocket, alice: User) -> None:
    socket = await open_socket(f"?token={AccessToken.for_user(alice)}")
    await until(lambda: event_log.player_room(alice.pk) in hub._rooms)
    obey({"type": "player.signed_out", "player_id": alice.pk})
    assert await socket.hear_end() == (4401, "signed_out: You were signed out.")


async def test_a_restart_is_told(open_socket: OpenSocket) -> None:
    guest = await open_socket()
    await guest.subscribe()
    await say_shutdown()
    assert await guest.hear_end() == (1012, "shutdown: This server is going away. Come back at once.")


async def test_a_database_that_is_away_is_told(
    open_socket: OpenSocket, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object) -> None:
        raise OperationalError

    monkeypatch.setattr("streams.access.authentication._visitor_with", away)
    socket = await open_socket(f"?token={AccessToken.for_user(alice)}")
    code, reason = await socket.hear_end()
    assert code == 1013
    assert reason.startswith("service_unavailable: ")


@pytest.mark.parametrize("code", [1007, 1011, 1012])
def test_what_the_server_closes_by_itself_has_a_reason(code: int) -> None:
    protocol = ReasonedProtocol()
    protocol.state = protocol.state.OPEN
    protocol.send_close(code)
    assert protocol.close_sent is not None
    assert protocol.close_sent.reason
