"""Players for the benchmarks, made in bulk."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import User
from operations.load.players import give_money, new_player


def funded_players(count: int, *, bdt: int = 100_000_000) -> list[int]:
    """Make new players with `bdt` BDT each; return their ids, one after the other."""
    ids = new_players("bench", count)
    give_money(ids, bdt=bdt, reason="benchmark", now=timezone.now())
    return ids


def new_players(name: str, count: int) -> list[int]:
    """Make new players `name-0` and on, with verified addresses and no money; return their ids, one after the other."""
    now = timezone.now()
    users = [new_player(f"{name}-{number}", now=now) for number in range(count)]
    return [user.pk for user in User.objects.bulk_create(users, batch_size=5_000)]
