"""A client of the stream, and the checks that tests make with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator

from config.asgi import application
from tests.fixtures import WAIT_SECS

#: Runs a function in the one thread, with the one database connection, that the sockets use as well.
in_database = database_sync_to_async

Message = dict[str, Any]


class Socket:
    """One connection to `/api/v1/ws`."""

    def __init__(self, query: str, headers: dict[str, str]) -> None:
        names_and_values = [(name.encode(), value.encode()) for name, value in headers.items()]
        self.wire = WebsocketCommunicator(application, f"/api/v1/ws{query}", headers=names_and_values)
        self.is_open = False
        self.welcome: Message = {}

    async def connect(self) -> None:
        self.is_open, _ = await self.wire.connect(timeout=WAIT_SECS)

    async def leave(self) -> None:
        if self.is_open:
            await self.wire.disconnect(timeout=WAIT_SECS)

    async def say(self, action: str, **content: Any) -> None:
        await self.wire.send_json_to({"action": action, **content})

    async def subscribe(self, room: str = "biome_market_all") -> Message:
        """Join a room; returns its snapshot."""
        await self.say("subscribe_biome_market", room=room)
        snapshot = await self.hear()
        assert snapshot["type"] == "biome_market_snapshot", snapshot
        return snapshot

    async def hear(self) -> Message:
        """Return the next message other than the welcome and heartbeats, which come every second."""
        async with asyncio.timeout(WAIT_SECS):
            while (message := await self.hear_any())["type"] in ("heartbeat", "welcome"):
                pass
        return message

    async def hear_any(self) -> Message:
        """Return the next message, heartbeats included."""
        message: Message = json.loads(await self.wire.receive_from(timeout=WAIT_SECS))
        if message["type"] == "welcome":
            self.welcome = message
        return message

    async def hear_until(self, message_type: str) -> Message:
        """Return the next message of a type; what comes before it is passed over."""
        async with asyncio.timeout(WAIT_SECS):
            while (message := await self.hear())["type"] != message_type:
                pass
        return message

    async def hear_close(self) -> int:
        """Return the code with which the server closes; what comes before it is passed over."""
        return (await self.hear_end())[0]

    async def hear_end(self) -> tuple[int, str]:
        """Return the code and the reason with which the server closes; what comes before them is passed over."""
        async with asyncio.timeout(WAIT_SECS):
            while (output := await self.wire.receive_output(timeout=WAIT_SECS))["type"] != "websocket.close":
                pass
        # Nobody disconnects a communicator whose application has ended by itself.
        return int(output["code"]), output.get("reason", "")


async def until(happened: Callable[[], object]) -> None:
    """Wait for a condition that the streams' own tasks bring about.

    Raises TimeoutError when it does not hold in time.
    """
    async with asyncio.timeout(WAIT_SECS):
        while not happened():
            await asyncio.sleep(0)


OpenSocket = Callable[..., Awaitable[Socket]]
