"""The ledger: alone in writing wallets' balances, holdings and transactions. Every movement of money is one row.

Each function runs inside its caller's transaction, with the rows that it changes locked by the caller. Balances change
by differences in SQL, and the database refuses those below zero, so even a missing lock could not make money.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.db import IntegrityError, connection
from django.db.models import F

from config.errors import IdempotencyConflict
from markets.fills import fill_from_market
from markets.models import Market
from markets.money import to_micro
from trading.models import Holding, Kind, Transaction, Wallet
from trading.quotes import Quote

_OPEN_WALLET = """
    INSERT INTO trading_wallet (player_id, balance_micro, held_micro, opened_at) VALUES (%s, 0, 0, %s)
    ON CONFLICT (player_id) DO NOTHING
"""

_ADD_TO_HOLDING = """
    INSERT INTO trading_holding AS holding (player_id, market_id, shares_micro, cost_micro, realised_micro)
    VALUES (%s, %s, %s, %s, 0)
    ON CONFLICT (player_id, market_id) DO UPDATE
    SET shares_micro = holding.shares_micro + excluded.shares_micro,
        cost_micro = holding.cost_micro + excluded.cost_micro
"""


@dataclass(frozen=True, slots=True)
class Order:
    """Who asked for what: the initiator's id of the request, and a digest of its content."""

    operation: UUID
    initiator_id: int
    digest: UUID


def order_of(*, operation: UUID, initiator_id: int, request: tuple[object, ...]) -> Order:
    """An order whose digest tells `request` from any other under the same operation id."""
    return Order(operation, initiator_id, uuid5(operation, repr(request)))


def earlier_transaction(order: Order) -> Transaction | None:
    """The transaction that this very order made before, or None.

    Ask with the wallet locked: a repeated request waits for the lock, then finds the first. Raises IdempotencyConflict
    when the id was used for something else.
    """
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


def post_buy(*, order: Order, market: Market, quote: Quote, now: datetime) -> Transaction:
    """Carry out a quoted buy for the initiator: BDT to the market and the platform, shares to the player."""
    player_id = order.initiator_id
    _change_balance(player_id=player_id, change_micro=-quote.total_micro)
    with connection.cursor() as cursor:
        cursor.execute(_ADD_TO_HOLDING, [player_id, quote.biome, quote.shares_micro, quote.total_micro])
    bought = _append(
        order,
        kind=Kind.BIOME_BUY,
        at=now,
        payer_id=player_id,
        amount_micro=quote.total_micro,
        **_biome_fields(market, quote),
    )
    fill_from_market(market=market, cash_change_micro=quote.curve_micro, shares_change_micro=quote.shares_micro)
    return bought


def post_sell(*, order: Order, market: Market, holding: Holding, quote: Quote, now: datetime) -> Transaction:
    """Carry out a quoted sale for the initiator: shares back to the market, BDT to the player and the platform."""
    basis_micro = basis_of(holding=holding, shares_micro=quote.shares_micro)
    _change_balance(player_id=order.initiator_id, change_micro=quote.total_micro)
    Holding.objects.filter(pk=holding.pk).update(
        shares_micro=F("shares_micro") - quote.shares_micro,
        cost_micro=F("cost_micro") - basis_micro,
        realised_micro=F("realised_micro") + quote.total_micro - basis_micro,
    )
    sold = _append(
        order,
        kind=Kind.BIOME_SELL,
        at=now,
        payee_id=order.initiator_id,
        amount_micro=quote.curve_micro,
        basis_micro=basis_micro,
        **_biome_fields(market, quote),
    )
    fill_from_market(market=market, cash_change_micro=-quote.curve_micro, shares_change_micro=-quote.shares_micro)
    return sold


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
    try:
        return Transaction.objects.create(
            initiator_id=order.initiator_id, operation=order.operation, request_digest=order.digest, **fields
        )
    except IntegrityError as error:
        # The same id at the same moment for two wallets: neither waited for the other's lock.
        if "transaction_operation_unique" in str(error):
            raise IdempotencyConflict from error
        raise


def _biome_fields(market: Market, quote: Quote) -> dict[str, Any]:
    return {
        "market": market,
        "shares_micro": quote.shares_micro,
        "fee_micro": quote.fee_micro,
        "cash_before_micro": quote.cash_before_micro,
        "cash_after_micro": quote.cash_after_micro,
    }
