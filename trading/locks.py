"""The app's row locks, the only place that takes any. Everywhere: Listing, Land, Wallet, Holding, Market; keys
ascending.

Every helper evaluates at once and returns rows, for a lazy locked queryset locks nothing. `no_key`, because FOR
UPDATE would also stall every insert that references the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from attention.biomes import Biome
from core.database.transactions import SET_PATIENCE, patience, prepared_row
from core.errors import AccountClosed
from markets.locks import LOCK_MARKET, MARKET_COLUMNS
from markets.models import Market
from trading.models import Wallet


class NoWallet(Exception):
    """Raised when the player has no wallet yet: open it, then ask again."""


@dataclass(frozen=True, slots=True)
class LockedForBuy:
    """The rows that a buy has locked: the player's balance, and the market."""

    balance_micro: int
    market: Market


@dataclass(frozen=True, slots=True)
class LockedForSale:
    """The rows that a sale has locked: the player's shares in the market with their cost, and the market."""

    shares_micro: int
    cost_micro: int
    market: Market


# One round trip for all locks of a trade. Each part looks whether the one before has its row, so PostgreSQL takes them
# in this order; the patience comes first, for it bounds the waits. The account is read under the wallet's lock, so that
# a closed one is refused however its player was let in.
_WALLET_FIRST = f"""
    WITH patience AS MATERIALIZED ({SET_PATIENCE}), wallet AS MATERIALIZED (
        SELECT wallet.balance_micro, player.is_active
        FROM trading_wallet AS wallet JOIN accounts_user AS player ON player.id = wallet.player_id
        WHERE wallet.player_id = %(player)s AND EXISTS (SELECT FROM patience)
        FOR NO KEY UPDATE OF wallet
    )
"""  # noqa: S608  # parts of our own
# A buy adds to its holding, whatever that is: the wallet's lock guards it.
_LOCK_FOR_BUY = f"""
    {_WALLET_FIRST}, market AS MATERIALIZED ({LOCK_MARKET.format(after="wallet")})
    SELECT wallet.is_active, wallet.balance_micro, market.* FROM wallet, market
"""  # noqa: S608  # parts of our own
_LOCK_FOR_SALE = f"""
    {_WALLET_FIRST}, holding AS MATERIALIZED (
        SELECT shares_micro, cost_micro
        FROM trading_holding
        WHERE player_id = %(player)s AND market_id = %(biome)s AND EXISTS (SELECT FROM wallet)
        FOR NO KEY UPDATE
    ), holding_or_none AS MATERIALIZED (
        SELECT coalesce(sum(shares_micro), 0)::bigint AS shares, coalesce(sum(cost_micro), 0)::bigint AS cost
        FROM holding
    ), market AS MATERIALIZED ({LOCK_MARKET.format(after="holding_or_none")})
    SELECT wallet.is_active, shares, cost, market.* FROM wallet, holding_or_none, market
"""  # noqa: S608  # parts of our own


def locked_for_buy(*, player_id: int, biome: Biome) -> LockedForBuy:
    """Set the lock timeout, then lock a player's wallet and the market, in this order, until the transaction ends.

    Raises NoWallet, AccountClosed.
    """
    balance_micro, *market = _locked(_LOCK_FOR_BUY, player_id=player_id, biome=biome)
    return LockedForBuy(balance_micro, _market_of(market))


def locked_for_sale(*, player_id: int, biome: Biome) -> LockedForSale:
    """Lock as `locked_for_buy`, with the holding between the two: of 0 shares where there is none."""
    shares_micro, cost_micro, *market = _locked(_LOCK_FOR_SALE, player_id=player_id, biome=biome)
    return LockedForSale(shares_micro, cost_micro, _market_of(market))


def _locked(statement: str, *, player_id: int, biome: Biome) -> Sequence[Any]:
    row = prepared_row(statement, {"player": player_id, "biome": biome.value} | patience())
    if row is None:
        raise NoWallet
    is_active, *locked = row
    if not is_active:
        raise AccountClosed
    return locked


def _market_of(values: Sequence[Any]) -> Market:
    return Market.from_db(connection.alias, MARKET_COLUMNS, values)


def wallet_locked(*, player_id: int) -> Wallet | None:
    """Lock a player's wallet until the transaction ends; None where the player has none yet."""
    return Wallet.objects.select_for_update(of=("self",), no_key=True).filter(pk=player_id).first()


def wallets_locked(*, player_ids: Iterable[int]) -> dict[int, Wallet]:
    """Lock several wallets, in ascending key, with their players, by player id; without those that do not exist."""
    wallets = Wallet.objects.select_for_update(of=("self",), no_key=True).select_related("player")
    return {wallet.pk: wallet for wallet in wallets.filter(pk__in=player_ids).order_by("pk")}


def holdings_locked() -> None:
    """Lock the table of holdings against every other writer until the transaction ends; reads go on."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE trading_holding IN SHARE ROW EXCLUSIVE MODE")
