"""The sockets of a load, in a process of their own: the events they receive, the delays, and their reconnections.

Started as `python -m operations.load.sockets`. It reads the plan as a line of JSON, prints `ready` when every socket
has received something, begins with `go`, ends with `stop`, and answers that with all it measured, in a line of JSON. It
parses no more of a frame than it needs, for it receives tens of thousands a second on the cores of what it measures.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import resource
import ssl
import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from operations.load.client_api import give_attention, resume, subscribe
from operations.load.client_socket import ClientSocket
from operations.load.figures import Figures
from operations.load.programs import answer, next_line, run_program

CONNECT_AT_ONCE = 50
CONNECT_SECS = 5.0
READY_SECS = 120.0
#: As static/js/stream.js comes back.
LONGEST_WAIT_SECS, FIRST_WAIT_SECS = 15.0, 0.5
#: As static/js/attention.js gives: all points each cycle, while the page is used. People do that for a while.
POINTS = 10
USED_SECS = (20.0, 60.0)
RESTED_SECS = (20.0, 60.0)
#: A page calls the stream stale then. Longer silences are told one by one.
SILENT_SECS = 2.0

_BUFFER_BYTES = 256 * 1024
_RESTARTING = 1012
# What the log's events begin with; what is in no log, such as a snapshot, has another order.
_EVENT = re.compile(rb'\{"epoch":"(\w+)","seq":(\d+),"type":"(\w+)","at":"([^"]+)"')
_CYCLE = re.compile(rb'"cycle":(\d+)')


@dataclass(frozen=True, slots=True)
class Silence:
    """A socket that received nothing for too long: the end of the silence (unix time), and its length."""

    page: str
    at_secs: float
    secs: float


@dataclass(slots=True)
class Heard:
    """The totals of the events that all sockets received."""

    frames: int = 0
    trades: int = 0
    private: int = 0
    ticks: int = 0
    ticks_lost: int = 0
    doubles: int = 0
    resyncs: int = 0
    shutdowns: int = 0
    came_back: int = 0
    longest_silence_ms: float = 0.0


class Crowd:
    """All sockets, and their measurements."""

    def __init__(self, plan: dict[str, Any]) -> None:
        target = urlsplit(plan["url"])
        self.host, self.named = target.hostname or "", target.netloc
        self.port = target.port or (443 if target.scheme == "wss" else 80)
        self.path = target.path
        self.tls = ssl.create_default_context() if target.scheme == "wss" else None
        #: All sockets read into this, one after the other.
        self.buffer = bytearray(_BUFFER_BYTES)
        self.figures, self.heard = Figures(), Heard()
        self.silences: list[Silence] = []
        self.gate = asyncio.Semaphore(CONNECT_AT_ONCE)
        self.is_measuring = self.is_over = False
        self.last_failure = ""
        self.started_secs = 0.0
        self.cycles: set[int] = set()
        self.missing: list[int] = []
        self._pages = [PageSocket(self, **socket) for socket in plan["sockets"]]

    async def open(self) -> None:
        """Connect all, a few at a time, until each has received something. Raises ConnectionError."""
        for page in self._pages:
            page.start()
        _, waiting = await asyncio.wait([page.is_ready for page in self._pages], timeout=READY_SECS)
        if waiting:
            raise ConnectionError(f"{len(waiting)} sockets heard nothing; the last failure: {self.last_failure}")

    def begin(self) -> None:
        """Start counting."""
        self.figures, self.heard, self.missing, self.cycles = Figures(), Heard(), [], set()
        self.started_secs = time.time()
        for page in self._pages:
            page.begin()
        self.is_measuring = True

    def end(self) -> dict[str, Any]:
        """Stop, and return the measurements."""
        for page in self._pages:
            page.note_silence()
        self.is_measuring, self.is_over = False, True
        # A cycle that nobody heard of was skipped; one that others heard was lost on the way.
        self.heard.ticks_lost = sum(cycle in self.cycles for cycle in self.missing)
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "figures": self.figures.as_json(),
            "heard": asdict(self.heard),
            "silences": [asdict(silence) for silence in self.silences],
            "open": sum(page.is_open for page in self._pages),
            "cpu_secs": used.ru_utime + used.ru_stime,
        }

    def note(self, kind: str, took_ms: float) -> None:
        """Record a duration."""
        if self.is_measuring:
            self.figures.note(kind, int(time.time() - self.started_secs), took_ms)

    def fail(self, code: str) -> None:
        """Record a socket or a subscription that was refused or cut off."""
        self.last_failure = code
        if self.is_measuring:
            self.figures.fail("socket", code, at_secs=time.time(), took_ms=0.0)


class PageSocket(ClientSocket, asyncio.BufferedProtocol):
    """One page's socket: subscribes as the page does, gives attention, and reconnects when it is cut off."""

    def __init__(
        self, crowd: Crowd, *, page: str, room: str, address: str, token: str = "", biome: str = "", gives: bool = False
    ) -> None:
        super().__init__(f"{crowd.path}?token={token}" if token else crowd.path, host=crowd.named)
        self._crowd, self._page, self._room = crowd, page, room
        self._address, self._biome, self._gives = address, biome, gives
        self.is_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._epoch, self._seq, self._cycle = "", 0, 0
        self._failures = 0
        self._heard_secs = time.perf_counter()
        self._asked_secs = 0.0
        self._refusal = ""
        self._in_use_until_secs = 0.0
        self._resting_until_secs = self._heard_secs + random.uniform(0.0, max(RESTED_SECS))

    def start(self) -> None:
        """Connect; from then on it reconnects by itself."""
        self._connecting = asyncio.create_task(self._connect())

    def begin(self) -> None:
        """Start measuring: earlier events do not count."""
        self._heard_secs = time.perf_counter()

    def note_silence(self) -> None:
        """Record the time since the last message."""
        now_secs = time.perf_counter()
        secs, self._heard_secs = now_secs - self._heard_secs, now_secs
        crowd = self._crowd
        if not crowd.is_measuring:
            return
        crowd.heard.longest_silence_ms = max(crowd.heard.longest_silence_ms, secs * 1000)
        if secs > SILENT_SECS:
            crowd.silences.append(Silence(self._page, time.time(), secs))

    # --- What asyncio calls -------------------------------------------------------------------------------------------

    def get_buffer(self, sizehint: int) -> bytearray:
        """Return the buffer to read into: it is emptied before another socket reads."""
        return self._crowd.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take the complete frames from the data received so far."""
        self.note_silence()
        with memoryview(self._crowd.buffer) as view:
            data = bytes(view[:nbytes])
        self.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Reconnect, as a page does."""
        self.is_open = False
        if self._crowd.is_over:
            return
        if self.close_code == _RESTARTING:
            self._crowd.heard.shutdowns += self._crowd.is_measuring
        else:
            self._crowd.fail(self._refusal or (f"closed_{self.close_code}" if self.close_code else "cut_off"))
        self._come_back()

    # --- Coming and coming back ---------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        crowd = self._crowd
        self.reset()
        self._refusal = ""
        local = (self._address, 0) if self._address else None
        try:
            async with crowd.gate, asyncio.timeout(CONNECT_SECS):
                await asyncio.get_running_loop().create_connection(
                    lambda: self, crowd.host, crowd.port, local_addr=local, ssl=crowd.tls
                )
        except (OSError, TimeoutError) as error:
            crowd.fail(f"connect_{type(error).__name__.lower()}")
            self._come_back()

    def _come_back(self) -> None:
        wait_secs = min(LONGEST_WAIT_SECS, FIRST_WAIT_SECS * 2**self._failures) * (0.5 + random.random() / 2)
        self._failures += 1
        asyncio.get_running_loop().call_later(wait_secs, self._start_again)

    def _start_again(self) -> None:
        if not self._crowd.is_over:
            self._crowd.heard.came_back += self._crowd.is_measuring
            self.start()

    def opened(self) -> None:
        """Subscribe, or resume after the last event."""
        self.say(resume(self._epoch, self._seq, rooms=[self._room]) if self._epoch else subscribe(self._room))

    def refused(self, status: str) -> None:
        """Note the status, for when the connection ends."""
        self._refusal = f"http_{status}"

    # --- Hearing ------------------------------------------------------------------------------------------------------

    def take(self, data: bytes, start: int, stop: int) -> None:
        """Count an event, and note its position."""
        crowd = self._crowd
        crowd.heard.frames += 1
        self._failures = 0
        if not self.is_ready.done():
            self.is_ready.set_result(None)
        event = _EVENT.match(data, start)
        if event is None:
            self._hear_aside(data[start:stop])
            return
        epoch, seq, kind, at = event.groups()
        self._stand_at(epoch.decode(), int(seq))
        if kind == b"biome_trade":
            crowd.heard.trades += 1
        elif kind == b"biome_market_update":
            self._hear_tick(data, start, at)
        elif kind in (b"transaction", b"portfolio_update"):
            crowd.heard.private += 1

    def _stand_at(self, epoch: str, seq: int) -> None:
        if epoch == self._epoch and seq <= self._seq:
            self._crowd.heard.doubles += 1
        self._epoch, self._seq = epoch, seq

    def _hear_tick(self, data: bytes, start: int, at: bytes) -> None:
        crowd = self._crowd
        crowd.note("tick", (time.time() - _unix_secs(at)) * 1000)
        crowd.heard.ticks += 1
        found = _CYCLE.search(data, start)
        assert found is not None
        cycle = int(found[1])
        crowd.cycles.add(cycle)
        if self._cycle:
            crowd.missing.extend(range(self._cycle + 1, cycle))
        self._cycle = cycle
        if self._gives:
            self._give()

    def _hear_aside(self, text: bytes) -> None:
        """Handle a reply, or a message about the stream's position."""
        message = json.loads(text)
        kind = message["type"]
        if kind == "attention":
            self._crowd.note("attention", (time.perf_counter() - self._asked_secs) * 1000)
        elif kind == "error":
            self._crowd.fail(f"error_{message['code']}")
        elif kind == "resync":
            self._crowd.heard.resyncs += self._crowd.is_measuring
            # The snapshot that is asked for stands for what was missed.
            self._cycle = 0
            self.say(subscribe(self._room))
        if "epoch" in message and kind != "heartbeat":
            self._epoch, self._seq = message["epoch"], message["seq"]

    def _give(self) -> None:
        now_secs = time.perf_counter()
        if now_secs > self._resting_until_secs:
            self._in_use_until_secs = now_secs + random.uniform(*USED_SECS)
            self._resting_until_secs = self._in_use_until_secs + random.uniform(*RESTED_SECS)
        if now_secs < self._in_use_until_secs:
            self._asked_secs = now_secs
            self.say(give_attention(self._biome, points=POINTS))


@lru_cache(maxsize=16)
def _unix_secs(at: bytes) -> float:
    """Return the unix time of an event. It is the same for all sockets and so computed once."""
    return datetime.fromisoformat(at.decode()).timestamp()


async def main() -> None:
    """Serve the lines on standard input."""
    crowd = Crowd(json.loads(sys.stdin.readline()))
    try:
        await crowd.open()
    except ConnectionError as error:
        answer(str(error))
        return
    answer("ready")
    await next_line()
    crowd.begin()
    # The end of the input is a stop as well: whoever started this is gone.
    await next_line()
    answer(json.dumps(crowd.end()))


if __name__ == "__main__":
    run_program(main())
