"""What a player may ask the markets for over the socket: to give attention."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated

from accounts.keys.holders import ATTENTION
from attention.biomes import Biome
from markets import payloads
from markets.redistribution.attention_queue import attention_queue
from markets.serializers import LARGEST_POINTS, AttentionRequest
from streams.access.authentication import Visitor

_BIOMES = {biome.value: biome for biome in Biome}


async def give_attention(visitor: Visitor, message: dict[str, Any]) -> dict[str, Any]:
    """Give points to a biome. Returns how many counted. Raises APIException."""
    if visitor.player_id is None:
        raise NotAuthenticated
    visitor.check_scope(ATTENTION)
    biome, points = _attention_of(message)
    given = await attention_queue.give(player_id=visitor.player_id, biome=biome, points=points)
    if given is None:
        raise AuthenticationFailed("The account is no longer active.", "user_inactive")
    return {"biome": biome, **payloads.given_json(given)}


def _attention_of(message: dict[str, Any]) -> tuple[Biome, int]:
    biome, points = message.get("biome"), message.get("points")
    # Nearly all messages are right, and the serializer would take longer to say so than all the rest.
    if (
        len(message) == 2
        and isinstance(biome, str)
        and biome in _BIOMES
        and type(points) is int
        and 1 <= points <= LARGEST_POINTS
    ):
        return _BIOMES[biome], points
    asked = AttentionRequest(data=message)
    asked.is_valid(raise_exception=True)
    return Biome(asked.validated_data["biome"]), int(asked.validated_data["points"])
