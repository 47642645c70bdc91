"""The WebSocket: parse, call one function, reply. Events arrive through the hub, in the order of the log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed, ErrorDetail, NotAuthenticated, ParseError, ValidationError

from attention.biomes import Biome
from config.problems import problem_of
from markets import live, wire
from markets.attention_queue import attention_queue
from markets.hub import Mailbox, hub
from markets.serializers import LARGEST_POINTS, AttentionRequest, RoomRequest
from markets.snapshot import take_snapshot
from markets.stream_auth import Visitor, visitor_of

CLOSE_FLOOD = 1008
CLOSE_NOT_SIGNED_IN = 4401


class StreamConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # untyped library
    """One socket. All that it sends after the handshake goes through its mailbox, which keeps the order."""

    # No channel layer: events come from the hub, so a socket costs Redis nothing and outlives it.
    channel_layer_alias = "none"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve until the client leaves; however it ends, leave nothing behind."""
        self.mailbox = Mailbox(limit=settings.STREAM_MAILBOX_MESSAGES)
        self.visitor = Visitor(None)
        self.sender: asyncio.Task[None] | None = None
        self.flood = FloodGate(limit=settings.STREAM_MESSAGES_PER_SEC)
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._stop()

    async def connect(self) -> None:
        """Let a guest or a player in; players hear their private events at once."""
        await self.accept()
        try:
            self.visitor = await visitor_of(self.scope)
        except AuthenticationFailed as error:
            await self._turn_away(error)
            return
        await hub.connect(self.mailbox)
        if self.visitor.player_id is not None:
            hub.join(live.player_room(self.visitor.player_id), self.mailbox)
        self.sender = asyncio.create_task(self._send_mail())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Do what a message asks for. A bad one is answered, a flood ends the connection."""
        if not self.flood.lets_through(now_secs=asyncio.get_running_loop().time()):
            await self.close(CLOSE_FLOOD)
            return
        try:
            message = _parsed(text_data)
            await _action_of(message)(self, message)
        except Exception as error:
            # Raises again what is a fault of ours.
            problem = problem_of(error)
            self._reply("error", code=problem.code, detail=problem.detail, attr=problem.attr)

    async def subscribe(self, message: dict[str, Any]) -> None:
        """Join a market room: its snapshot first, then every event behind it."""
        room = _room_of(message)
        self.mailbox.hold()
        place = hub.join(room, self.mailbox)
        biome = None if room == live.ALL_MARKETS else Biome(room.removeprefix(live.market_room("")))
        try:
            snapshot = await database_sync_to_async(take_snapshot)(biome)
        except BaseException:
            hub.leave(room, self.mailbox)
            self.mailbox.release()
            raise
        self.mailbox.release(live.placed_text("biome_market_snapshot", place, {"room": room, **snapshot}))

    async def unsubscribe(self, message: dict[str, Any]) -> None:
        """Leave a market room."""
        hub.leave(_room_of(message), self.mailbox)

    async def attention(self, message: dict[str, Any]) -> None:
        """Give points to a biome."""
        player_id = self.visitor.player_id
        if player_id is None:
            raise NotAuthenticated
        biome, points = _attention_of(message)
        given = await attention_queue.give(player_id=player_id, biome=biome, points=points)
        if given is None:
            raise AuthenticationFailed("The account is not active any more.", "user_inactive")
        self._reply("attention", biome=biome, **wire.given_json(given))

    async def ping(self, _message: dict[str, Any]) -> None:
        """Answer."""
        self._reply("pong")

    async def resume(self, _message: dict[str, Any]) -> None:
        """Nothing is replayed: send the client to take a snapshot."""
        self.mailbox.put(live.placed_text("resync", hub.position, {}))

    actions: ClassVar[dict[str, Callable[[StreamConsumer, dict[str, Any]], Awaitable[None]]]] = {
        "subscribe_biome_market": subscribe,
        "unsubscribe_biome_market": unsubscribe,
        "attention": attention,
        "ping": ping,
        "resume": resume,
    }

    def _reply(self, message_type: str, **content: Any) -> None:
        self.mailbox.put(json.dumps({"type": message_type, **content}))

    async def _send_mail(self) -> None:
        until = self.visitor.until
        secs_left = None if until is None else (until - timezone.now()).total_seconds()
        try:
            async with asyncio.timeout(secs_left):
                while True:
                    await self.send(text_data=await self.mailbox.take())
        except TimeoutError:
            await self._turn_away(AuthenticationFailed("The token has expired.", code="token_not_valid"))

    async def _turn_away(self, error: AuthenticationFailed) -> None:
        problem = problem_of(error)
        body = {"type": "error", "code": problem.code, "detail": problem.detail, "attr": problem.attr}
        await self.send(text_data=json.dumps(body))
        await self.close(CLOSE_NOT_SIGNED_IN)

    async def _stop(self) -> None:
        if self.sender is not None:
            self.sender.cancel()
            await asyncio.wait([self.sender])
        await hub.disconnect(self.mailbox)


class FloodGate:
    """Lets `limit` messages through in each second."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._second = -1
        self._count = 0

    def lets_through(self, *, now_secs: float) -> bool:
        """Count a message; False when there were too many in this second."""
        second = int(now_secs)
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        return self._count <= self._limit


def _parsed(text: str | None) -> dict[str, Any]:
    """The JSON object in a text frame. Raises ParseError."""
    if text is None:
        raise ParseError("Messages are text, not binary.")
    if len(text.encode()) > settings.STREAM_MESSAGE_MAX_BYTES:
        raise ParseError(f"A message has {settings.STREAM_MESSAGE_MAX_BYTES} bytes at most.")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParseError("This is not JSON.") from error
    if not isinstance(message, dict):
        raise ParseError("A message is a JSON object.")
    return message


def _action_of(message: dict[str, Any]) -> Callable[[StreamConsumer, dict[str, Any]], Awaitable[None]]:
    action = message.get("action")
    if not isinstance(action, str) or action not in StreamConsumer.actions:
        raise ValidationError({"action": ErrorDetail("There is no such action.", code="unknown_action")})
    return StreamConsumer.actions[action]


def _attention_of(message: dict[str, Any]) -> tuple[Biome, int]:
    biome, points = message.get("biome"), message.get("points")
    # Nearly all messages are right, and the serializer would take longer to say so than all the rest.
    if isinstance(biome, str) and biome in Biome and type(points) is int and 1 <= points <= LARGEST_POINTS:
        return Biome(biome), points
    asked = AttentionRequest(data=message)
    asked.is_valid(raise_exception=True)
    return Biome(asked.validated_data["biome"]), int(asked.validated_data["points"])


def _room_of(message: dict[str, Any]) -> str:
    asked = RoomRequest(data=message)
    asked.is_valid(raise_exception=True)
    return str(asked.validated_data["room"])
