"""The players of a load: made, given money and a token, by the functions for all players."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.contrib.auth.hashers import make_password
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
        [
            User(
                username=name,
                look=look_of(name),
                email=f"{name}@load.invalid",
                verified_at=now,
                password=unusable,
                is_simulated=True,
            )
            for name in names
        ],
        ignore_conflicts=True,
    )
    users = list(User.objects.filter(username__in=names, is_simulated=True, is_active=True).order_by("pk"))
    _fill_wallets([user.pk for user in users], now=now)
    return [Player(user.pk, _token_of(user, lasts_secs=token_secs)) for user in users]


def _fill_wallets(player_ids: list[int], *, now: datetime) -> None:
    rich = Wallet.objects.filter(pk__in=player_ids, balance_micro__gte=POOR_BELOW_BDT * MICRO)
    for player_id in sorted(set(player_ids) - set(rich.values_list("pk", flat=True))):
        top_up(
            operation=uuid4(),
            initiator_id=player_id,
            player_id=player_id,
            amount_micro=TOP_UP_BDT * MICRO,
            reason="A player of a load was poor",
            now=now,
        )


def _token_of(user: User, *, lasts_secs: float) -> str:
    token = AccessToken.for_user(user)
    token.set_exp(lifetime=timedelta(seconds=lasts_secs))
    return str(token)
