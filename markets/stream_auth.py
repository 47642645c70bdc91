"""Who is behind a socket: a player by token or session, or a guest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from rest_framework_simplejwt.authentication import JWTAuthentication


@dataclass(frozen=True, slots=True)
class Visitor:
    """`player_id` is None for guests; `until` is when a token ends, None for sessions and guests."""

    player_id: int | None
    until: datetime | None = None


async def visitor_of(scope: Mapping[str, Any]) -> Visitor:
    """Who opened the connection: by `?token=`, else by the session that the middleware found, else a guest.

    Raises rest_framework's AuthenticationFailed for a token that is invalid, has expired or names no active player.
    """
    tokens = parse_qs(scope["query_string"].decode("latin-1")).get("token")
    if tokens:
        visitor: Visitor = await database_sync_to_async(_visitor_with)(tokens[0])
        return visitor
    user = scope["user"]
    return Visitor(user.pk if user.is_authenticated else None)


def _visitor_with(raw_token: str) -> Visitor:
    authentication = JWTAuthentication()
    token = authentication.get_validated_token(raw_token.encode())
    player = authentication.get_user(token)
    return Visitor(player.pk, datetime.fromtimestamp(token["exp"], UTC))
