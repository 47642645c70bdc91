"""The only place in this app that locks rows. Everywhere: Listing, Wallet, Holding, Market; ascending keys in each.

Every helper evaluates at once and returns rows, for a lazy locked queryset locks nothing. `no_key`, because FOR UPDATE
would also stall every insert that references the row.
"""

from __future__ import annotations

from collections.abc import Iterable

from attention.biomes import Biome
from trading.models import Holding, Wallet


def wallet_locked(*, player_id: int) -> Wallet | None:
    """Lock a player's wallet until the transaction ends; None where the player has none yet.

    It guards all that is the player's: whoever changes a holding holds this lock first.
    """
    return Wallet.objects.select_for_update(of=("self",), no_key=True).filter(pk=player_id).first()


def wallets_locked(*, player_ids: Iterable[int]) -> dict[int, Wallet]:
    """Lock several wallets, in ascending key, by player id; without those that do not exist."""
    wallets = Wallet.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=player_ids).order_by("pk")
    return {wallet.pk: wallet for wallet in wallets}


def holding_locked(*, player_id: int, biome: Biome) -> Holding | None:
    """Lock a player's holding in one market until the transaction ends; None where there is none."""
    holdings = Holding.objects.select_for_update(of=("self",), no_key=True)
    return holdings.filter(player_id=player_id, market_id=biome).first()
