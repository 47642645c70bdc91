"""Connections of the channel layer to Redis that notice when the network has given them up.

When TCP gives a connection up, reading from it raises TimeoutError, each time and at once. redis-py takes that for
the end of its own wait and answers "nothing yet", so the layer's receiver asked again, and again, and the streams
process did nothing else any more: 8.1.0, found by cutting a host off.
"""

from __future__ import annotations

from typing import Any

from redis.asyncio.connection import Connection, SSLConnection
from redis.exceptions import ConnectionError as RedisConnectionError


class NoticingConnection(Connection):
    """A connection to a `redis://` address."""

    async def read_response(self, *args: Any, **kwargs: Any) -> Any:
        """Return Redis's reply. Raises redis' ConnectionError on a broken connection, as redis-py means to."""
        if self._reader is not None and (reason := self._reader.exception()) is not None:
            await self.disconnect(nowait=True)
            raise RedisConnectionError(f"the connection was given up: {reason}")
        return await super().read_response(*args, **kwargs)


class NoticingSSLConnection(NoticingConnection, SSLConnection):
    """A connection to a `rediss://` address."""


def connection_class_for(url: str) -> type[Connection]:
    """Return the class of connections to an address."""
    return NoticingSSLConnection if url.startswith("rediss://") else NoticingConnection
