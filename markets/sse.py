"""Server-Sent Events: what the socket tells, for clients that only listen. A plain ASGI application.

An event's id is `epoch:seq`; with it in `Last-Event-ID` a client that comes back gets what it missed.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from rest_framework.exceptions import APIException, ValidationError

from config.errors import DomainError, OriginRefused
from config.headers import EVERY_ASGI_ANSWER
from config.problems import UNREACHABLE, problem_of
from markets import live
from markets.live import Position
from markets.mailbox import Letter, Mailbox
from markets.serializers import RoomsRequest
from markets.stream_auth import Visitor, visitor_of
from markets.stream_connection import connected, first_of
from markets.stream_limits import address_seats, client_address, player_seats
from markets.stream_origin import admitted, cors_headers, preflight_headers
from markets.subscriptions import resume, subscribe

#: How long a browser waits before it comes back.
RETRY_MS = 1000
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # nginx would collect the events.
    (b"x-accel-buffering", b"no"),
    *EVERY_ASGI_ANSWER,
]
_HEADERS_OF_STATUS = {
    HTTPStatus.UNAUTHORIZED: [(b"www-authenticate", b'Bearer realm="api"')],
    HTTPStatus.TOO_MANY_REQUESTS: [(b"retry-after", b"1")],
    HTTPStatus.SERVICE_UNAVAILABLE: [(b"retry-after", b"1")],
}

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def event_stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one listener until it leaves; however it ends, leave nothing behind."""
    try:
        scope = admitted(scope)
        if scope["method"] == "OPTIONS":
            await _answer_preflight(scope, send)
            return
        with address_seats.taken_by(client_address(scope)):
            visitor, rooms = await visitor_of(scope), _rooms_of(scope)
            with player_seats.taken_by(visitor.player_id):
                await _serve(scope, receive, send, visitor=visitor, rooms=rooms)
    except (APIException, DomainError) as error:
        await _refuse(scope, send, error)
    except OSError:
        # The client was gone before it could be told.
        return


async def _serve(scope: Scope, receive: Receive, send: Send, *, visitor: Visitor, rooms: list[str]) -> None:
    async def deliver(letters: Sequence[Letter]) -> None:
        body = b"".join([letter.body for letter in letters])
        await send({"type": "http.response.body", "body": body, "more_body": True})

    await send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": [*_HEADERS, *cors_headers(scope)]})
    await send({"type": "http.response.body", "body": f"retry: {RETRY_MS}\n\n".encode(), "more_body": True})
    try:
        async with connected(visitor, deliver) as mailbox:
            listening = _listen(receive, mailbox, rooms=rooms, after=_last_event_of(scope))
            await first_of(listening, mailbox.run(), within_secs=visitor.secs_left)
    except TimeoutError:
        # The token has expired. Who comes back with it is refused.
        pass
    await send({"type": "http.response.body", "body": b""})


async def _listen(receive: Receive, mailbox: Mailbox, *, rooms: list[str], after: Position | None) -> None:
    """Bring the client into its rooms, then wait until it leaves."""
    try:
        if after is None or not await resume(mailbox, rooms=rooms, after=after):
            for room in rooms:
                await subscribe(mailbox, room)
    except (DomainError, *UNREACHABLE) as error:
        mailbox.put(Letter("error", json.dumps({"type": "error", **_told(error)})))
    while (await receive())["type"] != "http.disconnect":
        pass


def _rooms_of(scope: Scope) -> list[str]:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    asked = RoomsRequest(data={"room": query.get("room", [live.ALL_MARKETS])})
    asked.is_valid(raise_exception=True)
    return list(dict.fromkeys(asked.validated_data["room"]))


def _last_event_of(scope: Scope) -> Position | None:
    """Where the client was. What is no id of ours is none."""
    named = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
    epoch, _, seq = named.rpartition(":")
    return Position(epoch, int(seq)) if epoch and seq.isdecimal() and seq.isascii() else None


async def _answer_preflight(scope: Scope, send: Send) -> None:
    headers = [*EVERY_ASGI_ANSWER, *preflight_headers(scope)]
    await send({"type": "http.response.start", "status": HTTPStatus.NO_CONTENT, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(scope: Scope, send: Send, error: APIException | DomainError) -> None:
    status = error.status_code if isinstance(error, APIException) else error.status
    kind = "validation_error" if isinstance(error, ValidationError) else "client_error"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        kind = "server_error"
    headers = [
        (b"content-type", b"application/json"),
        *EVERY_ASGI_ANSWER,
        *_HEADERS_OF_STATUS.get(HTTPStatus(status), []),
        # A page that may ask can read why not.
        *([] if isinstance(error, OriginRefused) else cors_headers(scope)),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"type": kind, "errors": [_told(error)]}).encode()})


def _told(error: Exception) -> dict[str, Any]:
    problem = problem_of(error)
    return {"code": problem.code, "detail": problem.detail, "attr": problem.attr}
