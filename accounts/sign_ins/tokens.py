"""Refresh and access tokens: issued, rotated and revoked. Nothing else writes the blacklist.

A refresh token works once, and its sign-in lasts for REFRESH_TOKEN_LIFETIME_SECS however often it is exchanged. One
that comes again was stolen, or its successor was: the sign-in ends. The player's row is locked while one is exchanged,
so that a change of password, which locks it too, leaves no token behind that it has not seen.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import partial
from typing import TypedDict

from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken, UntypedToken

from accounts.errors import TokenNotValid
from accounts.locks import active_player_locked
from accounts.mail.notices import tell_of_reused_token
from accounts.models import SignIn, User
from accounts.sign_ins.devices import Client
from accounts.sign_ins.registry import begin_tokens, end_sign_ins, renew_tokens
from core.database.transactions import after_commit, short_transaction

logger = logging.getLogger(__name__)

#: The claim of both tokens of a pair that numbers their sign-in.
SIGN_IN = "sign_in"


class TokenPair(TypedDict):
    """A pair of tokens: `access` for requests, `refresh` for the next pair."""

    access: str
    refresh: str


def issue_tokens(*, player: User, client: Client) -> TokenPair:
    """Give a player who has just proved their identity a new pair, and record the client that has it."""
    refresh = RefreshToken.for_user(player)
    refresh[SIGN_IN] = begin_tokens(player=player, client=client, until=_end_of(refresh))
    return _pair(refresh)


def rotate_tokens(*, refresh: str, client: Client) -> TokenPair:
    """Exchange a refresh token for a new pair. Raises TokenNotValid, and NoActiveAccount when the player is gone.

    A token that was exchanged before ends its sign-in, which locks out the holder of the other copy too.
    """
    try:
        return _rotated(refresh=refresh, client=client)
    except TokenNotValid:
        _end_family_of_reused(refresh)
        raise


def revoke_token(*, refresh: str) -> None:
    """Revoke a refresh token, and end its sign-in. Raises TokenNotValid when it is revoked already."""
    revoked = _verified(refresh)
    with short_transaction():
        revoked.blacklist()
        end_sign_ins(SignIn.objects.filter(pk=revoked.get(SIGN_IN), player_id=int(revoked["user_id"])))


def revoke_all_tokens(*, player: User) -> None:
    """Revoke every refresh token of a player. Call it with the player's row locked."""
    alive = OutstandingToken.objects.filter(user=player, blacklistedtoken=None, expires_at__gt=timezone.now())
    BlacklistedToken.objects.bulk_create([BlacklistedToken(token=token) for token in alive], ignore_conflicts=True)


def _rotated(*, refresh: str, client: Client) -> TokenPair:
    player_id = int(_verified(refresh)["user_id"])
    with short_transaction():
        player = active_player_locked(player_id=player_id)
        # Again, under the lock: two exchanges of one token may both have found it unused.
        used = _verified(refresh)
        used.blacklist()
        if SIGN_IN not in used:
            # From before sign-ins were kept.
            return issue_tokens(player=player, client=client)
        until = _end_of_family(used, player)
        following = _following(player, used, until)
        if not renew_tokens(number=used[SIGN_IN], player=player, client=client, until=until):
            raise TokenNotValid
        return _pair(following)


def _end_of_family(used: RefreshToken, player: User) -> datetime:
    """Return when the token's sign-in ends at the latest. Raises TokenNotValid when it has ended."""
    began_at = SignIn.objects.filter(pk=used[SIGN_IN], player=player).values_list("began_at", flat=True).first()
    if began_at is None:
        raise TokenNotValid
    # The earlier one: before, each exchange made it later.
    until: datetime = min(_end_of(used), began_at + api_settings.REFRESH_TOKEN_LIFETIME)
    if until <= timezone.now():
        raise TokenNotValid
    return until


def _following(player: User, used: RefreshToken, until: datetime) -> RefreshToken:
    following = RefreshToken.for_user(player)
    following[SIGN_IN], following["exp"] = used[SIGN_IN], int(until.timestamp())
    OutstandingToken.objects.filter(jti=following["jti"]).update(expires_at=until, token=str(following))
    return following


def _end_family_of_reused(refresh: str) -> None:
    """End the sign-in of a refresh token of ours that was exchanged before, and tell its player; else do nothing."""
    try:
        reused = UntypedToken(refresh)  # type: ignore[arg-type]  # the library's annotation asks for what it makes
    except TokenError:
        return
    if reused.get("token_type") != RefreshToken.token_type or SIGN_IN not in reused:
        return
    if not BlacklistedToken.objects.filter(token__jti=reused["jti"]).exists():
        return
    player = User.objects.filter(pk=int(reused["user_id"])).first()
    if player is None:
        return
    with short_transaction():
        ended = end_sign_ins(SignIn.objects.filter(pk=reused[SIGN_IN], player=player))
        if ended:
            after_commit(partial(tell_of_reused_token, player))
    if ended:
        logger.warning(
            "a refresh token of player %s came a second time: sign-in %s is ended", player.pk, reused[SIGN_IN]
        )


def _pair(refresh: RefreshToken) -> TokenPair:
    access = refresh.access_token
    # Not beyond the end of its sign-in.
    access["exp"] = min(access["exp"], refresh["exp"])
    return {"access": str(access), "refresh": str(refresh)}


def _end_of(refresh: RefreshToken) -> datetime:
    return datetime.fromtimestamp(refresh["exp"], UTC)


def _verified(refresh: str) -> RefreshToken:
    try:
        return RefreshToken(refresh)  # type: ignore[arg-type]  # the library's annotation asks for what it makes
    except TokenError as error:
        raise TokenNotValid from error
