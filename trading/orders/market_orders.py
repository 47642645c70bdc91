"""Buying and selling shares. Every trade is made by one of these two functions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from attention.biomes import Biome
from core.database.transactions import after_commit, impatient_transaction
from core.errors import InsufficientFunds, InsufficientShares
from core.observability.metrics import TRADES
from markets.economic_settings import settings_version
from trading import events
from trading.ledger import posting
from trading.ledger.requests import Order, order_of
from trading.locks import NoWallet, locked_for_buy, locked_for_sale
from trading.models import Transaction
from trading.orders.requests import buy_request, sale_request
from trading.pricing.quotes import NO_LIMIT, Limit, quote_buy, quote_sell
from trading.wallets.wallets import ensure_wallet


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
    request = buy_request(biome=biome, spend_micro=spend_micro, shares_micro=shares_micro, limit=limit)
    order = order_of(operation=operation, initiator_id=player_id, request=request)

    def post() -> posting.PostedTrade:
        locked = locked_for_buy(player_id=player_id, biome=biome)
        if spend_micro is not None and locked.balance_micro < spend_micro:
            raise InsufficientFunds(attr="spend")
        version = settings_version(locked.market.settings_id)
        quote = quote_buy(market=locked.market, version=version, spend_micro=spend_micro, shares_micro=shares_micro)
        limit.check(quote)
        if locked.balance_micro < quote.total_micro:
            raise InsufficientFunds
        return posting.post_buy(order=order, market=locked.market, quote=quote, now=now)

    return _carry_out(order, post, now=now)


def sell_shares(
    *,
    operation: UUID,
    player_id: int,
    biome: Biome,
    now: datetime,
    shares_micro: int | None = None,
    receive_micro: int | None = None,
    limit: Limit = NO_LIMIT,
) -> Transaction:
    """Sell along the curve: exactly `shares_micro`, or the fewest that bring `receive_micro` after the fee. Name one.

    The same `operation` with the same request gives the first transaction again. Raises AccountClosed,
    InsufficientShares, TradeTooLarge, AmountTooSmall, PriceMoved, TradingPaused, IdempotencyConflict, MarketBusy;
    nothing changes then.
    """
    request = sale_request(biome=biome, shares_micro=shares_micro, receive_micro=receive_micro, limit=limit)
    order = order_of(operation=operation, initiator_id=player_id, request=request)

    def post() -> posting.PostedTrade:
        locked = locked_for_sale(player_id=player_id, biome=biome)
        version = settings_version(locked.market.settings_id)
        if locked.shares_micro < (shares_micro or 0):
            raise InsufficientShares(attr="shares")
        quote = quote_sell(
            market=locked.market, version=version, shares_micro=shares_micro, receive_micro=receive_micro
        )
        if locked.shares_micro < quote.shares_micro:
            raise InsufficientShares(attr="shares")
        limit.check(quote)
        basis_micro = posting.basis_of(
            cost_micro=locked.cost_micro, held_micro=locked.shares_micro, sold_micro=quote.shares_micro
        )
        return posting.post_sell(order=order, market=locked.market, quote=quote, basis_micro=basis_micro, now=now)

    return _carry_out(order, post, now=now)


def _carry_out(order: Order, post: Callable[[], posting.PostedTrade], *, now: datetime) -> Transaction:
    def write() -> Transaction:
        with impatient_transaction():
            posted = post()
        trade = posted.told()
        TRADES.labels(trade.transaction.market_id, trade.transaction.kind.removeprefix("biome_")).inc()
        after_commit(partial(events.announce_trade, trade))
        return trade.transaction

    try:
        return posting.carry_out(order, write)
    except NoWallet:
        ensure_wallet(player_id=order.initiator_id, now=now)
        return posting.carry_out(order, write)
