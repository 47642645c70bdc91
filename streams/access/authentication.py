"""Authentication of stream clients: a player by token or session, or a guest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

from channels.auth import get_user
from channels.db import database_sync_to_async
from django.conf import settings
from django.http import parse_cookie
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied

from accounts.keys.holders import READ, holder_of
from accounts.keys.registry import is_key
from accounts.sign_ins.authentication import TokenAuthentication
from accounts.sign_ins.registry import number_of_session
from accounts.sign_ins.tokens import SIGN_IN
from core.api.errors import UNREACHABLE, Refusal
from core.errors import LockedOut, ServiceUnavailable
from streams.access.limits import client_address


@dataclass(frozen=True, slots=True)
class Visitor:
    """The visitor of a stream. `player_id` is None for guests; `until` is when a token ends, None for sessions and
    guests.

    `sign_in` or `api_key` is the number of the player's sign-in or key: when that ends, so does the stream. A key
    has `scopes`.
    """

    player_id: int | None
    username: str = ""
    until: datetime | None = None
    sign_in: int | None = None
    api_key: int | None = None
    scopes: frozenset[str] | None = None

    def check_scope(self, scope: str) -> None:
        """Raise PermissionDenied for a visitor whose key lacks this scope."""
        if self.scopes is not None and scope not in self.scopes:
            raise PermissionDenied(f"This API key does not have the scope `{scope}`.", code="scope_missing")

    @property
    def secs_left(self) -> float | None:
        """Return the seconds until the token ends; None without a token."""
        return None if self.until is None else (self.until - timezone.now()).total_seconds()


async def visitor_of(scope: Mapping[str, Any]) -> Visitor:
    """Return the visitor: by token or API key (`?token=`, `Authorization: Bearer`), else by session, else a guest.

    Raises rest_framework's AuthenticationFailed for a token that is empty, invalid, has expired or names no active
    player and for an `Authorization` of any other kind, PermissionDenied for a key that may not listen, a Refusal
    for a lockout, and ServiceUnavailable while the database is away.
    """
    try:
        return await _known(scope)
    except UNREACHABLE as error:
        raise ServiceUnavailable from error


async def _known(scope: Mapping[str, Any]) -> Visitor:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    if (token := _token_of(scope, headers)) is not None:
        visitor: Visitor = await database_sync_to_async(_visitor_with)(token, client_address(scope))
        return visitor
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    if not (session_key := cookies.get(settings.SESSION_COOKIE_NAME)):
        return Visitor(None)
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = await get_user({"session": session})
    if not user.is_authenticated:
        return Visitor(None)
    return Visitor(user.pk, user.get_username(), sign_in=number_of_session(session))


def _token_of(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> str | None:
    """Return the token that was sent, None where nothing was. Raises AuthenticationFailed for what is no token."""
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    if "token" in query:
        token: str = query["token"][0].strip()
        if not token:
            raise AuthenticationFailed("The token is empty.", code="token_not_valid")
        return token
    if b"authorization" not in headers:
        return None
    scheme, *words = headers[b"authorization"].decode("latin-1").split() or [""]
    if scheme.lower() != "bearer" or len(words) != 1:
        raise AuthenticationFailed("Authorization must be `Bearer` and a token or API key.", code="token_not_valid")
    return words[0]


def _visitor_with(raw_token: str, address: str) -> Visitor:
    if is_key(raw_token):
        return _visitor_by_key(raw_token, address)
    authentication = TokenAuthentication()
    token = authentication.get_validated_token(raw_token.encode())
    player = authentication.get_user(token)
    until = datetime.fromtimestamp(token["exp"], UTC)
    return Visitor(player.pk, player.get_username(), until, token.get(SIGN_IN))


def _visitor_by_key(key: str, address: str) -> Visitor:
    try:
        holder = holder_of(key, address=address, now=timezone.now())
    except LockedOut as error:
        raise Refusal(error) from error
    holder.check(READ)
    return Visitor(holder.pk, holder.username, holder.until, api_key=holder.key_id, scopes=holder.scopes)
