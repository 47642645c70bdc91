"""The ledger: alone in writing wallets' balances, holdings and transactions. Every movement of money is one row.

Each function runs inside its caller's transaction, with the rows that it changes locked by the caller. Balances change
by differences in SQL, and the database refuses those below zero, so even a missing lock could not make money.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, connection
from django.db.models import F, QuerySet

from accounts.models import User
from core.database.transactions import LastRow
from core.errors import DomainError
from markets.models import Market
from markets.money import to_micro
from trading.ledger.requests import Order, Request, as_replay, order_of
from trading.ledger.statements import BUY, CHANGE_BALANCE, OPEN_WALLET, SELL
from trading.models import Holding, Kind, Transaction, Wallet
from trading.pricing.quotes import Quote

#: Why a wallet opens with money. Nobody tops up the own wallet for it.
GRANT_REASON = "Starting grant"
_OPERATION_UNIQUE = "transaction_operation_unique"

# All but the generated one, which the database has and nobody asks for.
_TRANSACTION_COLUMNS = [field.attname for field in Transaction._meta.concrete_fields if field.attname != "source"]
_WALLET_COLUMNS = ["player_id", "balance_micro", "held_micro", "opened_at"]
_WALLET_AMOUNTS = len(_WALLET_COLUMNS) - 1
_HOLDING_COLUMNS = [
    "id", "player_id", "market_id", "shares_micro", "cost_micro", "realised_micro", "sold_basis_micro", "volume_micro"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade that was carried out, and what it left the player with."""

    transaction: Transaction
    wallet: Wallet
    holding: Holding


@dataclass(frozen=True, slots=True)
class PostedTrade:
    """A trade as the database has it: the values written, and what they left. Told at leisure, without the locks."""

    values: dict[str, Any]
    market: Market
    left: LastRow

    def told(self) -> Trade:
        """The trade in the words of the models."""
        player_id, market = self.values["initiator_id"], self.market
        number, *left = self.left.read()
        wallet_values, (holding_id, *amounts) = left[:_WALLET_AMOUNTS], left[_WALLET_AMOUNTS:]
        balance_micro, held_micro, _ = wallet_values
        party = "payer" if self.values["payer_id"] else "payee"
        written = self.values | {"id": number, "reason": "", f"{party}_balance_micro": balance_micro + held_micro}
        # As if read from the database, which costs a third of what it costs to make them anew.
        posted = Transaction.from_db(None, _TRANSACTION_COLUMNS, list(map(written.get, _TRANSACTION_COLUMNS)))
        wallet = Wallet.from_db(None, _WALLET_COLUMNS, [player_id, *wallet_values])
        holding = Holding.from_db(None, _HOLDING_COLUMNS, [holding_id, player_id, market.pk, *amounts])
        posted.market = holding.market = market
        return Trade(posted, wallet, holding)


def carry_out(order: Order, write: Callable[[], Transaction]) -> Transaction:
    """Call `write`, a whole transaction; for an order that was carried out before, give its transaction again.

    A repeat is found where it fails: at the unique operation id, or where the first left too little for a second. So
    the first, which is nearly every one, does not look for an earlier one. Raises what `write` raises, and
    IdempotencyConflict when the id was used for another request.
    """
    try:
        return write()
    except (DomainError, IntegrityError) as refusal:
        if isinstance(refusal, IntegrityError) and _OPERATION_UNIQUE not in str(refusal):
            raise
        if (earlier := _earlier_transaction(order)) is not None:
            return earlier
        raise


def _earlier_transaction(order: Order) -> Transaction | None:
    transactions = Transaction.objects.select_related("market", "payer", "payee")
    earlier = transactions.filter(initiator_id=order.initiator_id, operation=order.operation).first()
    return None if earlier is None else as_replay(earlier, order)


def open_wallet(*, player_id: int, now: datetime) -> Transaction | None:
    """Open a player's wallet, and return the starting grant of who is verified. Nothing happens where it is open."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_WALLET, [player_id, now])
        is_new = bool(cursor.rowcount)
    if is_new and settings.STARTING_GRANT_BDT > 0 and User.objects.get(pk=player_id).is_verified:
        return post_grant(player_id=player_id, now=now)
    return None


def grants() -> QuerySet[Transaction]:
    """Return the starting grants: top-ups for this reason. Each has its player for initiator and payee."""
    return Transaction.objects.filter(kind=Kind.TOPUP, reason=GRANT_REASON)


def post_grant(*, player_id: int, now: datetime) -> Transaction | None:
    """Post the starting grant, where there is one, into a locked wallet. Nothing happens where it was posted before."""
    grant_micro = to_micro(settings.STARTING_GRANT_BDT)
    if grant_micro <= 0 or grants().filter(payee_id=player_id, initiator_id=player_id).exists():
        return None
    request = Request("grant", {"amount_micro": grant_micro})
    order = order_of(operation=uuid4(), initiator_id=player_id, request=request)
    return post_topup(order=order, player_id=player_id, amount_micro=grant_micro, reason=GRANT_REASON, now=now)


def post_buy(*, order: Order, market: Market, quote: Quote, now: datetime) -> PostedTrade:
    """Carry out a quoted buy for the initiator: BDT to the market and the platform, shares to the player."""
    fields = _fields_of(order) | {
        "kind": Kind.BIOME_BUY.value,
        "at": now,
        "payer_id": order.initiator_id,
        "payee_id": None,
        "amount_micro": quote.total_micro,
        "basis_micro": None,
    }
    changes = {
        "balance_change": -quote.total_micro,
        "cash_change": quote.curve_micro,
        "shares_change": quote.shares_micro,
    }
    return _post_trade(BUY, fields | changes, market, quote)


def post_sell(*, order: Order, market: Market, quote: Quote, basis_micro: int, now: datetime) -> PostedTrade:
    """Carry out a quoted sale for the initiator: shares back to the market, BDT to the player and the platform.

    `basis_micro` is what the shares sold had cost.
    """
    fields = _fields_of(order) | {
        "kind": Kind.BIOME_SELL.value,
        "at": now,
        "payer_id": None,
        "payee_id": order.initiator_id,
        "amount_micro": quote.curve_micro,
        "basis_micro": basis_micro,
    }
    changes = {
        "balance_change": quote.total_micro,
        "cash_change": -quote.curve_micro,
        "shares_change": -quote.shares_micro,
    }
    return _post_trade(SELL, fields | changes, market, quote)


def post_topup(*, order: Order, player_id: int, amount_micro: int, reason: str, now: datetime) -> Transaction:
    """Bring money from outside into a wallet."""
    return _append(order, kind=Kind.TOPUP, at=now, payee_id=player_id, amount_micro=amount_micro, reason=reason)


def post_withdrawal(*, order: Order, player_id: int, amount_micro: int, reason: str, now: datetime) -> Transaction:
    """Take money out of a wallet to the outside."""
    return _append(order, kind=Kind.WITHDRAWAL, at=now, payer_id=player_id, amount_micro=amount_micro, reason=reason)


def post_transfer(*, order: Order, payee_id: int, amount_micro: int, reason: str, now: datetime) -> Transaction:
    """Move money from the initiator's wallet to another player's."""
    return _append(
        order,
        kind=Kind.TRANSFER,
        at=now,
        payer_id=order.initiator_id,
        payee_id=payee_id,
        amount_micro=amount_micro,
        reason=reason,
    )


def post_land_sale(
    *,
    order: Order,
    kind: Kind,
    payer_id: int,
    payee_id: int | None,
    amount_micro: int,
    fee_micro: int,
    land_id: int,
    listing_id: int | None,
    now: datetime,
) -> Transaction:
    """Move the price of a parcel from the buyer's balance to the seller, without the fee; without a seller, to the
    treasury. A fee above the price is paid by the seller."""
    return _append(
        order,
        kind=kind,
        at=now,
        payer_id=payer_id,
        payee_id=payee_id,
        amount_micro=amount_micro,
        fee_micro=fee_micro,
        land_id=land_id,
        listing_id=listing_id,
    )


def post_gift(
    *, order: Order, receiver_id: int, land_id: int, fee_micro: int, reason: str, now: datetime
) -> Transaction:
    """Record that the initiator gave a parcel away, and take the fee of it from the initiator."""
    return _append(
        order,
        kind=Kind.GIFT,
        at=now,
        payer_id=receiver_id,
        payee_id=order.initiator_id,
        amount_micro=0,
        fee_micro=fee_micro,
        land_id=land_id,
        reason=reason,
    )


def post_refund(
    *,
    order: Order,
    corrects: Transaction,
    payer_id: int | None,
    payee_id: int,
    amount_micro: int,
    reason: str,
    now: datetime,
) -> Transaction:
    """Move money back by a new row that names the old; without a payer, from the treasury."""
    return _append(
        order,
        kind=Kind.REFUND,
        at=now,
        payer_id=payer_id,
        payee_id=payee_id,
        amount_micro=amount_micro,
        corrects=corrects,
        reason=reason,
    )


def reserve(*, player_id: int, amount_micro: int) -> None:
    """Take money of a locked wallet from what can be spent to what is held. No transaction: it is still the player's.

    The database refuses more than the balance.
    """
    Wallet.objects.filter(pk=player_id).update(
        balance_micro=F("balance_micro") - amount_micro, held_micro=F("held_micro") + amount_micro
    )


def release(*, player_id: int, amount_micro: int) -> None:
    """Give what is held of a locked wallet free again."""
    reserve(player_id=player_id, amount_micro=-amount_micro)


def basis_of(*, cost_micro: int, held_micro: int, sold_micro: int) -> int:
    """What `sold_micro` of `held_micro` shares had cost at their average, rounded down; all of it when all is sold.

    Source: the design's economics: average cost is by weighted average, with the fee counted into the cost.
    """
    return cost_micro * sold_micro // held_micro


def _append(
    order: Order,
    *,
    amount_micro: int,
    fee_micro: int = 0,
    payer_id: int | None = None,
    payee_id: int | None = None,
    **fields: Any,
) -> Transaction:
    """Change the balances of both parties, whose wallets are locked, and write the row with what they have after it."""
    return Transaction.objects.create(
        **_fields_of(order),
        **fields,
        amount_micro=amount_micro,
        fee_micro=fee_micro,
        payer_id=payer_id,
        payer_balance_micro=_change_balance(payer_id, -amount_micro),
        payee_id=payee_id,
        payee_balance_micro=_change_balance(payee_id, amount_micro - fee_micro),
    )


def _change_balance(player_id: int | None, change_micro: int) -> int | None:
    """Return all money of the player after it, with what is held; None for who is no player."""
    if player_id is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(CHANGE_BALANCE, [change_micro, player_id])
        return int(cursor.fetchone()[0])


def _post_trade(statement: str, values: dict[str, Any], market: Market, quote: Quote) -> PostedTrade:
    values |= {
        "market_id": market.pk,
        "shares_micro": quote.shares_micro,
        "fee_micro": quote.fee_micro,
        "cash_before_micro": quote.cash_before_micro,
        "cash_after_micro": quote.cash_after_micro,
        "total_micro": quote.total_micro,
        "curve_micro": quote.curve_micro,
    }
    return PostedTrade(values, market, LastRow(statement, values))


def _fields_of(order: Order) -> dict[str, Any]:
    return {
        "initiator_id": order.initiator_id,
        "operation": order.operation,
        "request_digest": order.digest,
    }
