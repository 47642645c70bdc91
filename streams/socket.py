"""The WebSocket of the stream, a consumer of Channels. Events arrive through the hub, in the order of the log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, ClassVar
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    ErrorDetail,
    ParseError,
    ValidationError,
)

from core.api.errors import problem_of
from core.api.known_fields import RequestSerializer, refuse_parameters
from core.api.strict_json import read_json
from core.errors import DomainError, OriginRefused, RateLimited, ServiceUnavailable
from core.web.security_headers import EVERY_ASGI_ANSWER
from streams import registry
from streams.access.authentication import Visitor, visitor_of
from streams.access.limits import FloodGate, address_seats, client_address, player_seats
from streams.access.origins import admitted
from streams.client_queue import Letter, Mailbox
from streams.close_codes import CLOSE_FAULT, CLOSE_NOT_SIGNED_IN, CLOSE_POLICY, CLOSE_TRY_AGAIN, close_message
from streams.connection import connected, first_of, welcome_letter
from streams.event_log import Position
from streams.frames import FRAMES
from streams.hub import hub
from streams.requests import ResumeRequest, RoomRequest
from streams.subscriptions import resume, subscribe

# So long private events wait for a client to say where it was; after that, it will not.
FIRST_WORD_SECS = 1.0

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class StreamConsumer(AsyncWebsocketConsumer):
    """One socket's connection. All messages after the handshake go through its mailbox, which keeps the order."""

    mailbox: Mailbox
    visitor: Visitor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket until the client leaves, and free all it holds however it ends.

        In place of the dispatch of Channels, which joins each socket to a channel layer, and for each message starts
        a task and looks in a thread for database connections to close. Here the hub delivers what the layer would,
        encoded once for all sockets, and no database is asked from this loop.
        """
        self.base_send, self._receive = send, receive
        if (await receive())["type"] != "websocket.connect":
            return
        try:
            self.scope = admitted(scope)
            self._takes_frames = FRAMES in scope.get("extensions", {})
            self._flood = FloodGate(limit=settings.STREAM_MESSAGES_PER_SEC)
            with address_seats.taken_by(client_address(self.scope)):
                await self.serve()
        except (RateLimited, OriginRefused) as error:
            await self._deny(scope, error)
        except OSError:
            # The client was gone before it could be told.
            return
        except Exception:
            with suppress(OSError):
                await send(close_message(CLOSE_FAULT))
            raise

    async def serve(self) -> None:
        """Accept a guest or a player, and serve the connection; players receive their private events at once."""
        await self.accept()
        try:
            refuse_parameters(parse_qs(self.scope["query_string"].decode("latin-1")), known={"token"}, once={"token"})
            self.visitor = await visitor_of(self.scope)
        except ValidationError as error:
            await self._turn_away(error, CLOSE_POLICY)
            return
        except APIException as error:
            await self._turn_away(error, CLOSE_NOT_SIGNED_IN)
            return
        except ServiceUnavailable as error:
            await self._turn_away(error, CLOSE_TRY_AGAIN)
            return
        try:
            with player_seats.taken_by(self.visitor.player_id):
                await self._talk()
        except RateLimited as error:
            await self._turn_away(error, CLOSE_POLICY)

    async def _talk(self) -> None:
        await self._deliver([welcome_letter(self.visitor)])
        try:
            async with connected(self.visitor, self._deliver) as self.mailbox:
                code = await first_of(self._listen(), self.mailbox.run(), within_secs=self.visitor.secs_left)
        except TimeoutError:
            expired = AuthenticationFailed("The token has expired.", code="token_not_valid")
            await self._turn_away(expired, CLOSE_NOT_SIGNED_IN)
            return
        if code is not None:
            await self.base_send(close_message(code))

    async def _deliver(self, letters: Sequence[Letter]) -> None:
        if self._takes_frames:
            await self.base_send({"type": FRAMES, "frames": b"".join([letter.frame for letter in letters])})
            return
        for letter in letters:
            await self.base_send(letter.socket_message)

    async def _listen(self) -> int | None:
        """Handle the client's messages one after the other. Returns the code to close with, None when the client left.

        A bad message gets an error, a flood ends the connection.
        """
        loop = asyncio.get_running_loop()
        timeout = loop.call_later(FIRST_WORD_SECS, self.mailbox.release_held)
        try:
            while (message := await self._receive())["type"] == "websocket.receive":
                timeout.cancel()
                if not self._flood.lets_through(now_secs=loop.time()):
                    return CLOSE_POLICY
                await self._do(message)
                self.mailbox.release_held()
            return None
        finally:
            timeout.cancel()

    async def _do(self, message: dict[str, Any]) -> None:
        try:
            content = _parsed(message.get("text"))
            action = _action_of(content.pop("action", None))
            await action(self, content)
        except Exception as error:
            # Raises again what is a fault of ours.
            self.reply("error", **_told(error))

    async def subscribe(self, message: dict[str, Any]) -> None:
        """Join a room: its snapshot first, then every later event."""
        await subscribe(self.mailbox, _room_of(message))

    async def unsubscribe(self, message: dict[str, Any]) -> None:
        """Leave a room."""
        hub.leave(_room_of(message), self.mailbox)

    async def resume(self, message: dict[str, Any]) -> None:
        """Join the rooms named, and send the events of all the client's rooms since it was last connected."""
        after, rooms = _resumed_by(message)
        await resume(self.mailbox, rooms=rooms, after=after)

    async def ping(self, message: dict[str, Any]) -> None:
        """Answer with a pong."""
        if message:
            RequestSerializer(data=message).is_valid(raise_exception=True)
        self.reply("pong")

    actions: ClassVar[dict[str, Callable[[StreamConsumer, dict[str, Any]], Awaitable[None]]]] = {
        "subscribe_biome_market": subscribe,
        "unsubscribe_biome_market": unsubscribe,
        "ping": ping,
        "resume": resume,
    }

    def reply(self, message_type: str, **content: Any) -> None:
        """Send what is no event: it has no place in the log."""
        self.mailbox.put(Letter(message_type, json.dumps({"type": message_type, **content})))

    async def _turn_away(self, error: Exception, code: int) -> None:
        told = _told(error)
        await self.send(text_data=json.dumps({"type": "error", **told}))
        await self.base_send(close_message(code, f"{told['code']}: {told['detail']}"))

    async def _deny(self, scope: Scope, error: DomainError) -> None:
        """Refuse before the handshake: with a status and a reason where the server can."""
        if "websocket.http.response" not in scope.get("extensions", {}):
            await self.base_send(close_message(CLOSE_POLICY, f"{error.code}: {error.detail}"))
            return
        body = json.dumps({"type": "client_error", "errors": [_told(error)]}).encode()
        headers = [(b"content-type", b"application/json"), *EVERY_ASGI_ANSWER]
        if isinstance(error, RateLimited):
            headers.append((b"retry-after", b"1"))
        await self.base_send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
        await self.base_send({"type": "websocket.http.response.body", "body": body})


def _told(error: Exception) -> dict[str, Any]:
    problem = problem_of(error)
    return {"code": problem.code, "detail": problem.detail, "attr": problem.attr}


def _parsed(text: str | None) -> dict[str, Any]:
    """Parse the JSON object in a text frame. Raises ParseError."""
    if text is None:
        raise ParseError("Messages are text, not binary.")
    if len(text.encode()) > settings.STREAM_MESSAGE_MAX_BYTES:
        raise ParseError(f"A message has {settings.STREAM_MESSAGE_MAX_BYTES} bytes at most.")
    try:
        message = read_json(text)
    except ValueError as error:
        raise ParseError("This is not JSON.") from error
    if not isinstance(message, dict):
        raise ParseError("A message is a JSON object.")
    return message


def _registered(name: str) -> Callable[[StreamConsumer, dict[str, Any]], Awaitable[None]]:
    async def act(consumer: StreamConsumer, message: dict[str, Any]) -> None:
        consumer.reply(name, **await registry.actions[name](consumer.visitor, message))

    return act


def _action_of(action: Any) -> Callable[[StreamConsumer, dict[str, Any]], Awaitable[None]]:
    if isinstance(action, str) and action in StreamConsumer.actions:
        return StreamConsumer.actions[action]
    if isinstance(action, str) and action in registry.actions:
        return _registered(action)
    raise ValidationError({"action": ErrorDetail("There is no such action.", code="unknown_action")})


def _room_of(message: dict[str, Any]) -> str:
    asked = RoomRequest(data=message)
    asked.is_valid(raise_exception=True)
    return str(asked.validated_data["room"])


def _resumed_by(message: dict[str, Any]) -> tuple[Position, list[str]]:
    asked = ResumeRequest(data=message)
    asked.is_valid(raise_exception=True)
    after = Position(asked.validated_data["epoch"], asked.validated_data["seq"])
    return after, list(asked.validated_data.get("rooms", []))
