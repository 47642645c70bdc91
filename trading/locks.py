"""The only place in this app that locks rows. Everywhere: Listing, Wallet, Holding, Market; ascending keys in each.

Every helper evaluates at once and returns rows, for a lazy locked queryset locks nothing. `no_key`, because FOR UPDATE
would also stall every insert that references the row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from attention.biomes import Biome
from config.database import patience, prepared_row
from config.errors import AccountClosed
from markets.locks import LOCK_MARKET, MARKET_COLUMNS
from markets.models import Market
from trading.models import Wallet


class NoWallet(Exception):
    """The player has no wallet yet: open it, then ask again."""


@dataclass(frozen=True, slots=True)
class Locked:
    """What a trade has locked: the player's balance, holding in the market, and the market itself."""

    balance_micro: int
    shares_micro: int
    cost_micro: int
    market: Market


# One round trip for all locks of a trade. Each part looks whether the one before has its row, so PostgreSQL takes them
# in this order; the patience comes first, for it bounds the waits. The account is read under the wallet's lock, so that
# a closed one is refused however its player was let in.
_LOCK_FOR_TRADE = """
    WITH patience AS MATERIALIZED (
        SELECT set_config('lock_timeout', %(patience)s, true)
    ), wallet AS MATERIALIZED (
        SELECT wallet.balance_micro, player.is_active
        FROM trading_wallet AS wallet JOIN accounts_user AS player ON player.id = wallet.player_id
        WHERE wallet.player_id = %(player)s AND EXISTS (SELECT FROM patience)
        FOR NO KEY UPDATE OF wallet
    ), holding AS MATERIALIZED (
        SELECT shares_micro, cost_micro
        FROM trading_holding
        WHERE player_id = %(player)s AND market_id = %(biome)s AND EXISTS (SELECT FROM wallet)
        FOR NO KEY UPDATE
    ), holding_or_none AS MATERIALIZED (
        SELECT coalesce(sum(shares_micro), 0)::bigint AS shares, coalesce(sum(cost_micro), 0)::bigint AS cost
        FROM holding
    ), market AS MATERIALIZED (
        {market}
    )
    SELECT wallet.balance_micro, wallet.is_active, shares, cost, market.*
    FROM wallet LEFT JOIN market ON true, holding_or_none
""".format(market=LOCK_MARKET.format(after="holding_or_none"))  # noqa: S608  # parts of our own


def locked_for_trade(*, player_id: int, biome: Biome) -> Locked:
    """Set the patience, then lock a player's wallet, holding and market, in this order, until the transaction ends.

    Raises NoWallet, AccountClosed.
    """
    row = prepared_row(_LOCK_FOR_TRADE, {"patience": patience(), "player": player_id, "biome": biome.value})
    if row is None:
        raise NoWallet
    balance_micro, is_active, shares_micro, cost_micro, *market = row
    if not is_active:
        raise AccountClosed
    return Locked(balance_micro, shares_micro, cost_micro, Market.from_db(connection.alias, MARKET_COLUMNS, market))


def wallet_locked(*, player_id: int) -> Wallet | None:
    """Lock a player's wallet until the transaction ends; None where the player has none yet."""
    return Wallet.objects.select_for_update(of=("self",), no_key=True).filter(pk=player_id).first()


def wallets_locked(*, player_ids: Iterable[int]) -> dict[int, Wallet]:
    """Lock several wallets, in ascending key, with their players, by player id; without those that do not exist."""
    wallets = Wallet.objects.select_for_update(of=("self",), no_key=True).select_related("player")
    return {wallet.pk: wallet for wallet in wallets.filter(pk__in=player_ids).order_by("pk")}
