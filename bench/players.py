"""Players for the benchmarks, made in bulk."""

from __future__ import annotations

from uuid import uuid4

from django.utils import timezone

from accounts.models import User
from markets.money import MICRO
from trading.wallets.wallets import top_up


def funded_players(count: int, *, bdt: int = 100_000_000) -> list[int]:
    """Make new players with `bdt` BDT each; return their ids, one after the other."""
    ids = new_players("bench", count)
    for player_id in ids:
        top_up(
            operation=uuid4(),
            initiator_id=player_id,
            player_id=player_id,
            amount_micro=bdt * MICRO,
            reason="benchmark",
            now=timezone.now(),
        )
    return ids


def new_players(name: str, count: int) -> list[int]:
    """Make new players `name-0` and on, with verified addresses and no money; return their ids, one after the other."""
    now = timezone.now()
    users = [
        User(username=f"{name}-{number}", email=f"{number}@{name}.invalid", verified_at=now) for number in range(count)
    ]
    return [user.pk for user in User.objects.bulk_create(users, batch_size=5_000)]
