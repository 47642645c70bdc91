"""Control messages to the stream servers, sent over the channel layer; one receiver for each process."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from accounts.sign_ins.stream_control import CONTROL_GROUP, SIGNED_OUT
from streams import event_log
from streams.client_queue import Letter
from streams.close_codes import CLOSE_NOT_SIGNED_IN
from streams.hub import hub

logger = logging.getLogger(__name__)

RETRY_SECS = 1.0


async def obey_for_ever() -> None:
    """Execute the messages of the control group until cancelled."""
    layer = get_channel_layer()
    assert layer is not None
    try:
        while True:
            try:
                channel = await layer.new_channel()
                await layer.group_add(CONTROL_GROUP, channel)
                while True:
                    obey(await layer.receive(channel))
            except (RedisError, OSError) as error:
                logger.warning("control messages cannot be received: %s", error)
                await asyncio.sleep(RETRY_SECS)
    finally:
        await layer.flush()


def obey(message: dict[str, Any]) -> None:
    """Execute one control message."""
    if message["type"] != SIGNED_OUT:
        logger.warning("unknown control message: %s", message["type"])
        return
    told = {"type": "error", "code": "signed_out", "detail": "You were signed out.", "attr": None}
    letter, room = Letter("error", json.dumps(told)), event_log.player_room(message["player_id"])
    # All of the player's ways in, where none is named.
    ways_in = {"sign_ins": message.get("sign_ins"), "keys": message.get("keys")}
    hub.end_room(room, letter, CLOSE_NOT_SIGNED_IN, **ways_in)
