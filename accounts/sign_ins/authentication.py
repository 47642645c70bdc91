"""Authentication of API requests by access token or API key, each as `Authorization: Bearer`.

Views that need permissions or the account load the token's player from the database; frequent calls trust the token
alone and know only the player's id. A token ends with its sign-in, within a second, and so when the player is
deactivated (`accounts.sign_ins.revocations`); while Redis is away it may live for ACCESS_TOKEN_LIFETIME_SECS. Writers
of money check under the wallet's lock that the account is open.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token

from accounts.keys.holders import holder_of, scope_for
from accounts.keys.registry import is_key
from accounts.sign_ins.revocations import is_ended
from accounts.sign_ins.tokens import SIGN_IN
from core.api.exceptions import Refusal
from core.errors import LockedOut
from core.web.client_addresses import address_of_request

#: Verified tokens that a process remembers, about 1 kB each: to verify one again costs more than to find it.
TOKENS_REMEMBERED = 8192


@dataclass(frozen=True, slots=True)
class TokenBearer:
    """The player whom a token names. It has no permissions, as the database is not asked."""

    pk: int

    is_authenticated: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Return False: a token's player has no permissions."""
        return False


class TokenAuthentication(JWTAuthentication):
    """Authentication by access token; with `loads_player`, the database is asked whether the player is active."""

    def __init__(self, *, loads_player: bool = True) -> None:
        super().__init__()
        self.loads_player = loads_player

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the player of a token, or of an API key that the view accepts; None where neither was sent.

        Raises AuthenticationFailed, and for a key PermissionDenied, or LockedOut as a Refusal.
        """
        header = self.get_header(request)
        raw = None if header is None else self.get_raw_token(header)
        if raw is None or not is_key(key := raw.decode("latin-1")):
            return super().authenticate(request)
        try:
            holder = holder_of(key, address=address_of_request(request._request), now=timezone.now())
        except LockedOut as error:
            raise Refusal(error) from error
        holder.check(scope_for(request.parser_context.get("view"), request.method))
        return holder, holder

    def get_raw_token(self, header: bytes) -> bytes | None:
        """Return the token of an `Authorization` header, whose scheme is written in any case (RFC 9110); None for
        another scheme.
        """
        scheme, *words = header.split() or [b""]
        return super().get_raw_token(b" ".join([scheme.capitalize(), *words]))

    def get_validated_token(self, raw_token: bytes) -> Token:
        """Return the token. Raises InvalidToken when it is forged, no access token, or has expired."""
        token = _validated(raw_token)
        if token["exp"] > time.time():
            return token
        return super().get_validated_token(raw_token)  # refuses it in its own words

    def get_user(self, validated_token: Token) -> Any:
        """Return the player whom the token names.

        Raises AuthenticationFailed when its sign-in has ended, or the database does not let the player in.
        """
        if is_ended(validated_token.get(SIGN_IN)):
            raise AuthenticationFailed("The sign-in of this token has ended.", code="token_not_valid")
        if self.loads_player:
            return super().get_user(validated_token)
        return TokenBearer(int(validated_token[api_settings.USER_ID_CLAIM]))


class TokenScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]  # registers itself with the documentation
    """The schema's description of the token scheme, which equals the library's and accepts API keys too."""

    target_class = "accounts.sign_ins.authentication.TokenAuthentication"

    def get_security_definition(self, auto_schema: Any) -> Any:
        """Return the scheme of bearer tokens and API keys."""
        told = (
            "An access token, or an API key (`bxk_...`) with the scope that the operation names as `x-required-scope`."
        )
        return {"type": "http", "scheme": "bearer", "description": told}


#: For doors that need no more of a player than who it is. A session still loads its player.
BY_TOKEN_ALONE: Any = (partial(TokenAuthentication, loads_player=False), SessionAuthentication)


@lru_cache(maxsize=TOKENS_REMEMBERED)
def _validated(raw_token: bytes) -> Token:
    """Return the verified token. Results are cached; a refusal is raised and so never cached."""
    return JWTAuthentication().get_validated_token(raw_token)
