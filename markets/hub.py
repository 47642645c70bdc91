"""The streams' hub: one reader of the live log a process, which hands every event to the mailboxes in its rooms.

An event is encoded once, when it is announced; here its text is only passed on. Market data does not go through the
channel layer, whose queue for every consumer made a tick three times as late as this.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

import redis.asyncio
from redis.exceptions import RedisError

from markets import live
from markets.live import NOWHERE, Entry, Position

logger = logging.getLogger(__name__)

_FIRST_RETRY_SECS, _LONGEST_RETRY_SECS = 0.1, 2.0
# How long a new socket waits for the log: with Redis away it is served all the same, from the database.
_READER_START_SECS = 1.0


class Mailbox:
    """What waits to be sent to one client, in order and never more than `limit` texts.

    A client that is too slow for that loses all of it and is told to `resync`: the others do not wait for it.
    """

    def __init__(self, *, limit: int) -> None:
        self.rooms: set[str] = set()
        self._limit = limit
        self._waiting: deque[str] = deque()
        self._held: deque[str] | None = None
        self._arrived = asyncio.Event()

    def put(self, text: str, *, place: Position = NOWHERE) -> None:
        """Add a text; `place` is what a client that missed all that waits is told."""
        box = self._waiting if self._held is None else self._held
        if len(box) >= self._limit:
            box.clear()
            text = live.placed_text("resync", place, {})
        box.append(text)
        self._arrived.set()

    def hold(self) -> None:
        """Keep back what arrives from now on, until `release`."""
        self._held = deque()

    def release(self, *first: str) -> None:
        """Put `first`, then what arrived since `hold`."""
        held, self._held = self._held or (), None
        self._waiting.extend((*first, *held))
        self._arrived.set()

    async def take(self) -> str:
        """The next text, waiting until there is one."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()


class Hub:
    """Who is in which room, and how far the log has been handed out. It reads as long as anyone is connected."""

    def __init__(self) -> None:
        self.position = NOWHERE
        self._rooms: dict[str, set[Mailbox]] = {}
        self._connected: set[Mailbox] = set()
        self._reader: asyncio.Task[None] | None = None
        self._has_started = asyncio.Event()

    async def connect(self, mailbox: Mailbox) -> None:
        """Begin to serve a mailbox; the first starts the reader."""
        self._connected.add(mailbox)
        if self._reader is None:
            self._has_started = asyncio.Event()
            self._reader = asyncio.create_task(self._read_for_ever())
        try:
            async with asyncio.timeout(_READER_START_SECS):
                await self._has_started.wait()
        except TimeoutError:
            logger.warning("a socket is served without the live log: it will be told to resync")

    async def disconnect(self, mailbox: Mailbox) -> None:
        """Forget a mailbox; the last stops the reader."""
        for room in list(mailbox.rooms):
            self.leave(room, mailbox)
        self._connected.discard(mailbox)
        if self._connected or self._reader is None:
            return
        reader, self._reader, self.position = self._reader, None, NOWHERE
        reader.cancel()
        await asyncio.wait([reader])

    def join(self, room: str, mailbox: Mailbox) -> Position:
        """Hand the room's events to the mailbox, all those after the position that is returned."""
        self._rooms.setdefault(room, set()).add(mailbox)
        mailbox.rooms.add(room)
        return self.position

    def leave(self, room: str, mailbox: Mailbox) -> None:
        """Hand the mailbox no more events of this room."""
        mailbox.rooms.discard(room)
        members = self._rooms.get(room, set())
        members.discard(mailbox)
        if not members:
            self._rooms.pop(room, None)

    async def _read_for_ever(self) -> None:
        retry_secs = _FIRST_RETRY_SECS
        while self._is_still_wanted():
            try:
                async with live.log_reader() as reader:
                    self._settle(await live.position_seen_by(reader))
                    self._has_started.set()
                    retry_secs = _FIRST_RETRY_SECS
                    while self._is_still_wanted():
                        await self._read_once(reader)
            except (RedisError, OSError) as error:
                logger.warning("the live log cannot be read, trying again in %s s: %s", retry_secs, error)
                if retry_secs > _FIRST_RETRY_SECS:
                    # More than a cut connection: Redis is away, and what is announced meanwhile is lost.
                    self.position = NOWHERE
            except Exception:
                # Whatever it is, a stream must not freeze for it: go on behind it, and have everyone resync.
                logger.exception("the live log holds what cannot be handed out")
                self.position = NOWHERE
            await asyncio.sleep(retry_secs)
            retry_secs = min(2 * retry_secs, _LONGEST_RETRY_SECS)

    async def _read_once(self, reader: redis.asyncio.Redis) -> None:
        entries = await live.entries_after(self.position.seq, reader=reader)
        if not entries:
            # A log that was emptied counts from 1 again, and would stay silent here until it has caught up.
            self._settle(await live.position_seen_by(reader))
        if self._is_still_wanted():
            for entry in entries:
                self._hand_out(entry)

    def _is_still_wanted(self) -> bool:
        """False in a reader that was cancelled. The cancellation itself can get lost: redis-py sends with
        `asyncio.wait_for`, which before Python 3.12 swallows one that comes as it ends."""
        return asyncio.current_task() is self._reader

    def _settle(self, newest: Position) -> None:
        """Go on from the newest event when the log is not the one that was followed, or has been set back."""
        is_the_same = newest.epoch == self.position.epoch and newest.seq >= self.position.seq
        if is_the_same or not self._is_still_wanted():
            return
        self.position = newest
        self._tell_to_resync()

    def _hand_out(self, entry: Entry) -> None:
        expected = Position(self.position.epoch, self.position.seq + 1)
        self.position = entry.position
        if entry.position != expected:
            # Events were dropped from the log before they could be read.
            self._tell_to_resync()
        for mailbox in self._members(entry.rooms):
            mailbox.put(entry.frame, place=entry.position)

    def _members(self, rooms: tuple[str, ...]) -> set[Mailbox]:
        """Everyone in any of the rooms, once."""
        if len(rooms) == 1:
            return self._rooms.get(rooms[0], set())
        return set().union(*(self._rooms.get(room, ()) for room in rooms))

    def _tell_to_resync(self) -> None:
        text = live.placed_text("resync", self.position, {})
        for mailbox in self._members(tuple(self._rooms)):
            mailbox.put(text, place=self.position)


#: This process's hub.
hub = Hub()
