"""Kept HTTP connections from several addresses, at a fraction of a general client's cost.

The load shares the cores with what it measures, so it parses with h11 and does nothing else.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11

CONNECT_SECS = 5.0
#: A kept connection that was silent for so long is not used again: servers close theirs about now.
KEPT_SECS = 30.0
_READ_BYTES = 65536


class Broken(Exception):
    """Raised when the connection ended before the reply did."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connections:
    """Connections to one exchange, by the address that they come from. Each serves one request after the other."""

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        self._host = target.hostname or ""
        self._port = target.port or (443 if target.scheme == "https" else 80)
        self._named = target.netloc.rpartition("@")[2]
        self._ssl = ssl.create_default_context() if target.scheme == "https" else None
        self._idle: defaultdict[str, list[_Connection]] = defaultdict(list)
        #: Kept connections that turned out to be closed, whose request went out again on a new one, as browsers do.
        self.stale = 0

    async def ask(
        self, address: str, method: str, path: str, *, headers: Sequence[tuple[str, str]] = (), body: bytes = b""
    ) -> Reply:
        """Send a request from an address and wait for all of its reply. Raises Broken, OSError, h11's ProtocolError."""
        request = h11.Request(
            method=method,
            target=path,
            headers=[("Host", self._named), ("Content-Length", str(len(body))), *headers],
        )
        kept = self._kept(address)
        if kept is not None:
            try:
                return await self._ask_on(kept, address, request, body)
            except (Broken, ConnectionError):
                if kept.has_heard:
                    raise
                self.stale += 1
        connection = await _Connection.opened(self._host, self._port, address=address, tls=self._ssl)
        return await self._ask_on(connection, address, request, body)

    def close(self) -> None:
        """Close the idle connections."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    def _kept(self, address: str) -> _Connection | None:
        idle = self._idle[address]
        while idle:
            connection = idle.pop()
            if connection.is_usable:
                return connection
            connection.close()
        return None

    async def _ask_on(self, connection: _Connection, address: str, request: h11.Request, body: bytes) -> Reply:
        try:
            reply = await connection.ask(request, body)
        except BaseException:
            connection.close()
            raise
        if connection.is_usable:
            self._idle[address].append(connection)
        else:
            connection.close()
        return reply


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(h11.CLIENT)
        self._used_secs = time.monotonic()
        #: Whether anything of the reply under way has come.
        self.has_heard = False

    @classmethod
    async def opened(cls, host: str, port: int, *, address: str, tls: ssl.SSLContext | None) -> _Connection:
        local = (address, 0) if address else None
        async with asyncio.timeout(CONNECT_SECS):
            return cls(*await asyncio.open_connection(host, port, local_addr=local, ssl=tls))

    @property
    def is_usable(self) -> bool:
        is_fresh = time.monotonic() - self._used_secs < KEPT_SECS
        return is_fresh and self._http.our_state is h11.IDLE and not self._reader.at_eof()

    async def ask(self, request: h11.Request, body: bytes) -> Reply:
        self.has_heard = False
        pieces = [self._http.send(request), self._http.send(h11.Data(data=body)), self._http.send(h11.EndOfMessage())]
        self._writer.write(b"".join(piece for piece in pieces if piece))
        reply = await self._reply()
        if self._http.states == {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}:
            self._http.start_next_cycle()
        self._used_secs = time.monotonic()
        return reply

    def close(self) -> None:
        self._writer.close()

    async def _reply(self) -> Reply:
        head: h11.Response | None = None
        body = bytearray()
        while not isinstance(event := await self._next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.ConnectionClosed):
                raise Broken
        assert head is not None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        return Reply(head.status_code, headers, bytes(body))

    async def _next_event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            data = await self._reader.read(_READ_BYTES)
            if not data and not self.has_heard:
                raise Broken
            self.has_heard = True
            self._http.receive_data(data)
        return event
