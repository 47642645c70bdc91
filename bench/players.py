"""Players for the benchmarks, made in bulk."""

from __future__ import annotations

from uuid import uuid4

from django.utils import timezone

from accounts.models import User
from markets.money import MICRO
from trading.wallets import top_up


def funded_players(count: int, *, bdt: int = 100_000_000) -> list[int]:
    """Ids, one after the other, of new players with `bdt` BDT each."""
    users = [User(username=f"bench-{number}", email=f"{number}@bench.invalid") for number in range(count)]
    ids = [user.pk for user in User.objects.bulk_create(users)]
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
