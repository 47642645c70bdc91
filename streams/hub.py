"""The streams' hub: one reader of the live log for each process, which delivers every event to the mailboxes in its
rooms.

An event is encoded once, when it is announced; here its text is only passed on. Market data does not go through the
channel layer, whose queue for every consumer made a tick three times as late as this.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict, deque
from collections.abc import Collection, Sequence

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from core.observability import context, metrics
from streams import event_log
from streams.client_queue import Letter, Mailbox, resync_letter
from streams.event_log import NOWHERE, Entry, Position
from streams.replay_buffer import Tail, letter_of

logger = logging.getLogger(__name__)

HEARTBEAT_SECS = 1.0
# A heartbeat comes so much earlier where events have just been handed out, so as not to come just before the next ones.
_EARLY_SECS = 0.4
# What prices depend on does not wait for STREAM_GATHER_MS, nor does what was before it.
_URGENT = frozenset({"biome_market_update"})
# So many events are handed out in one step.
_TOGETHER = 64
_FIRST_RETRY_SECS, _LONGEST_RETRY_SECS = 0.1, 1.0


class Hub:
    """The clients in each room, and the position up to which the log has been delivered.

    It reads as long as anyone is connected.
    """

    def __init__(self) -> None:
        self.position = NOWHERE
        self._tail = Tail(NOWHERE)
        self._rooms: dict[str, set[Mailbox]] = {}
        self._connected: set[Mailbox] = set()
        self._reader: asyncio.Task[None] | None = None
        self._log: redis.asyncio.Redis | None = None
        self._has_tried = asyncio.Event()

    async def connect(self, mailbox: Mailbox) -> None:
        """Start to serve a mailbox. The first one starts the reader, and all wait until it has read or failed to.

        With Redis away clients are served all the same, from the database.
        """
        self._connected.add(mailbox)
        if self._reader is None:
            self._has_tried = asyncio.Event()
            self._reader = asyncio.create_task(self._read_for_ever(), context=context.of_nobody())
        await self._has_tried.wait()

    async def disconnect(self, mailbox: Mailbox) -> None:
        """Remove a mailbox; the last one stops the reader."""
        for room in list(mailbox.rooms):
            self.leave(room, mailbox)
        self._connected.discard(mailbox)
        if self._connected or self._reader is None:
            return
        reader, self._reader, self._log, self.position = self._reader, None, None, NOWHERE
        reader.cancel()
        await asyncio.wait([reader])

    def join(self, room: str, mailbox: Mailbox) -> Position:
        """Deliver the room's events to the mailbox from the returned position on."""
        self._rooms.setdefault(room, set()).add(mailbox)
        mailbox.rooms.setdefault(room, self.position.seq)
        return self.position

    def leave(self, room: str, mailbox: Mailbox) -> None:
        """Deliver no more events of this room to the mailbox."""
        mailbox.rooms.pop(room, None)
        members = self._rooms.get(room, set())
        members.discard(mailbox)
        if not members:
            self._rooms.pop(room, None)

    async def missed(self, after: Position) -> list[Letter] | None:
        """Return every event between `after` and now, of all rooms; None where the log does not go back so far.

        Empty for a client whose position is ahead of this process, as after a connection to another one.
        """
        log, tail = self._log, self._tail
        if log is None or after.epoch != self.position.epoch:
            return None
        if after.seq > self.position.seq and after.seq > (await event_log.position_seen_by(log)).seq:
            return None
        # Only now: this process may have caught up meanwhile, with more than a mailbox holds.
        if tail.after(after.seq) is None:
            await tail.load(after.seq, log)
        return None if tail is not self._tail else tail.after(after.seq)

    def end_all(self, letter: Letter, code: int, *, to_newcomers: Letter, at_most: int | None = None) -> int:
        """Send clients a last message, and end their connections. Returns how many are still to be told.

        Clients that are still resuming have not received the events before the letter's place, and get another
        letter, without one.
        """
        untold = [mailbox for mailbox in self._connected if not mailbox.is_ending]
        for mailbox in untold[:at_most]:
            mailbox.put(to_newcomers if mailbox.is_holding else letter)
            mailbox.end(code)
        return len(untold[at_most:]) if at_most is not None else 0

    def end_room(
        self,
        room: str,
        letter: Letter,
        code: int,
        *,
        sign_ins: Collection[int] | None = None,
        keys: Collection[int] | None = None,
    ) -> None:
        """Send the clients in a room a last message, and end their connections.

        With `sign_ins` or API `keys`, only the clients that connected by them.
        """
        is_all = sign_ins is None and keys is None
        for mailbox in list(self._rooms.get(room, ())):
            if is_all or mailbox.sign_in in (sign_ins or ()) or mailbox.api_key in (keys or ()):
                mailbox.put(letter)
                mailbox.end(code)

    async def _read_for_ever(self) -> None:
        retry_secs = _FIRST_RETRY_SECS
        while self._is_still_wanted():
            try:
                async with event_log.log_reader() as log:
                    self._settle(await event_log.position_seen_by(log))
                    self._set_log(log)
                    retry_secs = _FIRST_RETRY_SECS
                    await self._follow(log)
            except (RedisError, OSError) as error:
                metrics.STREAM_READ_FAILURES.inc()
                logger.warning("the live log cannot be read, trying again in %s s: %s", retry_secs, error)
                if retry_secs > _FIRST_RETRY_SECS:
                    # More than a cut connection: Redis is away, and what is announced meanwhile is lost.
                    self.position = NOWHERE
            except Exception:
                # Whatever it is, a stream must not freeze for it: go on behind it, and have everyone resync.
                logger.exception("the live log holds what cannot be handed out")
                self.position = NOWHERE
            finally:
                self._set_log(None)
            await asyncio.sleep(retry_secs)
            retry_secs = min(2 * retry_secs, _LONGEST_RETRY_SECS)

    def _set_log(self, log: redis.asyncio.Redis | None) -> None:
        """Set the log to follow, None after it failed, and let the waiting clients in."""
        # A reader that still closes its connection has nothing to say about the log of the one after it.
        if self._is_still_wanted():
            self._log = log
            self._has_tried.set()

    async def _follow(self, log: redis.asyncio.Redis) -> None:
        """Deliver new events, and each second a heartbeat: only here, so that it stops when the reader does."""
        loop = asyncio.get_running_loop()
        beat_at_secs, has_handed_out = loop.time(), False
        waiting: deque[Entry] = deque()
        due_secs = beat_at_secs
        while self._is_still_wanted():
            now_secs = loop.time()
            if beat_at_secs - now_secs <= (_EARLY_SECS if has_handed_out and not waiting else 0):
                await self._beat(log)
                if waiting and waiting[0].position.epoch != self.position.epoch:
                    waiting.clear()
                beat_at_secs, has_handed_out = loop.time() + HEARTBEAT_SECS, False
            elif waiting and due_secs <= now_secs:
                self._hand_out([waiting.popleft() for _ in range(min(len(waiting), _TOGETHER))])
                if not waiting:
                    due_secs = now_secs + settings.STREAM_GATHER_MS / 1000
                has_handed_out = True
                # However many clients and events there are, those who send something have their turn.
                await asyncio.sleep(0)
            else:
                has_handed_out = False
                until_secs = min(beat_at_secs, due_secs) if waiting else beat_at_secs
                newest_seq = waiting[-1].position.seq if waiting else self.position.seq
                entries = await event_log.entries_after(newest_seq, reader=log, wait_secs=until_secs - now_secs)
                waiting.extend(entries)
                if any(entry.type in _URGENT for entry in entries):
                    due_secs = now_secs

    async def _beat(self, log: redis.asyncio.Redis) -> None:
        # A log that was emptied counts from 1 again, and would stay silent here until it has caught up.
        newest = await event_log.position_seen_by(log)
        self._settle(newest)
        self._tail.forget_old()
        content = {"log_seq": newest.seq}
        letter = Letter("heartbeat", event_log.placed_text("heartbeat", self.position, content), place=self.position)
        for mailbox in list(self._connected) if self._is_still_wanted() else ():
            mailbox.put(letter)

    def _is_still_wanted(self) -> bool:
        """Return False in a reader that was cancelled.

        The cancellation itself can get lost: redis-py sends with `asyncio.wait_for`, which before Python 3.12
        swallows one that comes as it ends.
        """
        return asyncio.current_task() is self._reader

    def _settle(self, newest: Position) -> None:
        """Restart from the newest event when the log is not the one that was followed, or has been set back."""
        is_the_same = newest.epoch == self.position.epoch and newest.seq >= self.position.seq
        if is_the_same or not self._is_still_wanted():
            return
        self._start_at(newest)

    def _hand_out(self, entries: Sequence[Entry]) -> None:
        """Deliver events to all mailboxes, together: several events cost a client one write."""
        letters_for: defaultdict[Mailbox, list[Letter]] = defaultdict(list)
        for entry in entries:
            expected = Position(self.position.epoch, self.position.seq + 1)
            if entry.position != expected:
                # Events were dropped from the log before they could be read: what was before them is of no use.
                letters_for.clear()
                self._start_at(Position(entry.position.epoch, entry.position.seq - 1))
            self.position = entry.position
            letter = letter_of(entry)
            self._tail.add(letter)
            for mailbox in self._members(entry.rooms):
                letters_for[mailbox].append(letter)
        for mailbox, letters in letters_for.items():
            mailbox.put(*letters)
        for entry in entries:
            _note_handed_out(entry)

    def _members(self, rooms: tuple[str, ...]) -> set[Mailbox]:
        """Return the mailboxes in any of the rooms, each once."""
        if len(rooms) == 1:
            return self._rooms.get(rooms[0], set())
        return set().union(*(self._rooms.get(room, ()) for room in rooms))

    def _start_at(self, position: Position) -> None:
        """Follow the log from here, and send every client to take a snapshot."""
        self.position = position
        self._tail = Tail(position)
        letter = resync_letter(position)
        for mailbox in self._members(tuple(self._rooms)):
            mailbox.put(letter)


def _note_handed_out(entry: Entry) -> None:
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("%s %s was handed out", entry.type, entry.position.seq, extra={"told": json.loads(entry.ids)})
    metrics.STREAM_EVENTS.labels(entry.type).inc()
    metrics.STREAM_LAG_SECS.observe(entry.age_secs)


#: This process's hub.
hub = Hub()
