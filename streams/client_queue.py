"""The queue to one client: messages go out at once where its connection accepts them, and else wait here in order.

No task is woken for a client that keeps up, so a tick to a thousand of them costs a thousand writes and nothing
more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable, Sequence
from functools import cached_property
from types import coroutine
from typing import Any

from core.observability.metrics import STREAM_DROPPED
from streams import event_log
from streams.event_log import NOWHERE, Position
from streams.frames import text_frame

#: Events that are full state: of those that wait for a slow client, only the newest for the same rooms is of use.
STATES = frozenset({"biome_market_update", "biome_attention_update", "heartbeat"})

# Whoever comes back has much to read; the others, and the reader of the log, have their turns in between.
_LETTERS_A_TURN = 16


class Letter:
    """A message for any number of clients, encoded once for each kind of connection."""

    def __init__(self, kind: str, text: str, *, place: Position = NOWHERE, rooms: tuple[str, ...] = ()) -> None:
        self.kind, self.text, self.place, self.rooms = kind, text, place, rooms

    @cached_property
    def socket_message(self) -> dict[str, Any]:
        """Return the message as an ASGI event for a WebSocket."""
        return {"type": "websocket.send", "text": self.text}

    @cached_property
    def frame(self) -> bytes:
        """Return the message as a ready WebSocket frame, for servers that accept frames."""
        return text_frame(self.text)

    @cached_property
    def body(self) -> bytes:
        """Return the message as a Server-Sent Event. The id is where a client that comes back goes on."""
        event_id = f"id: {self.place.epoch}:{self.place.seq}\n" if self.place.epoch else ""
        return f"{event_id}data: {self.text}\n\n".encode()


#: Sends letters, at least one, in this order.
Deliver = Callable[[Sequence[Letter]], Coroutine[Any, Any, None]]


class Mailbox:
    """The ordered queue of one client's messages. `run` is its only task.

    A slow client gets the newest state instead of a growing queue: above `states` waiting letters, states that a
    newer one replaces are dropped; at `limit`, all are dropped and the client is told to `resync`. Senders never
    wait for the client.
    """

    def __init__(self, deliver: Deliver, *, limit: int, states: int) -> None:
        #: The player's way in that the client came by; None for guests.
        self.sign_in: int | None = None
        self.api_key: int | None = None
        #: The client's rooms, each with the last event before it came in.
        self.rooms: dict[str, int] = {}
        #: The last event that was sent or waits to be: of its rooms, the client has had all up to here.
        self.told_seq = 0
        #: The client has had all events up to this one elsewhere.
        self.had = NOWHERE
        self._deliver = deliver
        self._limit, self._states, self._thin_at = limit, states, states
        self._waiting: deque[Letter] = deque()
        self._held: deque[Letter] | None = None
        self._is_free = True  # nothing is on its way out, and nothing waits
        self._rest: Coroutine[Any, Any, None] | None = None
        self._wanted = asyncio.Event()
        self._end_code: int | None = None

    def put(self, *letters: Letter) -> None:
        """Send letters together, or queue them. Raises nothing: a broken connection ends `run`."""
        news = [letter for letter in letters if self._is_news(letter)]
        if self._held is not None:
            for letter in news:
                self._add(self._held, letter)
        elif news:
            self._tell(news)

    def _is_news(self, letter: Letter) -> bool:
        if letter.kind == "resync":
            self._forget_places(letter.place)
        return not letter.rooms or letter.place.seq > self.had.seq or letter.place.epoch != self.had.epoch

    def _tell(self, news: Sequence[Letter]) -> None:
        for letter in news:
            if letter.rooms:
                self.told_seq = letter.place.seq
        if self._is_free:
            self._is_free = False
            self._go_on(self._deliver(news))
            return
        for letter in news:
            self._add(self._waiting, letter)
        self._wanted.set()

    def hold(self) -> None:
        """Hold back new letters until `release`."""
        if self._held is None:
            self._held = deque()

    def release(self, letters: Iterable[Letter]) -> None:
        """Send these letters, however many they are, in place of the held ones."""
        self._held = None
        for letter in letters:
            self._waiting.append(letter)
            self.told_seq = max(self.told_seq, letter.place.seq)
        self._thin_at = len(self._waiting) + self._states
        self._is_free = False
        self._wanted.set()

    def release_held(self) -> None:
        """Send the held letters, if there are any."""
        if self._held is not None:
            self.release(self.held)

    def has_been_told(self, letter: Letter) -> bool:
        """Return whether an event was delivered to this client when it happened."""
        was_there = any(self.rooms.get(room, letter.place.seq) < letter.place.seq for room in letter.rooms)
        return was_there and letter.place.seq <= self.told_seq

    def has_all_since(self, seq: int) -> None:
        """Note that the client has all events after `seq` in its rooms, so that none is repeated."""
        self.rooms = {room: min(since, seq) for room, since in self.rooms.items()}

    @property
    def held(self) -> tuple[Letter, ...]:
        """Return the letters that arrived since `hold`."""
        return tuple(self._held or ())

    @property
    def is_holding(self) -> bool:
        """Return whether arriving letters are held back."""
        return self._held is not None

    @property
    def is_ending(self) -> bool:
        """Return whether `end` was called."""
        return self._end_code is not None

    def end(self, code: int) -> None:
        """Let `run` return this code when all waiting letters have been sent.

        Of the held letters, only those that are no events are sent: the client has not yet been told the events
        before, and would believe that it missed nothing.
        """
        if self._held is not None:
            self.release([letter for letter in self._held if letter.place == NOWHERE])
        self._end_code = code
        self._wanted.set()

    async def run(self) -> int:
        """Send the letters that could not go out at once, until `end`; returns its code. Raises what sending raises."""
        while True:
            if self._rest is not None:
                rest, self._rest = self._rest, None
                await rest
            while self._waiting:
                await self._send_some()
                if self._waiting:
                    await asyncio.sleep(0)
            self._thin_at = self._states
            self._is_free = True
            if self._end_code is not None:
                return self._end_code
            self._wanted.clear()
            await self._wanted.wait()

    async def _send_some(self) -> None:
        count = min(len(self._waiting), _LETTERS_A_TURN)
        await self._deliver([self._waiting.popleft() for _ in range(count)])

    def close(self) -> None:
        """Stop sending. Call it when `run` has ended."""
        self._is_free = False
        self._waiting.clear()
        if self._rest is not None:
            self._rest.close()

    def _forget_places(self, newest: Position) -> None:
        # The log may be another one, which counts anew.
        self.had, self.told_seq = NOWHERE, newest.seq
        self.rooms = dict.fromkeys(self.rooms, newest.seq)

    def _go_on(self, sending: Coroutine[Any, Any, None]) -> None:
        self._rest = begun(sending)
        if self._rest is None:
            self._is_free = True
        else:
            self._wanted.set()

    def _add(self, box: deque[Letter], letter: Letter) -> None:
        box.append(letter)
        if len(box) <= self._thin_at:
            return
        newest = list(_without_replaced(box))
        replaced = len(box) - len(newest)
        box.clear()
        if len(newest) > self._limit:
            STREAM_DROPPED.labels("resync").inc()
            box.append(resync_letter(letter.place))
        else:
            STREAM_DROPPED.labels("replaced").inc(replaced)
            box.extend(newest)
        self._thin_at = min(self._limit, max(self._states, 2 * len(box)))


def resync_letter(place: Position) -> Letter:
    """Make the letter that tells a client that it has missed events, and stands at `place` once it has taken a
    snapshot.
    """
    return Letter("resync", event_log.placed_text("resync", place, {}), place=place)


def begun(work: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None] | None:
    """Run a coroutine up to its first wait. Returns None if it has ended without one, else the rest, to be awaited.

    Python 3.12 calls this an eager task: most sends only copy bytes to the kernel, and a task for each of them would
    cost more than that. An error is raised by the rest.
    """
    try:
        waits_for = work.send(None)
    except StopIteration:
        return None
    except Exception as error:
        return _failed(error)
    return _rest_of(work, waits_for)


async def _failed(error: Exception) -> None:
    raise error


@coroutine
def _steps(work: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    while True:
        try:
            answer = yield waits_for
        except GeneratorExit:
            work.close()
            raise
        except BaseException as error:
            failure: BaseException | None = error
        else:
            failure = None
        try:
            waits_for = work.send(answer) if failure is None else work.throw(failure)
        except StopIteration:
            return


async def _rest_of(work: Coroutine[Any, Any, None], waits_for: Any) -> None:
    await _steps(work, waits_for)


def _without_replaced(letters: Iterable[Letter]) -> Iterable[Letter]:
    """Return the letters without the states that a later one for the same rooms replaces."""
    newest = {(letter.kind, letter.rooms): letter for letter in letters}
    return (letter for letter in letters if letter.kind not in STATES or newest[letter.kind, letter.rooms] is letter)
