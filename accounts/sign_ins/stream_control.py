"""Messages to all servers about ended sign-ins of a player. Sent after commit."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from accounts.sign_ins import revocations

logger = logging.getLogger(__name__)

#: The group of the channel layer in which each streams process has one receiver.
CONTROL_GROUP = "stream_control"
SIGNED_OUT = "player.signed_out"


def tell_signed_out(player_id: int) -> None:
    """Close every open stream of the player. With Redis away they stay open until their tokens end."""
    _tell({"type": SIGNED_OUT, "player_id": player_id})


def tell_ended(player_id: int, sign_ins: Sequence[int]) -> None:
    """Close the open streams of these sign-ins, and refuse their access tokens; with Redis away, as above."""
    revocations.announce(sign_ins)
    _tell({"type": SIGNED_OUT, "player_id": player_id, "sign_ins": list(sign_ins)})


def tell_keys_ended(player_id: int, keys: Sequence[int]) -> None:
    """Close the open streams of these API keys; with Redis away they stay open until their keys expire."""
    _tell({"type": SIGNED_OUT, "player_id": player_id, "keys": list(keys)})


def _tell(message: dict[str, object]) -> None:
    try:
        async_to_sync(_send)(message)
    except (RedisError, OSError) as error:
        logger.warning("the streams of player %s were not ended: %s", message["player_id"], error)


async def _send(message: dict[str, object]) -> None:
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send(CONTROL_GROUP, message)
