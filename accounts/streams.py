"""Word to the stream servers that a player was signed out everywhere. Called after commit."""

from __future__ import annotations

import logging

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

#: The group of the channel layer in which each streams process has one receiver.
CONTROL_GROUP = "stream_control"
SIGNED_OUT = "player.signed_out"


def tell_signed_out(player_id: int) -> None:
    """Have every open stream of the player closed. With Redis away they stay open until their tokens end."""
    message = {"type": SIGNED_OUT, "player_id": player_id}
    try:
        async_to_sync(_send)(message)
    except (RedisError, OSError) as error:
        logger.warning("the streams of player %s were not ended: %s", player_id, error)


async def _send(message: dict[str, object]) -> None:
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send(CONTROL_GROUP, message)
