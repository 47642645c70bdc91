"""Server-Sent Events: the socket's events, for clients that only listen. A plain ASGI application.

An event's id is `epoch:seq`; with it in `Last-Event-ID` a client that comes back gets the events it missed, with any
other value there it is told to `resync`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from rest_framework.exceptions import APIException, AuthenticationFailed, MethodNotAllowed, ValidationError

from core.api.errors import UNREACHABLE, problem_of
from core.api.known_fields import refuse_parameters
from core.errors import DomainError, OriginRefused
from core.web.security_headers import EVERY_ASGI_ANSWER
from streams import registry
from streams.access.authentication import Visitor, visitor_of
from streams.access.limits import address_seats, client_address, player_seats
from streams.access.origins import admitted, cors_headers, preflight_headers
from streams.client_queue import Letter, Mailbox
from streams.connection import connected, first_of, welcome_letter
from streams.event_log import NOWHERE, Position
from streams.requests import RoomsRequest
from streams.subscriptions import resume, subscribe

#: How long a browser waits before it comes back.
RETRY_MS = 1000
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    # nginx would collect the events.
    (b"x-accel-buffering", b"no"),
    *EVERY_ASGI_ANSWER,
]
_METHODS = ("GET", "HEAD", "OPTIONS")
# A larger place than any log comes to.
_SEQ_DIGITS_MAX = 18
_HEADERS_OF_STATUS = {
    HTTPStatus.METHOD_NOT_ALLOWED: [(b"allow", ", ".join(_METHODS).encode())],
    HTTPStatus.UNAUTHORIZED: [(b"www-authenticate", b'Bearer realm="api"')],
    HTTPStatus.TOO_MANY_REQUESTS: [(b"retry-after", b"1")],
    HTTPStatus.SERVICE_UNAVAILABLE: [(b"retry-after", b"1")],
}

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def event_stream(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one listener until it leaves, and free all it holds however it ends."""
    try:
        scope = admitted(scope)
        if scope["method"] == "OPTIONS":
            await _answer_preflight(scope, send)
            return
        if scope["method"] not in _METHODS:
            raise MethodNotAllowed(scope["method"])
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
    if scope["method"] == "HEAD":
        await send({"type": "http.response.body", "body": b""})
        return
    # In the first event's block: alone in one of its own it would be an empty event to some clients.
    first = f"retry: {RETRY_MS}\n".encode() + welcome_letter(visitor, rooms).body
    await send({"type": "http.response.body", "body": first, "more_body": True})
    try:
        async with connected(visitor, deliver) as mailbox:
            listening = _listen(receive, mailbox, rooms=rooms, after=_last_event_of(scope))
            await first_of(listening, mailbox.run(), within_secs=visitor.secs_left)
    except TimeoutError:
        # Who comes back with it is refused.
        expired = AuthenticationFailed("The token has expired.", code="token_not_valid")
        await deliver([_error_letter(expired)])
    await send({"type": "http.response.body", "body": b""})


async def _listen(receive: Receive, mailbox: Mailbox, *, rooms: list[str], after: Position | None) -> None:
    """Subscribe the client to its rooms, then wait until it leaves."""
    try:
        if after is None or not await resume(mailbox, rooms=rooms, after=after):
            for room in rooms:
                await subscribe(mailbox, room)
    except (DomainError, *UNREACHABLE) as error:
        mailbox.put(_error_letter(error))
    while (await receive())["type"] != "http.disconnect":
        pass


def _rooms_of(scope: Scope) -> list[str]:
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    refuse_parameters(query, known={"room", "token"}, once={"token"})
    asked = RoomsRequest(data={"room": query.get("room", registry.default_rooms)})
    asked.is_valid(raise_exception=True)
    return list(dict.fromkeys(asked.validated_data["room"]))


def _last_event_of(scope: Scope) -> Position | None:
    """Return the client's position: None where it states none, NOWHERE for what is no id of ours."""
    named = dict(scope["headers"]).get(b"last-event-id")
    if named is None:
        return None
    epoch, _, seq = named.decode("latin-1").rpartition(":")
    is_place = epoch and seq.isdecimal() and seq.isascii() and len(seq) <= _SEQ_DIGITS_MAX
    return Position(epoch, int(seq)) if is_place else NOWHERE


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


def _error_letter(error: Exception) -> Letter:
    return Letter("error", json.dumps({"type": "error", **_told(error)}))


def _told(error: Exception) -> dict[str, Any]:
    problem = problem_of(error)
    return {"code": problem.code, "detail": problem.detail, "attr": problem.attr}
