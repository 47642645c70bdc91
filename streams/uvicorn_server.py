"""The streams under uvicorn, the default.

Chosen by `bench/fanout.py`: it hands a frame to the kernel in a third of daphne's time, and it waits for clients
that do not read, where daphne keeps all that they were sent in memory.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from streams.close_codes import CLOSE_REASONS
from streams.frames import FRAMES, LARGEST_FRAME_BYTES

# Those who have not gone by then are cut off. honcho kills after 5 s.
GENTLE_STOP_SECS = 3
BACKLOG = 4096


class ReasonedProtocol(ServerProtocol):
    """A protocol that closes no socket without a reason."""

    def send_close(self, code: CloseCode | int | None = None, reason: str = "") -> None:
        """Send a close frame, with the code's own reason where none is given."""
        super().send_close(code, reason or ("" if code is None else CLOSE_REASONS.get(code, "")))


class StreamProtocol(WebSocketsSansIOProtocol):
    """A protocol that also accepts ready frames (`streams.frames`), beyond ASGI."""

    def __init__(self, config: uvicorn.Config, *args: Any, **more: Any) -> None:
        super().__init__(config, *args, **more)
        self.conn = ReasonedProtocol(max_size=config.ws_max_size, logger=self.conn.logger)

    def handle_connect(self, event: Request) -> None:
        """Note in the connection's scope that ready frames are accepted."""
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["extensions"][FRAMES] = {}

    async def send(self, message: Any) -> None:
        """Write ready frames unchanged, and other messages as ASGI does. Raises ClientDisconnected."""
        if message["type"] != FRAMES:
            await super().send(message)
            return
        await self.writable.wait()
        if self.disconnected or self.transport.is_closing():
            raise ClientDisconnected
        self.transport.write(message["frames"])


class StreamServer(uvicorn.Server):
    """A server that executes control messages, and tells every client before a planned stop, so that they reconnect
    at once.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening for control messages, then for clients."""
        # Only now: config.asgi has set Django up.
        from streams.work import begin_work, settle_memory

        self._own = begin_work(asyncio.get_running_loop())
        await super().startup(sockets)
        settle_memory()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say `shutdown` on every connection and close it with 1012, then stop."""
        from django.conf import settings

        from streams.connection import say_shutdown
        from streams.work import end_work

        for server in self.servers:
            server.close()
        await say_shutdown(over_secs=settings.STREAM_DRAIN_SECS)
        # The connections' own tasks close them now; the server cuts off what is left.
        await asyncio.sleep(0.1)
        await super().shutdown(sockets)
        await end_work(self._own)


def serve(host: str, port: int) -> None:
    """Serve until SIGTERM."""
    config = uvicorn.Config(
        "config.asgi:application",
        host=host,
        port=port,
        backlog=BACKLOG,
        loop="asyncio",
        http="h11",
        ws=StreamProtocol,
        ws_max_size=LARGEST_FRAME_BYTES,
        # It would be compressed for each client anew.
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        server_header=False,
        # X-Forwarded-For is read by us, as far as NUM_PROXIES says.
        proxy_headers=False,
        log_config=None,
        timeout_graceful_shutdown=GENTLE_STOP_SECS,
    )
    StreamServer(config).run()
