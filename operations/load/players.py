"""The players of loads and benchmarks: made, given money and a token, by the functions for all players."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth.hashers import make_password
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from accounts.naming.names import look_of
from markets.money import MICRO
from trading.models import Wallet
from trading.wallets.wallets import top_up

#: Players with less get a top-up, which is recorded like any other.
POOR_BELOW_BDT, TOP_UP_BDT = 20_000, 100_000


@dataclass(frozen=True, slots=True)
class Player:
    """A signed-in player."""

    id: int
    token: str


def ready_players(*, count: int, token_secs: float, now: datetime) -> list[Player]:
    """Return the players `load-0001` and so on, those of earlier runs again, each with money and a token that lasts so
    long.

    Nobody can sign in as one of them. A name that a person took is left to that person, and there is one fewer.
    """
    names = [f"load-{number:04}" for number in range(1, count + 1)]
    unusable = make_password(None)
    User.objects.bulk_create(
        [new_player(name, now=now, look=look_of(name), password=unusable, is_simulated=True) for name in names],
        ignore_conflicts=True,
    )
    users = User.objects.filter(username__in=names, is_simulated=True, is_active=True).order_by("pk")
    ids = list(users.values_list("pk", flat=True))
    rich = Wallet.objects.filter(pk__in=ids, balance_micro__gte=POOR_BELOW_BDT * MICRO).values_list("pk", flat=True)
    give_money(sorted(set(ids) - set(rich)), bdt=TOP_UP_BDT, reason="A player of a load was poor", now=now)
    return [Player(pk, access_token(pk, lasts_secs=token_secs)) for pk in ids]


def new_player(name: str, *, now: datetime, **fields: Any) -> User:
    """Return a player that is not saved yet, with a verified address that receives no mail."""
    return User(username=name, email=f"{name}@load.invalid", verified_at=now, **fields)


def give_money(player_ids: Iterable[int], *, bdt: int, reason: str, now: datetime) -> None:
    """Top up the wallet of each player."""
    for player_id in player_ids:
        top_up(
            operation=uuid4(),
            initiator_id=player_id,
            player_id=player_id,
            amount_micro=bdt * MICRO,
            reason=reason,
            now=now,
        )


def access_token(player_id: int, *, lasts_secs: float | None = None) -> str:
    """Return an access token, as signing in gives it; it lasts as long as any where no time is given."""
    token = AccessToken()
    token[api_settings.USER_ID_CLAIM] = str(player_id)
    if lasts_secs is not None:
        token.set_exp(lifetime=timedelta(seconds=lasts_secs))
    return str(token)
