"""Connections to Redis for announcing. No caller waits for an answer, and every answer is read.

Each answer is read before the next command is sent on the connection, when it has long arrived. So a refusal of
Redis, as at its memory limit, is known one announcement later: counted, and logged once until it accepts events.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from typing import Any

import redis
from django.conf import settings

from core.observability.metrics import STREAM_LOST

logger = logging.getLogger(__name__)

#: So many answers may be due on a connection before one is waited for.
_MOST_DUE = 64


class LogWriter:
    """This process's connections to Redis for announcing; they give up after a second."""

    def __init__(self) -> None:
        self._pool = redis.ConnectionPool.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
        self._idle: deque[_Sender] = deque()
        self._pid = os.getpid()
        self._lost = 0

    def send(self, events: int, *command: str | int) -> None:
        """Send a command that announces so many events. Raises redis.RedisError when it cannot be sent."""
        if self._pid != os.getpid():
            # Connections cannot be shared with the process that has forked.
            self._pid, self._idle = os.getpid(), deque()
        try:
            sender = self._idle.pop()
        except IndexError:
            sender = _Sender(self._pool.make_connection())
        try:
            self._note(*sender.send(events, command))
        finally:
            self._idle.append(sender)

    def lost(self, events: int, error: Exception) -> None:
        """Count events that Redis did not accept, and log the first of them."""
        STREAM_LOST.inc(events)
        if not self._lost:
            logger.error("events are lost, until Redis takes them again: %s", error)
        self._lost += events

    def disconnect(self) -> None:
        """Close all connections."""
        while self._idle:
            self._idle.pop().disconnect()

    def _note(self, taken: int, lost: int, error: Exception | None) -> None:
        if error is not None:
            self.lost(lost, error)
        elif taken and self._lost:
            logger.warning("Redis takes events again; %s were lost", self._lost)
            self._lost = 0


class _Sender:
    """One connection, with the numbers of events in the commands whose answers are still to be read."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._due: deque[int] = deque()

    def send(self, events: int, command: tuple[str | int, ...]) -> tuple[int, int, Exception | None]:
        """Read the answers that have arrived, then send.

        Returns the events accepted and lost since, and the reason of the loss.
        """
        heard: tuple[int, int, Exception | None] = (0, 0, None)
        packed = _packed(command)
        try:
            heard = self._hear()
            self._connection.send_packed_command(packed)
        except (redis.ConnectionError, redis.TimeoutError):
            # Redis was restarted since: once more, on a new connection. What it had not answered is not known.
            self.disconnect()
            self._connection.send_packed_command(packed)
        self._due.append(events)
        return heard

    def disconnect(self) -> None:
        """Close the connection, without the answers that are due."""
        self._connection.disconnect()
        self._due.clear()

    def _hear(self) -> tuple[int, int, Exception | None]:
        taken, lost, why = 0, 0, None
        while self._due and (len(self._due) > _MOST_DUE or self._connection.can_read(timeout=0)):
            try:
                self._connection.read_response()
            except redis.ResponseError as error:
                lost, why = lost + self._due.popleft(), error
            else:
                taken += self._due.popleft()
        return taken, lost, why


def _packed(command: tuple[str | int, ...]) -> list[bytes]:
    """Return a command as Redis reads it. The client's own way takes eight times as long, and every trade pays it."""
    arguments = [str(argument).encode() for argument in command]
    return [b"*%d\r\n" % len(arguments) + b"".join(b"$%d\r\n%b\r\n" % (len(each), each) for each in arguments)]
