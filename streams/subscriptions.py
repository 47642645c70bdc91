"""Subscription of a client to rooms: with a snapshot, or with the events that it missed since its last position."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from redis.exceptions import RedisError

from streams import event_log, registry
from streams.client_queue import Letter, Mailbox, resync_letter
from streams.event_log import Position
from streams.hub import hub


async def subscribe(mailbox: Mailbox, room: str) -> None:
    """Join a room: its snapshot first, or a message that the client is already in it, then every later event.

    Raises ServiceUnavailable before the markets are opened; the client is in the room only if it was before.
    """
    was_in = frozenset(mailbox.rooms)
    mailbox.hold()
    hub.join(room, mailbox)
    try:
        snapshot = await snapshots.read(room)
    except BaseException:
        if room not in was_in:
            hub.leave(room, mailbox)
        mailbox.release_held()
        raise
    before = [letter for letter in mailbox.held if _is_in(letter, snapshot) and was_in.intersection(letter.rooms)]
    behind = [letter for letter in mailbox.held if not _is_in(letter, snapshot)]
    mailbox.release([*before, snapshot, *behind])


async def resume(mailbox: Mailbox, *, rooms: Iterable[str], after: Position) -> bool:
    """Join rooms and send the events of all the client's rooms since `after`, once and in order.

    Where these are not known any more the client is told to `resync`. Returns whether they were known.
    """
    mailbox.hold()
    for room in rooms:
        hub.join(room, mailbox)
    mailbox.had = after
    try:
        missed = await hub.missed(after)
    except (RedisError, OSError):
        missed = None
    except BaseException:
        mailbox.release_held()
        raise
    if missed is None:
        mailbox.had = event_log.NOWHERE
        mailbox.release([resync_letter(hub.position)])
        return False
    ours = [
        letter
        for letter in missed
        if not mailbox.rooms.keys().isdisjoint(letter.rooms) and not mailbox.has_been_told(letter)
    ]
    # What came meanwhile is in what was missed, unless this process was behind the one that the client was at.
    newest = missed[-1].place.seq if missed else after.seq
    mailbox.release([*ours, *(letter for letter in mailbox.held if letter.place.seq > newest)])
    mailbox.has_all_since(after.seq)
    return True


class SharedSnapshots:
    """Snapshots shared by all clients that wait for one: one read at a time.

    Nobody gets a read that began before the request.
    """

    def __init__(self) -> None:
        self._next: dict[str, asyncio.Task[Letter]] = {}
        self._current: dict[str, asyncio.Task[Letter]] = {}

    async def read(self, room: str) -> Letter:
        """Return a snapshot of a room. Raises ServiceUnavailable."""
        if room not in self._next:
            self._next[room] = asyncio.create_task(self._read_after(self._current.get(room), room))
        # Whoever leaves meanwhile does not end it for the others.
        return await asyncio.shield(self._next[room])

    async def _read_after(self, earlier: asyncio.Task[Letter] | None, room: str) -> Letter:
        if earlier is not None:
            await asyncio.wait([earlier])
        self._current[room] = self._next.pop(room)
        try:
            return await registry.rooms[room](room, hub.position)
        finally:
            del self._current[room]


#: This process's reads.
snapshots = SharedSnapshots()


def _is_in(letter: Letter, snapshot: Letter) -> bool:
    """Return whether a snapshot, which may have been read for others a moment later, already contains this event."""
    is_event = bool(letter.rooms) or letter.kind == "heartbeat"
    return is_event and letter.place.epoch == snapshot.place.epoch and letter.place.seq <= snapshot.place.seq
