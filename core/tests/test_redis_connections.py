"""A connection to Redis that the network has given up is replaced."""

from __future__ import annotations

import errno
from contextlib import suppress
from typing import Any

import pytest
import redis
import redis.asyncio
from channels_redis.utils import create_pool
from django.conf import settings
from redis.asyncio.connection import Connection

from core.redis.connections import NoticingSSLConnection, connection_class_for

CHANNEL = f"{settings.REDIS_PREFIX}-given-up"


async def heard_after_it_was_given_up(host: dict[str, Any]) -> bool:
    """Return whether a receiver, such as the channel layer's, receives anything after TCP gave its connection up."""
    client = redis.asyncio.Redis(connection_pool=create_pool(host))
    receiver = client.pubsub()
    try:
        await receiver.subscribe(CHANNEL)
        await receiver.get_message(timeout=1)
        receiver.connection._reader.set_exception(TimeoutError(errno.ETIMEDOUT, "Connection timed out"))
        for _ in range(20):
            await client.publish(CHANNEL, "hello")
            # The layer's receiver goes on after an error, too.
            with suppress(redis.ConnectionError):
                if message := await receiver.get_message(ignore_subscribe_messages=True, timeout=0.2):
                    return bool(message["data"] == b"hello")
        return False
    finally:
        await receiver.connection.disconnect()
        await client.aclose(close_connection_pool=True)


@pytest.fixture
def host() -> dict[str, Any]:
    """Return the channel layer's settings for its host."""
    [host] = settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"]
    return dict(host)


@pytest.mark.asyncio
async def test_the_channel_layers_is_replaced(host: dict[str, Any]) -> None:
    assert await heard_after_it_was_given_up(host)


@pytest.mark.asyncio
async def test_redis_pys_own_is_not(host: dict[str, Any]) -> None:
    """The negative control: redis-py's own connection is not replaced.

    When this fails, `core.redis.connections` may go.
    """
    assert not await heard_after_it_was_given_up(host | {"connection_class": Connection})


def test_with_tls_it_stays_so() -> None:
    assert connection_class_for("rediss://redis.example/0") is NoticingSSLConnection
