"""Refresh and access tokens: issued, rotated and revoked. Nothing else writes the blacklist.

A refresh token works once. The player's row is locked while one is exchanged, so that a change of password, which locks
it too, leaves no token behind that it has not seen.
"""

from datetime import UTC, datetime
from typing import TypedDict

from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.clients import Client
from accounts.errors import TokenNotValid
from accounts.locks import active_player_locked
from accounts.models import SignIn, User
from accounts.sign_ins import begin_tokens, end_of, renew_tokens
from config.database import short_transaction

#: The claim of both tokens of a pair that numbers their sign-in.
SIGN_IN = "sign_in"


class TokenPair(TypedDict):
    """What a client keeps: `access` for requests, `refresh` for the next pair."""

    access: str
    refresh: str


def issue_tokens(*, player: User, client: Client) -> TokenPair:
    """Give a player who has just proved who they are a new pair, and keep that `client` has it."""
    refresh = RefreshToken.for_user(player)
    refresh[SIGN_IN] = begin_tokens(player=player, client=client, until=_end_of(refresh))
    return _pair(refresh)


def rotate_tokens(*, refresh: str, client: Client) -> TokenPair:
    """Exchange a refresh token for a new pair. Raises TokenNotValid, and NoActiveAccount when the player is gone."""
    player_id = int(_verified(refresh)["user_id"])
    with short_transaction():
        player = active_player_locked(player_id=player_id)
        # Again, under the lock: two exchanges of one token may both have found it unused.
        used = _verified(refresh)
        used.blacklist()
        if SIGN_IN not in used:
            # From before sign-ins were kept.
            return issue_tokens(player=player, client=client)
        following = RefreshToken.for_user(player)
        following[SIGN_IN] = used[SIGN_IN]
        if not renew_tokens(number=used[SIGN_IN], player=player, client=client, until=_end_of(following)):
            raise TokenNotValid
        return _pair(following)


def revoke_token(*, refresh: str) -> None:
    """Make a refresh token useless, and end its sign-in. Raises TokenNotValid when it is so already."""
    revoked = _verified(refresh)
    with short_transaction():
        revoked.blacklist()
        end_of(SignIn.objects.filter(pk=revoked.get(SIGN_IN), player_id=int(revoked["user_id"])))


def revoke_all_tokens(*, player: User) -> None:
    """Make every refresh token of a player useless. Call it with the player's row locked."""
    alive = OutstandingToken.objects.filter(user=player, blacklistedtoken=None, expires_at__gt=timezone.now())
    BlacklistedToken.objects.bulk_create([BlacklistedToken(token=token) for token in alive], ignore_conflicts=True)


def _pair(refresh: RefreshToken) -> TokenPair:
    return {"access": str(refresh.access_token), "refresh": str(refresh)}


def _end_of(refresh: RefreshToken) -> datetime:
    return datetime.fromtimestamp(refresh["exp"], UTC)


def _verified(refresh: str) -> RefreshToken:
    try:
        return RefreshToken(refresh)  # type: ignore[arg-type]  # the library's annotation asks for what it makes
    except TokenError as error:
        raise TokenNotValid from error
