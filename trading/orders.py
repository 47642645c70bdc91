"""Buying and selling shares. Every door to a trade calls these two functions."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from attention.biomes import Biome
from config.database import after_commit
from config.errors import InsufficientFunds, InsufficientShares
from markets.economy import settings_version
from markets.locks import market_locked
from trading import announcements, ledger
from trading.locks import holding_locked
from trading.models import Transaction
from trading.quotes import NO_LIMIT, Limit, quote_buy, quote_sell
from trading.wallets import own_wallet_for_writing


def buy_shares(
    *,
    operation: UUID,
    player_id: int,
    biome: Biome,
    now: datetime,
    spend_micro: int | None = None,
    shares_micro: int | None = None,
    limit: Limit = NO_LIMIT,
) -> Transaction:
    """Buy along the curve: what `spend_micro` buys, fee included, or exactly `shares_micro`. Name one of the two.

    The same `operation` with the same request gives the first transaction again. Raises AccountClosed,
    InsufficientFunds, TradeTooLarge, AmountTooSmall, SoldOut, PriceMoved, TradingPaused, IdempotencyConflict,
    MarketBusy; nothing changes then.
    """
    order = ledger.order_of(
        operation=operation, initiator_id=player_id, request=("buy", biome.value, spend_micro, shares_micro, limit)
    )

    def write() -> Transaction:
        wallet = own_wallet_for_writing(player_id=player_id, now=now)
        if spend_micro is not None and wallet.balance_micro < spend_micro:
            raise InsufficientFunds(attr="spend")
        market = market_locked(biome=biome)
        version = settings_version(market.settings_id)
        quote = quote_buy(market=market, version=version, spend_micro=spend_micro, shares_micro=shares_micro)
        limit.check(quote)
        if wallet.balance_micro < quote.total_micro:
            raise InsufficientFunds
        bought = ledger.post_buy(order=order, market=market, quote=quote, now=now)
        after_commit(partial(announcements.announce_trade, bought))
        return bought.transaction

    return ledger.carry_out(order, write)


def sell_shares(
    *,
    operation: UUID,
    player_id: int,
    biome: Biome,
    now: datetime,
    shares_micro: int,
    limit: Limit = NO_LIMIT,
) -> Transaction:
    """Sell `shares_micro` along the curve.

    The same `operation` with the same request gives the first transaction again. Raises AccountClosed,
    InsufficientShares, TradeTooLarge, AmountTooSmall, PriceMoved, TradingPaused, IdempotencyConflict, MarketBusy;
    nothing changes then.
    """
    order = ledger.order_of(
        operation=operation, initiator_id=player_id, request=("sell", biome.value, shares_micro, limit)
    )

    def write() -> Transaction:
        own_wallet_for_writing(player_id=player_id, now=now)
        holding = holding_locked(player_id=player_id, biome=biome)
        if holding is None or holding.shares_micro < shares_micro:
            raise InsufficientShares(attr="shares")
        market = market_locked(biome=biome)
        quote = quote_sell(market=market, version=settings_version(market.settings_id), shares_micro=shares_micro)
        limit.check(quote)
        sold = ledger.post_sell(order=order, market=market, holding=holding, quote=quote, now=now)
        after_commit(partial(announcements.announce_trade, sold))
        return sold.transaction

    return ledger.carry_out(order, write)
