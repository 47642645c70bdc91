"""Sockets that follow the markets through one host, come back through another, and note all that they hear."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.protocol import State

from deploy.rehearsals.hosts.traders import BIOMES, Player
from operations.load.client_api import ALL_MARKETS, give_attention, resume, subscribe

#: Heartbeats come each second: a stream that says nothing for so long is gone.
SILENT_SECS = 2.5
CONNECT_SECS = 2.0
ATTENTION_SECS = 1.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A cycle's update as one socket heard it; `at_secs` is of the monotonic clock."""

    host: str
    place: tuple[str, int]
    cycle: int
    at_secs: float


@dataclass(slots=True)
class Listener:
    """One player's socket."""

    player: Player
    hosts: Sequence[str]
    urls: dict[str, str]
    ticks: list[Tick] = field(default_factory=list)
    trades: Counter[int] = field(default_factory=Counter)
    resyncs: int = 0
    comebacks: list[tuple[float, float]] = field(default_factory=list)
    place: tuple[str, int] | None = None
    _heard_at_secs: float = field(default_factory=time.monotonic)
    _lost_at_secs: float | None = None

    async def follow(self) -> None:
        """Listen until cancelled; after any cut, through the next host."""
        for host in itertools.cycle(self.hosts):
            try:
                url = f"{self.urls[host]}?token={self.player.token}"
                async with connect(url, open_timeout=CONNECT_SECS, close_timeout=0.1, ping_interval=None) as socket:
                    await self._hear(socket, host)
            except (OSError, WebSocketException, TimeoutError):
                self._lost_at_secs = self._lost_at_secs or self._heard_at_secs
                await asyncio.sleep(0.05)

    async def _hear(self, socket: ClientConnection, host: str) -> None:
        await socket.send(json.dumps(self._greeting()))
        giving = asyncio.create_task(self._give_attention(socket))
        try:
            while True:
                message = json.loads(await asyncio.wait_for(socket.recv(), SILENT_SECS))
                if message["type"] == "resync":
                    self.resyncs += 1
                    await socket.send(json.dumps(subscribe(ALL_MARKETS)))
                self._note(message, host)
        finally:
            giving.cancel()

    def _greeting(self) -> dict[str, Any]:
        if self.place is None:
            return subscribe(ALL_MARKETS)
        epoch, seq = self.place
        return resume(epoch, seq, rooms=[ALL_MARKETS])

    async def _give_attention(self, socket: ClientConnection) -> None:
        for biome in itertools.cycle(BIOMES):
            await asyncio.sleep(ATTENTION_SECS)
            if socket.state is not State.OPEN:
                return
            await socket.send(json.dumps(give_attention(biome, points=1)))

    def _note(self, message: dict[str, Any], host: str) -> None:
        now_secs, kind = time.monotonic(), message["type"]
        self._heard_at_secs = now_secs
        if "seq" in message and kind not in ("heartbeat", "resync"):
            self.place = (message["epoch"], message["seq"])
        if kind == "biome_trade":
            self.trades[message["id"]] += 1
        if kind != "biome_market_update":
            return
        assert self.place is not None
        self.ticks.append(Tick(host, self.place, message["cycle"], now_secs))
        if self._lost_at_secs is not None:
            self.comebacks.append((self._lost_at_secs, now_secs))
            self._lost_at_secs = None


class Audience(Thread):
    """All listeners, in a loop of their own: `start`, then `leave`."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        super().__init__(name="audience", daemon=True)
        self.listeners = listeners
        self._loop = asyncio.new_event_loop()

    def run(self) -> None:
        """Listen."""
        self._everyone = self._loop.create_task(self._follow())
        try:
            self._loop.run_until_complete(self._everyone)
        except asyncio.CancelledError:
            return
        finally:
            self._loop.close()

    def leave(self) -> None:
        """End all sockets."""
        self._loop.call_soon_threadsafe(self._everyone.cancel)
        self.join()

    async def _follow(self) -> None:
        await asyncio.gather(*(listener.follow() for listener in self.listeners))
