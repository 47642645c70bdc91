"""The streams under daphne, the server that comes with Channels: `STREAM_SERVER=daphne`."""

from __future__ import annotations

import asyncio
from typing import Any

from daphne.server import Server, twisted_loop
from daphne.utils import import_by_path
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import quoteStringArgument

from streams.frames import LARGEST_FRAME_BYTES

# Those who have not gone by then are cut off. honcho kills after 5 s.
GENTLE_STOP_SECS = 3
#: A close frame is on its way by then.
CLOSING_SECS = 0.1


class ReasonedProtocol(WebSocketProtocol):
    """A protocol that closes sockets as the application says, with any code of RFC 6455 and with its reason.

    Daphne's own passes on no reason, and refuses the codes from 1001 to 2999.
    """

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Send a message of the application to the client."""
        if message["type"] != "websocket.close" or self.state != self.STATE_OPEN:
            super().handle_reply(message)
            return
        self.sendCloseFrame(code=message["code"], reasonUtf8=message["reason"].encode())


class StreamServer(Server):
    """A server that executes control messages, and tells every client before a planned stop, so that they reconnect
    at once.
    """

    def begin(self) -> None:
        """Start the work beside serving. Called once, when all is ready to listen."""
        from streams.work import begin_work, settle_memory

        self.ws_factory.protocol = ReasonedProtocol
        # A client that breaks the protocol is told its close code.
        self.ws_factory.setProtocolOptions(failByDrop=False)
        self._own = begin_work(twisted_loop)
        settle_memory()

    def kill_all_applications(self) -> Deferred[None]:
        """Make Twisted's stop wait until every client was told."""
        return Deferred.fromFuture(twisted_loop.create_task(self._stop()))

    async def _stop(self) -> None:
        from django.conf import settings

        from streams.connection import say_shutdown
        from streams.work import end_work

        for listener in self.listeners:
            listener.addCallback(lambda port: port.stopListening())
        await say_shutdown(over_secs=settings.STREAM_DRAIN_SECS)
        # The connections' own tasks close them now.
        applications = [details.get("application_instance") for details in self.connections.values()]
        if running := [application for application in applications if application and not application.done()]:
            _, late = await asyncio.wait(running, timeout=GENTLE_STOP_SECS)
            for application in late:
                application.cancel()
            await asyncio.sleep(CLOSING_SECS)
        await end_work(self._own)


def serve(host: str, port: int) -> None:
    """Serve until SIGTERM."""
    server = StreamServer(
        import_by_path("config.asgi:application"),
        endpoints=[f"tcp:port={port}:interface={quoteStringArgument(host)}"],
        # Streams last as long as their clients stay.
        websocket_timeout=-1,
        websocket_max_message_size=LARGEST_FRAME_BYTES,
        websocket_max_frame_size=LARGEST_FRAME_BYTES,
        verbosity=0,
    )
    server.ready_callable = server.begin
    server.run()
