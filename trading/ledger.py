"""The ledger: alone in writing wallets' balances, holdings and transactions. Every movement of money is one row.

Each function runs inside its caller's transaction, with the rows that it changes locked by the caller. Balances change
by differences in SQL, and the database refuses those below zero, so even a missing lock could not make money.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.db import IntegrityError, connection
from django.db.models import F

from config.database import prepared_row, short_transaction
from config.errors import DomainError, IdempotencyConflict
from markets.fills import FILL_MARKET
from markets.models import Market
from markets.money import to_micro
from trading.models import Holding, Kind, Transaction, Wallet
from trading.quotes import Quote

_OPEN_WALLET = """
    INSERT INTO trading_wallet (player_id, balance_micro, held_micro, opened_at) VALUES (%s, 0, 0, %s)
    ON CONFLICT (player_id) DO NOTHING
"""

_BUY_SHARES = """
    INSERT INTO trading_holding AS holding (player_id, market_id, shares_micro, cost_micro, realised_micro)
    VALUES (%(player)s, %(biome)s, %(shares)s, %(total)s, 0)
    ON CONFLICT (player_id, market_id) DO UPDATE
    SET shares_micro = holding.shares_micro + excluded.shares_micro,
        cost_micro = holding.cost_micro + excluded.cost_micro
    RETURNING id, shares_micro, cost_micro, realised_micro
"""

_SELL_SHARES = """
    UPDATE trading_holding
    SET shares_micro = shares_micro - %(shares)s,
        cost_micro = cost_micro - %(basis)s,
        realised_micro = realised_micro + %(total)s - %(basis)s
    WHERE player_id = %(player)s AND market_id = %(biome)s
    RETURNING id, shares_micro, cost_micro, realised_micro
"""

# All that a trade changes, in one statement: a round trip each would hold the market's lock four times as long.
_TRADE = """
    WITH wallet AS (
        UPDATE trading_wallet SET balance_micro = balance_micro + %(balance_change)s WHERE player_id = %(player)s
        RETURNING balance_micro, held_micro, opened_at
    ), holding AS (
        {shares}
    ), market AS (
        {market}
    ), posted AS (
        INSERT INTO transactions (
            at, kind, initiator_id, operation, request_digest, payer_id, payee_id, amount_micro, fee_micro,
            market_id, shares_micro, cash_before_micro, cash_after_micro, basis_micro, reason
        ) VALUES (
            %(at)s, %(kind)s, %(player)s, %(operation)s, %(digest)s, %(payer)s, %(payee)s, %(amount)s, %(fee)s,
            %(biome)s, %(shares)s, %(cash_before)s, %(cash_after)s, %(basis)s, ''
        )
        RETURNING id
    )
    SELECT posted.id, wallet.balance_micro, wallet.held_micro, wallet.opened_at,
           holding.id, holding.shares_micro, holding.cost_micro, holding.realised_micro
    FROM posted, wallet, holding
"""
_BUY = _TRADE.format(shares=_BUY_SHARES, market=FILL_MARKET)
_SELL = _TRADE.format(shares=_SELL_SHARES, market=FILL_MARKET)


@dataclass(frozen=True, slots=True)
class Order:
    """Who asked for what: the initiator's id of the request, and a digest of its content."""

    operation: UUID
    initiator_id: int
    digest: UUID


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade that was carried out, and what it left the player with."""

    transaction: Transaction
    wallet: Wallet
    holding: Holding


def order_of(*, operation: UUID, initiator_id: int, request: tuple[object, ...]) -> Order:
    """An order whose digest tells `request` from any other under the same operation id."""
    return Order(operation, initiator_id, uuid5(operation, repr(request)))


def carry_out(order: Order, write: Callable[[], Transaction]) -> Transaction:
    """Run `write` in one short transaction; for an order that was carried out before, give its transaction again.

    A repeat is found where it fails: at the unique operation id, or where the first left too little for a second. So
    the first, which is nearly every one, does not look for an earlier one. Raises what `write` raises, MarketBusy, and
    IdempotencyConflict when the id was used for another request.
    """
    try:
        with short_transaction():
            return write()
    except DomainError:
        if (earlier := _earlier_transaction(order)) is not None:
            return earlier
        raise


def _earlier_transaction(order: Order) -> Transaction | None:
    transactions = Transaction.objects.select_related("market", "payer", "payee")
    earlier = transactions.filter(initiator_id=order.initiator_id, operation=order.operation).first()
    if earlier is not None and earlier.request_digest != order.digest:
        raise IdempotencyConflict
    return earlier


def open_wallet(*, player_id: int, now: datetime) -> None:
    """Open a player's wallet, with the starting grant where there is one. Nothing happens where it is open."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_WALLET, [player_id, now])
        is_new = bool(cursor.rowcount)
    grant_micro = to_micro(settings.STARTING_GRANT_BDT)
    if is_new and grant_micro > 0:
        order = order_of(operation=uuid4(), initiator_id=player_id, request=("grant", grant_micro))
        post_topup(order=order, player_id=player_id, amount_micro=grant_micro, reason="Starting grant", now=now)


def post_buy(*, order: Order, market: Market, quote: Quote, now: datetime) -> Trade:
    """Carry out a quoted buy for the initiator: BDT to the market and the platform, shares to the player."""
    bought = Transaction(
        **_fields_of(order),
        **_biome_fields(market, quote),
        kind=Kind.BIOME_BUY,
        at=now,
        payer_id=order.initiator_id,
        amount_micro=quote.total_micro,
    )
    changes = {
        "balance_change": -quote.total_micro,
        "cash_change": quote.curve_micro,
        "shares_change": quote.shares_micro,
    }
    return _trade(_BUY, bought, total=quote.total_micro, **changes)


def post_sell(*, order: Order, market: Market, holding: Holding, quote: Quote, now: datetime) -> Trade:
    """Carry out a quoted sale for the initiator: shares back to the market, BDT to the player and the platform."""
    sold = Transaction(
        **_fields_of(order),
        **_biome_fields(market, quote),
        kind=Kind.BIOME_SELL,
        at=now,
        payee_id=order.initiator_id,
        amount_micro=quote.curve_micro,
        basis_micro=basis_of(holding=holding, shares_micro=quote.shares_micro),
    )
    changes = {
        "balance_change": quote.total_micro,
        "cash_change": -quote.curve_micro,
        "shares_change": -quote.shares_micro,
    }
    return _trade(_SELL, sold, total=quote.total_micro, **changes)


def post_topup(*, order: Order, player_id: int, amount_micro: int, reason: str, now: datetime) -> Transaction:
    """Bring money from outside into a wallet."""
    _change_balance(player_id=player_id, change_micro=amount_micro)
    return _append(order, kind=Kind.TOPUP, at=now, payee_id=player_id, amount_micro=amount_micro, reason=reason)


def post_withdrawal(*, order: Order, player_id: int, amount_micro: int, reason: str, now: datetime) -> Transaction:
    """Take money out of a wallet to the outside."""
    _change_balance(player_id=player_id, change_micro=-amount_micro)
    return _append(order, kind=Kind.WITHDRAWAL, at=now, payer_id=player_id, amount_micro=amount_micro, reason=reason)


def post_transfer(*, order: Order, payee_id: int, amount_micro: int, reason: str, now: datetime) -> Transaction:
    """Move money from the initiator's wallet to another player's."""
    _change_balance(player_id=order.initiator_id, change_micro=-amount_micro)
    _change_balance(player_id=payee_id, change_micro=amount_micro)
    return _append(
        order,
        kind=Kind.TRANSFER,
        at=now,
        payer_id=order.initiator_id,
        payee_id=payee_id,
        amount_micro=amount_micro,
        reason=reason,
    )


def basis_of(*, holding: Holding, shares_micro: int) -> int:
    """What `shares_micro` of a holding had cost at its average, rounded down; all of it when all is sold.

    Source: the design's economics: average cost is by weighted average, with the fee counted into the cost.
    """
    return holding.cost_micro * shares_micro // holding.shares_micro


def _change_balance(*, player_id: int, change_micro: int) -> None:
    Wallet.objects.filter(pk=player_id).update(balance_micro=F("balance_micro") + change_micro)


def _append(order: Order, **fields: Any) -> Transaction:
    with _operation_once():
        return Transaction.objects.create(**_fields_of(order), **fields)


def _trade(statement: str, posted: Transaction, **amounts: int) -> Trade:
    parameters = amounts | {
        "player": posted.initiator_id,
        "biome": posted.market_id,
        "at": posted.at,
        "kind": posted.kind,
        "operation": posted.operation,
        "digest": posted.request_digest,
        "payer": posted.payer_id,
        "payee": posted.payee_id,
        "amount": posted.amount_micro,
        "fee": posted.fee_micro,
        "shares": posted.shares_micro,
        "cash_before": posted.cash_before_micro,
        "cash_after": posted.cash_after_micro,
        "basis": posted.basis_micro,
    }
    with _operation_once():
        row = prepared_row(statement, parameters)
    assert row is not None
    posted.pk, balance, held, opened_at, holding_id, shares, cost, realised = row
    wallet = Wallet(player_id=posted.initiator_id, balance_micro=balance, held_micro=held, opened_at=opened_at)
    holding = Holding(
        pk=holding_id,
        player_id=posted.initiator_id,
        market=posted.market,
        shares_micro=shares,
        cost_micro=cost,
        realised_micro=realised,
    )
    return Trade(posted, wallet, holding)


@contextmanager
def _operation_once() -> Iterator[None]:
    """The database's word that an operation id was used before, as the refusal that it is."""
    try:
        yield
    except IntegrityError as error:
        if "transaction_operation_unique" in str(error):
            raise IdempotencyConflict from error
        raise


def _fields_of(order: Order) -> dict[str, Any]:
    return {
        "initiator_id": order.initiator_id,
        "operation": order.operation,
        "request_digest": order.digest,
    }


def _biome_fields(market: Market, quote: Quote) -> dict[str, Any]:
    return {
        "market": market,
        "shares_micro": quote.shares_micro,
        "fee_micro": quote.fee_micro,
        "cash_before_micro": quote.cash_before_micro,
        "cash_after_micro": quote.cash_after_micro,
    }
