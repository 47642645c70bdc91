"""Sockets in one process that give attention as fast as they are answered, one event under way on each.

Started by the benchmark as `python -m bench.streams.givers PORT`. Reads the players' tokens, a line each and then an
empty one, prints `ready` when all are connected, and answers each `give SECS` with a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from attention.biomes import Biome
from operations.load.client_api import give_attention
from operations.load.client_socket import ClientSocket
from operations.load.frames import masked
from operations.load.programs import answer, next_line, run_program

CONNECT_AT_ONCE = 50
LONGEST_WAIT_SECS = 120.0
BIOMES = [biome.value for biome in Biome]


class Tally:
    """The counts of the replies to all sockets."""

    def __init__(self) -> None:
        self.events = self.accepted_points = self.dropped_points = 0
        self.latencies_secs: list[float] = []
        #: The first answer that was no attention, to say what went wrong.
        self.refusal = ""


class Giver(ClientSocket, asyncio.Protocol):
    """One player's socket."""

    def __init__(self, token: str, biome: str) -> None:
        super().__init__(f"/api/v1/ws?token={token}")
        self.is_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._event = masked(json.dumps(give_attention(biome, points=1)).encode())
        self._end_secs = self._sent_secs = 0.0

    def opened(self) -> None:
        """Tell who waits for it."""
        self.is_ready.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the benchmark when a socket is closed."""
        for waiting in (self.is_ready, self.is_idle):
            if not waiting.done():
                waiting.set_exception(ConnectionError("the server closed a socket"))

    def give_until(self, end_secs: float, tally: Tally) -> asyncio.Future[None]:
        """Give attention until that time, and wait for the last answer."""
        self._tally, self._end_secs = tally, end_secs
        self.is_idle = asyncio.get_running_loop().create_future()
        self._give()
        return self.is_idle

    def _give(self) -> None:
        self._sent_secs = time.perf_counter()
        self.transport.write(self._event)

    def take(self, data: bytes, start: int, stop: int) -> None:
        """Count an answer, and give again."""
        payload = data[start:stop]
        if not payload.startswith((b'{"type": "attention"', b'{"type": "error"')):
            return
        told = json.loads(payload)
        now_secs = time.perf_counter()
        if told["type"] == "error":
            self._tally.refusal = self._tally.refusal or payload.decode()
        else:
            self._tally.events += 1
            self._tally.accepted_points += told["accepted"]
            self._tally.dropped_points += told["dropped"]
            self._tally.latencies_secs.append(now_secs - self._sent_secs)
        if now_secs < self._end_secs:
            self._give()
        elif not self.is_idle.done():
            self.is_idle.set_result(None)


async def main(port: int) -> None:
    """Connect all, then serve the commands on standard input."""
    tokens = list(iter(lambda: sys.stdin.readline().strip(), ""))
    gate = asyncio.Semaphore(CONNECT_AT_ONCE)
    loop = asyncio.get_running_loop()

    async def connect(place: int, token: str) -> Giver:
        async with gate:
            _, giver = await loop.create_connection(lambda: Giver(token, BIOMES[place % 7]), "127.0.0.1", port)
            await giver.is_ready
            return giver

    async with asyncio.timeout(LONGEST_WAIT_SECS):
        givers = await asyncio.gather(*(connect(place, token) for place, token in enumerate(tokens)))
    answer("ready")
    while command := (await next_line()).split():
        answer(json.dumps(await _give_all(givers, secs=float(command[1]))))


async def _give_all(givers: list[Giver], *, secs: float) -> dict[str, object]:
    tally, started_secs = Tally(), time.perf_counter()
    async with asyncio.timeout(LONGEST_WAIT_SECS):
        await asyncio.gather(*(giver.give_until(started_secs + secs, tally) for giver in givers))
    ordered = sorted(tally.latencies_secs)
    return {
        "events": tally.events,
        "accepted_points": tally.accepted_points,
        "dropped_points": tally.dropped_points,
        "secs": time.perf_counter() - started_secs,
        "p50_ms": ordered[len(ordered) // 2] * 1000,
        "p99_ms": ordered[len(ordered) * 99 // 100] * 1000,
        "refusal": tally.refusal,
    }


if __name__ == "__main__":
    run_program(main(int(sys.argv[1])))
