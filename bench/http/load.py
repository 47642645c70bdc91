"""A lean HTTP client: keep-alive connections on one event loop, requests as bytes, only the status of replies is read.

It shares the cores with what it measures, so it does as little as it can, and the same for each contender.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import Any

NextRequest = Callable[[], bytes]

ONE_REPLY_SECS = 30.0

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(slots=True)
class Tally:
    """The counts of a load's replies."""

    replies: int = 0
    latencies_secs: list[float] = field(default_factory=list)
    #: The first reply that was no success, to say what went wrong.
    refusal: bytes = b""


def replies_per_second(port: int, next_request: NextRequest, *, clients: int, secs: float) -> tuple[float, list[float]]:
    """Return replies a second and each one's latency in seconds, with `clients` connections that each wait for their
    reply.

    Raises RuntimeError when any reply is not a success, for a refusal costs less than the work that is measured.
    """
    tally = Tally()
    took_secs = asyncio.run(_load(port, next_request, tally, clients=clients, secs=secs))
    if tally.refusal:
        raise RuntimeError(f"not a success: {tally.refusal[:600]!r}")
    return tally.replies / took_secs, tally.latencies_secs


def reply_to(port: int, request: bytes) -> tuple[int, Any]:
    """Send one request, and return its status and its JSON."""
    with socket.create_connection(("127.0.0.1", port), timeout=ONE_REPLY_SECS) as opened:
        opened.sendall(request)
        reply = HTTPResponse(opened)
        reply.begin()
        return reply.status, json.loads(reply.read())


class _Client(asyncio.Protocol):
    """One connection: sends a request, waits for its reply, sends the next, until `end`."""

    def __init__(self, next_request: NextRequest, tally: Tally, end: float) -> None:
        self._next_request = next_request
        self._tally = tally
        self._end = end
        self._received = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """Wait until the reply is complete; then send the next request."""
        self._received += data
        head_end = self._received.find(_HEAD_END)
        if head_end < 0 or len(self._received) < head_end + len(_HEAD_END) + _content_length(self._received[:head_end]):
            return
        now = time.perf_counter()
        self._tally.replies += 1
        self._tally.latencies_secs.append(now - self._sent)
        if self._received[9:10] != b"2":
            self._tally.refusal = self._tally.refusal or self._received
        self._received = b""
        if now < self._end:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Note the end of the connection, with its error if there is one."""
        if self.done.done():
            return
        if time.perf_counter() < self._end:
            self.done.set_exception(error or ConnectionError("the server closed the connection"))
        else:
            self.done.set_result(None)

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._next_request())


async def _load(port: int, next_request: NextRequest, tally: Tally, *, clients: int, secs: float) -> float:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    connections = [
        (await loop.create_connection(lambda: _Client(next_request, tally, started + secs), "127.0.0.1", port))[1]
        for _ in range(clients)
    ]
    await asyncio.gather(*(connection.done for connection in connections))
    return time.perf_counter() - started


def _content_length(head: bytes) -> int:
    place = head.lower().find(_LENGTH)
    if place < 0:
        raise RuntimeError(f"a reply without its length: {head!r}")
    return int(head[place + len(_LENGTH) :].split(b"\r\n", 1)[0])
