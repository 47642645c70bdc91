"""The streams' process: `python -m streams.server`, under uvicorn.

Chosen by `bench/fanout.py`: it hands a frame to the kernel in a third of daphne's time, and it waits for clients
that do not read, where daphne keeps all that they were sent in memory.
"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from streams.close_codes import CLOSE_REASONS
from streams.frames import FRAMES

# Those who have not gone by then are cut off. honcho kills after 5 s.
GENTLE_STOP_SECS = 3
BACKLOG = 4096
LARGEST_FRAME_BYTES = 256 * 1024
# A full collection of what thousands of connections hold takes a third of a second, in which no tick goes out. The
# usual thresholds are met by a few ticks; these by what some thousand closed connections leave behind.
GARBAGE_THRESHOLDS = (10_000, 10, 10)


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
        from streams.control import obey_for_ever

        self._own = [asyncio.create_task(obey_for_ever()), asyncio.create_task(show_life_for_ever())]
        await super().startup(sockets)
        # What the program itself is made of never becomes garbage.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE_THRESHOLDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say `shutdown` on every connection and close it with 1012, then stop."""
        from django.conf import settings

        from core.observability.metrics import leave
        from streams.connection import say_shutdown

        for server in self.servers:
            server.close()
        await say_shutdown(over_secs=settings.STREAM_DRAIN_SECS)
        # The connections' own tasks close them now; the server cuts off what is left.
        await asyncio.sleep(0.1)
        await super().shutdown(sockets)
        for task in self._own:
            task.cancel()
        await asyncio.wait(self._own)
        leave()


async def show_life_for_ever() -> None:
    """Record every few seconds that this process lives, until cancelled."""
    from core.observability import heartbeats

    while True:
        # In a thread: Redis may take its time.
        await asyncio.to_thread(heartbeats.show_life, heartbeats.STREAMS)
        await asyncio.sleep(heartbeats.EVERY_SECS)


def main() -> None:
    """Serve on STREAM_HOST and STREAM_PORT until SIGTERM."""
    # Each client is an open file.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    config = uvicorn.Config(
        "config.asgi:application",
        host=os.environ.get("STREAM_HOST") or "127.0.0.1",
        port=int(os.environ.get("STREAM_PORT") or 8001),
        backlog=BACKLOG,
        loop="asyncio",
        http="h11",
        ws=StreamProtocol,
        # Far above STREAM_MESSAGE_MAX_BYTES, which is answered: beyond this the socket is closed with 1009.
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


if __name__ == "__main__":
    main()
