"""The site's own pages may open a stream with their session, named ones by token, and others not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.testing import WebsocketCommunicator

from accounts.models import User
from config.asgi import application
from core.errors import OriginRefused
from streams.access.origins import admitted, is_own
from streams.tests.sockets import OpenSocket, in_database
from tests.fixtures import WAIT_SECS

OURS = "http://localhost:8000"
NAMED = "https://charts.example"


@pytest.fixture(autouse=True)
def origins(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["localhost", ".exchange.example", "[::1]"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://trusted.example:8443", "https://*.wild.example"]
    settings.CORS_ALLOWED_ORIGINS = [NAMED]


def scope_of(**headers: str) -> dict[str, Any]:
    return {"headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]}


def carries_cookies(**headers: str) -> bool:
    return b"cookie" in dict(admitted(scope_of(cookie="sessionid=x", **headers))["headers"])


@pytest.mark.parametrize(
    "origin",
    [
        OURS,
        "https://localhost",
        "https://exchange.example",
        "https://www.exchange.example:444",
        "http://[::1]:8000",
        "https://trusted.example:8443",
        "https://deep.wild.example",
    ],
)
def test_our_own_pages_come_with_their_session(origin: str) -> None:
    assert is_own(origin)
    assert carries_cookies(origin=origin)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://exchange.example.evil.example",
        "https://evilexchange.example",
        "https://trusted.example",
        "http://deep.wild.example",
        "null",
        "",
        "file://localhost",
        "https://[",
        "https://localhost@evil.example",
    ],
)
def test_other_pages_are_refused(origin: str) -> None:
    with pytest.raises(OriginRefused):
        admitted(scope_of(cookie="sessionid=x", origin=origin))


def test_any_host_is_nobodys_page(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert not is_own("https://evil.example")


def test_where_cookies_are_secure_a_page_without_tls_is_not_ours(settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    assert not is_own(OURS)
    assert is_own("https://localhost:8000")


def test_a_named_origin_and_a_program_come_without_a_session() -> None:
    assert not carries_cookies(origin=NAMED)
    assert not carries_cookies()
    assert not carries_cookies(sec_fetch_site="cross-site")
    assert carries_cookies(sec_fetch_site="same-origin")


async def test_a_refused_socket_is_told_before_the_handshake() -> None:
    wire = WebsocketCommunicator(application, "/api/v1/ws", headers=[(b"origin", b"https://evil.example")])
    wire.scope["extensions"] = {"websocket.http.response": {}}
    await wire.send_input({"type": "websocket.connect"})
    head, body = await wire.receive_output(WAIT_SECS), await wire.receive_output(WAIT_SECS)
    assert head["status"] == 403
    assert json.loads(body["body"])["errors"][0]["code"] == "origin_refused"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("markets")
async def test_a_session_is_nobodys_on_another_page(open_socket: OpenSocket, alice: User, client: Any) -> None:
    await in_database(client.force_login)(alice, backend="django.contrib.auth.backends.ModelBackend")
    socket = await open_socket(cookie=f"sessionid={client.cookies['sessionid'].value}", origin=NAMED)
    await socket.say("attention", biome="ocean", points=1)
    assert (await socket.hear())["code"] == "not_authenticated"


async def answer_to_events(method: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    scope = {"type": "http", "method": method, "path": "/api/v1/realtime/events", "query_string": b"room=none"}
    wire = ApplicationCommunicator(application, {**scope, **scope_of(**headers), "client": ("10.0.0.1", 1)})
    await wire.send_input({"type": "http.request", "body": b"", "more_body": False})
    head, body = await wire.receive_output(WAIT_SECS), await wire.receive_output(WAIT_SECS)
    return head["status"], {name.decode(): value.decode() for name, value in head["headers"]}, body["body"]


async def test_events_are_for_named_pages() -> None:
    status, headers, body = await answer_to_events("GET", origin="https://evil.example")
    assert (status, json.loads(body)["errors"][0]["code"]) == (403, "origin_refused")
    assert "access-control-allow-origin" not in headers

    status, headers, _ = await answer_to_events("GET", origin=NAMED)
    assert (status, headers["access-control-allow-origin"], headers["vary"]) == (400, NAMED, "Origin")
    assert "access-control-allow-credentials" not in headers

    status, headers, _ = await answer_to_events("OPTIONS", origin=NAMED, access_control_request_method="GET")
    assert (status, headers["access-control-allow-origin"]) == (204, NAMED)
    assert "authorization" in headers["access-control-allow-headers"]
