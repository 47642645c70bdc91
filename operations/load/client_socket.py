"""The client's side of one stream socket, for programs that receive many thousands of events a second.

It upgrades the connection, answers pings and the close, and hands over every other frame where it lies. Subclasses are
asyncio protocols.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from operations.load.frames import CLOSE, PING, PONG, TEXT, frames_in, handshake, masked

_HEAD_END = b"\r\n\r\n"


class ClientSocket:
    """A socket that is connected once; `reset` prepares it for another connection."""

    transport: asyncio.Transport

    def __init__(self, path: str, *, host: str = "127.0.0.1") -> None:
        self._path, self._named = path, host
        self.reset()

    def reset(self) -> None:
        """Forget the connection before."""
        self.is_open, self.close_code, self._rest = False, 0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(handshake(self._path, self._named))

    def data_received(self, data: bytes) -> None:
        """Take the complete frames from the data received so far."""
        if self._rest:
            data = self._rest + data
        if not self.is_open:
            data = self._after_handshake(data)
        stop = 0
        for kind, start, stop in frames_in(data) if self.is_open else ():
            if kind == TEXT:
                self.take(data, start, stop)
            elif kind == PING:
                self.transport.write(masked(data[start:stop], kind=PONG))
            elif kind == CLOSE:
                self.close_code = int.from_bytes(data[start : start + 2], "big")
                self.transport.write(masked(data[start : start + 2], kind=CLOSE))
                self.transport.close()
        self._rest = data[stop:]

    def say(self, message: dict[str, Any]) -> None:
        """Send an action."""
        self.transport.write(masked(json.dumps(message).encode()))

    def opened(self) -> None:
        """Handle the upgrade."""

    def refused(self, status: str) -> None:
        """Handle a status other than 101 in the place of the upgrade."""

    def take(self, data: bytes, start: int, stop: int) -> None:
        """Handle the payload of a frame, which lies in data from `start` to `stop`."""
        raise NotImplementedError

    def _after_handshake(self, data: bytes) -> bytes:
        """Return the data after the reply to the handshake."""
        end = data.find(_HEAD_END)
        if end < 0:
            return data
        if not data.startswith(b"HTTP/1.1 101"):
            self.refused(data[9:12].decode("latin-1"))
            self.transport.close()
            return b""
        self.is_open = True
        self.opened()
        return data[end + len(_HEAD_END) :]
