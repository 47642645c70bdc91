"""Many sockets in one process that does as little as it can: it parses frame headers and notes when each came.

Started by the benchmarks as `python -m bench.streams.client PORT PATH COUNT`. It prints `ready` when every socket
has had its first event, executes the commands on standard input, and answers each with a line of JSON or of numbers.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from array import array
from collections.abc import Callable

from operations.load.client_api import ALL_MARKETS, resume, subscribe
from operations.load.client_socket import ClientSocket
from operations.load.programs import answer, next_line, run_program

CONNECT_AT_ONCE = 50
LONGEST_CONNECT_SECS = 120.0
_UPDATE = b'"type":"biome_market_update"'
_SNAPSHOT = b'"type":"biome_market_snapshot"'


class Watcher(ClientSocket, asyncio.Protocol):
    """One socket, subscribed to all markets or resuming from where an earlier one ended."""

    def __init__(self, path: str, note: Callable[[int, float], None], *, first: dict[str, object]) -> None:
        super().__init__(path)
        self.epoch, self.seq = "", 0
        self.is_ready = asyncio.get_running_loop().create_future()
        self.cycle = self.lost = self.doubles = self.resyncs = 0
        self._note, self._first = note, first
        self._now_secs = 0.0

    def data_received(self, data: bytes) -> None:
        """Note when the data came, and take its frames."""
        self._now_secs = time.monotonic()
        super().data_received(data)

    def opened(self) -> None:
        """Subscribe, or resume."""
        self.say(self._first)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the benchmark if the socket was never ready."""
        if not self.is_ready.done():
            self.is_ready.set_exception(ConnectionError("closed before the first event"))

    def take(self, data: bytes, start: int, stop: int) -> None:
        """Count an update, and note the position of what has one."""
        head = data[start : min(stop, start + 400)]
        if _UPDATE in head:
            self._count(_number(head, b'"cycle":'), self._now_secs)
        elif _SNAPSHOT not in head and b'"heartbeat"' not in head:
            self.resyncs += b'"resync"' in head
            return
        self.seq = max(_number(head, b'"seq":'), self.seq)
        self.epoch = self.epoch or _text(head, b'"epoch":"')
        if not self.is_ready.done():
            self.is_ready.set_result(None)

    def _count(self, cycle: int, now_secs: float) -> None:
        self._note(cycle, now_secs)
        if self.cycle:
            self.lost += max(0, cycle - self.cycle - 1)
            self.doubles += cycle <= self.cycle
        self.cycle = max(cycle, self.cycle)


class Crowd:
    """All sockets of this process, with the time at which each of them got each cycle."""

    def __init__(self, port: int, path: str, count: int) -> None:
        self.port, self.path, self.count = port, path, count
        self.watchers: list[Watcher] = []
        self.cycles = array("q")
        self.at_secs = array("d")

    def note(self, cycle: int, at_secs: float) -> None:
        """Record a received cycle."""
        self.cycles.append(cycle)
        self.at_secs.append(at_secs)

    async def subscribe(self) -> None:
        """Connect all, a few at a time, until each has received a snapshot."""
        first = subscribe(ALL_MARKETS)
        gate = asyncio.Semaphore(CONNECT_AT_ONCE)

        async def one() -> None:
            async with gate:
                self.watchers.append(await self._connect(first))

        async with asyncio.timeout(LONGEST_CONNECT_SECS):
            await asyncio.gather(*(one() for _ in range(self.count)))

    async def resume(self) -> None:
        """Connect all at once, each at the position where an earlier one of the same place in the list has ended."""
        earlier, self.watchers = self.watchers, []

        async def one(before: Watcher) -> None:
            first = resume(before.epoch, before.seq, rooms=[ALL_MARKETS])
            self.watchers.append(await self._connect(first, after=before))

        async with asyncio.timeout(LONGEST_CONNECT_SECS):
            await asyncio.gather(*(one(before) for before in earlier))

    def leave(self) -> None:
        """Abort every connection."""
        for watcher in self.watchers:
            watcher.transport.abort()

    def tell(self) -> dict[str, object]:
        """Return the cycles received since the last call, and the numbers of faults."""
        cycles, at_secs = self.cycles.tolist(), self.at_secs.tolist()
        self.cycles, self.at_secs = array("q"), array("d")
        return {
            "cycles": cycles,
            "at_secs": at_secs,
            "last": [watcher.cycle for watcher in self.watchers],
            "lost": sum(watcher.lost for watcher in self.watchers),
            "doubles": sum(watcher.doubles for watcher in self.watchers),
            "resyncs": sum(watcher.resyncs for watcher in self.watchers),
        }

    async def _connect(self, first: dict[str, object], *, after: Watcher | None = None) -> Watcher:
        loop = asyncio.get_running_loop()

        def made() -> Watcher:
            watcher = Watcher(self.path, self.note, first=first)
            if after is not None:
                watcher.epoch, watcher.seq, watcher.cycle = after.epoch, after.seq, after.cycle
            return watcher

        _, watcher = await loop.create_connection(made, "127.0.0.1", self.port)
        await watcher.is_ready
        return watcher


async def main(port: int, path: str, count: int) -> None:
    """Serve the commands that come as lines on standard input."""
    crowd = Crowd(port, path, count)
    await crowd.subscribe()
    answer("ready")
    while command := await next_line():
        answer(await _answer(crowd, command))


async def _answer(crowd: Crowd, command: str) -> str:
    if command == "leave":
        crowd.leave()
    elif command == "resume":
        started_secs = time.monotonic()
        await crowd.resume()
        return json.dumps(started_secs)
    elif command == "count":
        return str(len(crowd.cycles))
    elif command == "tell":
        return json.dumps(crowd.tell())
    return "done"


def _number(head: bytes, label: bytes) -> int:
    start = head.find(label) + len(label)
    stop = start
    while stop < len(head) and head[stop] in b"0123456789":
        stop += 1
    return int(head[start:stop] or 0)


def _text(head: bytes, label: bytes) -> str:
    start = head.find(label) + len(label)
    return head[start : head.find(b'"', start)].decode()


if __name__ == "__main__":
    run_program(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
