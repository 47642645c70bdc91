"""Starting grants: posted when an account is opened or its address verified, and by a command for players without."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from core.database.transactions import short_transaction
from trading.ledger import posting
from trading.models import Wallet
from trading.wallets.wallets import announce_grant, wallet_for_writing


def grant_new_player(player_id: int, now: datetime) -> None:
    """Post the starting grant of a new player who needs no verification, in the transaction of the registration."""
    if settings.STARTING_GRANT_BDT > 0 and not settings.VERIFICATION_REQUIRED:
        wallet_for_writing(player_id=player_id, now=now)


def grant_verified_player(player_id: int, now: datetime) -> None:
    """Post the starting grant of a player whose address has just been verified, unless it was posted before."""
    if settings.STARTING_GRANT_BDT > 0:
        _grant(player_id, now)


def post_missing_grants(*, now: datetime, batch_size: int, only_without_wallet: bool = False) -> int:
    """Post the starting grant of every active, verified player without one, and return the number posted.

    Players are read `batch_size` at a time, and each grant is a transaction of its own. Nobody gets a second one,
    however often this runs. With `only_without_wallet`, players with a wallet are left as they are. Raises MarketBusy;
    grants posted until then stand.
    """
    if settings.STARTING_GRANT_BDT <= 0:
        return 0
    return sum(_grant(player_id, now) for player_id in _players_without(batch_size, only_without_wallet))


def _grant(player_id: int, now: datetime) -> bool:
    with short_transaction():
        is_new = not Wallet.objects.filter(pk=player_id).exists()
        player = wallet_for_writing(player_id=player_id, now=now).player
        if not (player.is_active and player.is_verified):
            return False
        grant = posting.post_grant(player_id=player_id, now=now)
        announce_grant(grant)
        return grant is not None or is_new


def _players_without(batch_size: int, only_without_wallet: bool) -> Iterator[int]:
    players = _may_have_grant()
    players = players.filter(~Exists(Wallet.objects.filter(player=OuterRef("pk")))) if only_without_wallet else players
    last_id = 0
    while batch := list(players.filter(pk__gt=last_id).values_list("pk", flat=True)[:batch_size]):
        yield from batch
        last_id = batch[-1]


def _may_have_grant() -> QuerySet[User]:
    granted = posting.grants().filter(payee=OuterRef("pk"), initiator=OuterRef("pk"))
    players = User.objects.filter(~Exists(granted), is_active=True).order_by("pk")
    return players.filter(verified_at__isnull=False) if settings.VERIFICATION_REQUIRED else players
