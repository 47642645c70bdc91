"""Refresh and access tokens: issued, rotated and revoked. Nothing else writes the blacklist.

A refresh token works once. The player's row is locked while one is exchanged, so that a change of password, which locks
it too, leaves no token behind that it has not seen.
"""

from typing import TypedDict

from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.errors import TokenNotValid
from accounts.locks import active_player_locked
from accounts.models import User
from config.database import short_transaction


class TokenPair(TypedDict):
    """What a client keeps: `access` for requests, `refresh` for the next pair."""

    access: str
    refresh: str


def issue_tokens(*, player: User) -> TokenPair:
    """Give a player who has just proved who they are a new pair."""
    refresh = RefreshToken.for_user(player)
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def rotate_tokens(*, refresh: str) -> TokenPair:
    """Exchange a refresh token for a new pair. Raises TokenNotValid, and NoActiveAccount when the player is gone."""
    player_id = int(_verified(refresh)["user_id"])
    with short_transaction():
        player = active_player_locked(player_id=player_id)
        # Again, under the lock: two exchanges of one token may both have found it unused.
        _verified(refresh).blacklist()
        return issue_tokens(player=player)


def revoke_token(*, refresh: str) -> None:
    """Make a refresh token useless. Raises TokenNotValid when it is so already."""
    _verified(refresh).blacklist()


def revoke_all_tokens(*, player: User) -> None:
    """Make every refresh token of a player useless. Call it with the player's row locked."""
    alive = OutstandingToken.objects.filter(user=player, blacklistedtoken=None, expires_at__gt=timezone.now())
    BlacklistedToken.objects.bulk_create([BlacklistedToken(token=token) for token in alive], ignore_conflicts=True)


def _verified(refresh: str) -> RefreshToken:
    try:
        return RefreshToken(refresh)  # type: ignore[arg-type]  # the library's annotation asks for what it makes
    except TokenError as error:
        raise TokenNotValid from error
