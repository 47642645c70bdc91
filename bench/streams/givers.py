"""Sockets in one process that give attention as fast as they are answered, one event under way on each.

Started by the benchmark as `python -m bench.streams.givers PORT`. Reads the players' tokens, a line each and then an
empty one, prints `ready` when all are connected, and answers each `give SECS` with a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time

from operations.load.frames import CLOSE, PING, PONG, frames_in, handshake, masked

CONNECT_AT_ONCE = 50
LONGEST_WAIT_SECS = 120.0
BIOMES = ("ocean", "beach", "plains", "forest", "desert", "mountain", "snow")


class Tally:
    """The counts of the replies to all sockets."""

    def __init__(self) -> None:
        self.events = self.accepted_points = self.dropped_points = 0
        self.latencies_secs: list[float] = []
        #: The first answer that was no attention, to say what went wrong.
        self.refusal = ""


class Giver(asyncio.Protocol):
    """One player's socket."""

    def __init__(self, token: str, biome: str) -> None:
        self.is_open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._path = f"/api/v1/ws?token={token}"
        self._event = masked(json.dumps({"action": "attention", "biome": biome, "points": 1}).encode())
        self._buffer = bytearray()
        self._end_secs = self._sent_secs = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(handshake(self._path, "127.0.0.1"))

    def data_received(self, data: bytes) -> None:
        """Take the complete frames from the data received so far."""
        self._buffer += data
        if not self.is_open.done():
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            assert self._buffer.startswith(b"HTTP/1.1 101"), self._buffer[:100]
            del self._buffer[: end + 4]
            self.is_open.set_result(None)
        stop = 0
        for kind, start, stop in frames_in(self._buffer):
            self._take(kind, bytes(self._buffer[start:stop]))
        del self._buffer[:stop]

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the benchmark when a socket is closed."""
        for waiting in (self.is_open, self.is_idle):
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

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.transport.write(masked(payload, kind=PONG))
        if opcode == CLOSE:
            self.transport.close()
        if not payload.startswith((b'{"type": "attention"', b'{"type": "error"')):
            return
        answer = json.loads(payload)
        now_secs = time.perf_counter()
        if answer["type"] == "error":
            self._tally.refusal = self._tally.refusal or payload.decode()
        else:
            self._tally.events += 1
            self._tally.accepted_points += answer["accepted"]
            self._tally.dropped_points += answer["dropped"]
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
            await giver.is_open
            return giver

    async with asyncio.timeout(LONGEST_WAIT_SECS):
        givers = await asyncio.gather(*(connect(place, token) for place, token in enumerate(tokens)))
    _say("ready")
    while command := (await asyncio.to_thread(sys.stdin.readline)).split():
        _say(json.dumps(await _give_all(givers, secs=float(command[1]))))


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


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(main(int(sys.argv[1])))
