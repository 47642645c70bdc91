"""The newest part of the live log in this process's memory, for clients that resume.

A thousand of them at once read Redis once: the first one has the missing part read from the log, and somewhat more.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

import redis.asyncio
from django.conf import settings

from streams import event_log
from streams.client_queue import Letter
from streams.event_log import Entry, Position

# Of those who come back together, each was at another place: so much more is read for the others. Not all of the log,
# for five minutes of a busy one take seconds to read, in which nobody hears anything.
_FURTHER_BACK = 1000


class Tail:
    """The letters of one epoch without a gap, up to the newest delivered one."""

    def __init__(self, position: Position) -> None:
        self._newest = position
        self._letters: deque[Letter] = deque()
        self._came_secs: deque[float] = deque()
        self._has_all = False
        self._loading = asyncio.Lock()

    def add(self, letter: Letter) -> None:
        """Append newly delivered letters."""
        self._letters.append(letter)
        self._came_secs.append(time.monotonic())
        self._newest = letter.place
        if len(self._letters) > settings.STREAM_EVENTS_KEPT:
            self._forget_one()

    def forget_old(self) -> None:
        """Drop the letters that were kept long enough."""
        until_secs = time.monotonic() - settings.STREAM_KEPT_SECS
        while self._came_secs and self._came_secs[0] < until_secs:
            self._forget_one()

    def after(self, seq: int) -> list[Letter] | None:
        """Return all letters after `seq`, oldest first; None when some of them are not here."""
        if seq < self._oldest_seq - 1:
            return None
        missed = []
        for letter in reversed(self._letters):
            if letter.place.seq <= seq:
                break
            missed.append(letter)
        return missed[::-1]

    async def load(self, seq: int, reader: redis.asyncio.Redis) -> None:
        """Prepend the log's letters after `seq`, and somewhat more. Raises redis.RedisError."""
        async with self._loading:
            if self._has_all or self.after(seq) is not None:
                return
            first_seq = max(1, seq + 1 - _FURTHER_BACK)
            self._put_before(await event_log.entries_before(self._oldest_seq, first_seq=first_seq, reader=reader))
            self._has_all = self._oldest_seq > first_seq

    @property
    def _oldest_seq(self) -> int:
        return self._letters[0].place.seq if self._letters else self._newest.seq + 1

    def _put_before(self, entries: list[Entry]) -> None:
        # It is of use only as far as there is no gap.
        for entry in reversed(entries):
            if entry.position != Position(self._newest.epoch, self._oldest_seq - 1):
                break
            self._letters.appendleft(letter_of(entry))
            self._came_secs.appendleft(time.monotonic())

    def _forget_one(self) -> None:
        self._letters.popleft()
        self._came_secs.popleft()


def letter_of(entry: Entry) -> Letter:
    """Return the letter that delivers an event of the log."""
    return Letter(entry.type, entry.frame, place=entry.position, rooms=entry.rooms)
