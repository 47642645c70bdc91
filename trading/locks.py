"""The only place in this app that locks rows. Everywhere: Listing, Wallet, Holding, Market; ascending keys in each.

Every helper evaluates at once and returns rows, for a lazy locked queryset locks nothing. `no_key`, because FOR UPDATE
would also stall every insert that references the row.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from accounts.models import User
from attention.biomes import Biome
from config.database import prepared_row
from trading.models import Holding, Wallet

_WALLET_COLUMNS = ["player_id", "balance_micro", "held_micro", "opened_at"]
# With the player, so that a closed account is refused however its player was let in.
_LOCK_WALLET = """
    SELECT wallet.player_id, wallet.balance_micro, wallet.held_micro, wallet.opened_at, player.is_active
    FROM trading_wallet AS wallet JOIN accounts_user AS player ON player.id = wallet.player_id
    WHERE wallet.player_id = %(player)s
    FOR NO KEY UPDATE OF wallet
"""


def wallet_locked(*, player_id: int) -> Wallet | None:
    """Lock a player's wallet until the transaction ends; None where the player has none yet. Not through the ORM, as
    it is on the path of every trade.

    It guards all that is the player's: whoever changes a holding holds this lock first.
    """
    row = prepared_row(_LOCK_WALLET, {"player": player_id})
    if row is None:
        return None
    *values, is_active = row
    wallet = Wallet.from_db(connection.alias, _WALLET_COLUMNS, values)
    wallet.player = User.from_db(connection.alias, ["id", "is_active"], [player_id, is_active])
    return wallet


def wallets_locked(*, player_ids: Iterable[int]) -> dict[int, Wallet]:
    """Lock several wallets, in ascending key, by player id; without those that do not exist."""
    wallets = Wallet.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=player_ids).order_by("pk")
    wallets = wallets.select_related("player")
    return {wallet.pk: wallet for wallet in wallets}


def holding_locked(*, player_id: int, biome: Biome) -> Holding | None:
    """Lock a player's holding in one market until the transaction ends; None where there is none."""
    holdings = Holding.objects.select_for_update(of=("self",), no_key=True)
    return holdings.filter(player_id=player_id, market_id=biome).first()
