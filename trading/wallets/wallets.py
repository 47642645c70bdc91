"""Movements of money without shares: top-ups and withdrawals from and to the outside, transfers between players."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from accounts.models import User
from core.database.transactions import after_commit, short_transaction
from core.errors import (
    AccountClosed,
    AmbiguousName,
    InsufficientFunds,
    NotRefundable,
    NotVerified,
    OwnWallet,
    UnknownPlayer,
)
from trading import events
from trading.ledger import posting
from trading.ledger.requests import Request, order_of
from trading.locks import wallet_locked, wallets_locked
from trading.models import Kind, Transaction, Wallet


def wallet_or_empty(*, player_id: int) -> Wallet:
    """Return a player's wallet for reading; one without money, which is not stored, where none is open.

    Raises AccountClosed when there is none and the player was deactivated or deleted, as a token may outlive both
    for a while.
    """
    wallet = Wallet.objects.filter(pk=player_id).first()
    if wallet is None and not User.objects.filter(pk=player_id, is_active=True).exists():
        raise AccountClosed
    return wallet or Wallet(player_id=player_id)


def ensure_wallet(*, player_id: int, now: datetime) -> Wallet:
    """Return a player's wallet, opened, with the starting grant, where there was none.

    Raises AccountClosed when there is none and the player was deactivated or deleted, as a token may outlive both
    for a while.
    """
    wallet = Wallet.objects.filter(pk=player_id).first()
    if wallet is not None:
        return wallet
    if not User.objects.filter(pk=player_id, is_active=True).exists():
        raise AccountClosed
    with short_transaction():
        return wallet_for_writing(player_id=player_id, now=now)


def wallet_for_writing(*, player_id: int, now: datetime) -> Wallet:
    """Return a player's wallet, locked until the transaction ends, opened where there was none."""
    wallet = wallet_locked(player_id=player_id)
    if wallet is None:
        announce_grant(posting.open_wallet(player_id=player_id, now=now))
        wallet = wallet_locked(player_id=player_id)
    assert wallet is not None
    return wallet


def wallets_for_writing(*, player_ids: Iterable[int], now: datetime) -> dict[int, Wallet]:
    """Lock players' wallets in ascending key until the transaction ends, opened where there were none; return them
    by player.
    """
    asked = sorted(set(player_ids))
    if Wallet.objects.filter(pk__in=asked).count() == len(asked):
        return wallets_locked(player_ids=asked)
    # One by one: to open a wallet is to lock it, so it has its place in the order too.
    return {player_id: wallet_for_writing(player_id=player_id, now=now) for player_id in asked}


def top_up(
    *, operation: UUID, initiator_id: int, player_id: int, amount_micro: int, reason: str, now: datetime
) -> Transaction:
    """Bring money from outside into a player's wallet, for a reason that is recorded.

    The same `operation` with the same request gives the first transaction again. Raises IdempotencyConflict,
    MarketBusy; nothing changes then.
    """
    request = Request("topup", {"player": player_id, "amount_micro": amount_micro, "reason": reason})
    order = order_of(operation=operation, initiator_id=initiator_id, request=request)

    @short_transaction()
    def write() -> Transaction:
        wallet_for_writing(player_id=player_id, now=now)
        posted = posting.post_topup(order=order, player_id=player_id, amount_micro=amount_micro, reason=reason, now=now)
        after_commit(partial(events.announce_movement, posted))
        return posted

    return posting.carry_out(order, write)


def withdraw(
    *, operation: UUID, initiator_id: int, player_id: int, amount_micro: int, reason: str, now: datetime
) -> Transaction:
    """Take money out of a player's wallet to the outside, for a reason that is recorded.

    The same `operation` with the same request gives the first transaction again. Raises InsufficientFunds,
    IdempotencyConflict, MarketBusy; nothing changes then.
    """
    request = Request("withdrawal", {"player": player_id, "amount_micro": amount_micro, "reason": reason})
    order = order_of(operation=operation, initiator_id=initiator_id, request=request)

    @short_transaction()
    def write() -> Transaction:
        wallet = wallet_for_writing(player_id=player_id, now=now)
        if wallet.balance_micro < amount_micro:
            raise InsufficientFunds(attr="amount")
        posted = posting.post_withdrawal(
            order=order, player_id=player_id, amount_micro=amount_micro, reason=reason, now=now
        )
        after_commit(partial(events.announce_movement, posted))
        return posted

    return posting.carry_out(order, write)


def transfer(
    *, operation: UUID, player_id: int, payee_id: int, amount_micro: int, reason: str, now: datetime
) -> Transaction:
    """Move money from one player's wallet to another's.

    The same `operation` with the same request gives the first transaction again. Raises OwnWallet, AccountClosed,
    NotVerified, InsufficientFunds, IdempotencyConflict, MarketBusy; nothing changes then.
    """
    if payee_id == player_id:
        raise OwnWallet(attr="to")
    request = Request("transfer", {"payee": payee_id, "amount_micro": amount_micro, "reason": reason})
    order = order_of(operation=operation, initiator_id=player_id, request=request)

    @short_transaction()
    def write() -> Transaction:
        wallet = wallets_for_writing(player_ids=(player_id, payee_id), now=now)[player_id]
        if not wallet.player.is_active:
            raise AccountClosed
        if not wallet.player.is_verified:
            raise NotVerified
        if wallet.balance_micro < amount_micro:
            raise InsufficientFunds(attr="amount")
        posted = posting.post_transfer(
            order=order, payee_id=payee_id, amount_micro=amount_micro, reason=reason, now=now
        )
        after_commit(partial(events.announce_movement, posted))
        return posted

    return posting.carry_out(order, write)


def refund_transfer(
    *, operation: UUID, administrator_id: int, transaction_id: int, reason: str, now: datetime
) -> Transaction:
    """Undo a transfer between players, once: the payee gives all of it back, by a new row that names the old.

    The same `operation` with the same request gives the first row again. Raises Transaction.DoesNotExist,
    NotRefundable, InsufficientFunds (the payee's), IdempotencyConflict, MarketBusy; nothing changes then.
    """
    request = Request("refund", {"transaction": transaction_id, "reason": reason})
    order = order_of(operation=operation, initiator_id=administrator_id, request=request)

    @short_transaction()
    def write() -> Transaction:
        moved = Transaction.objects.get(pk=transaction_id)
        if moved.kind != Kind.TRANSFER or moved.payer_id is None or moved.payee_id is None:
            raise NotRefundable
        # Whoever refunds it locks these two: so the first to come is seen here by the second.
        wallets = wallets_for_writing(player_ids=(moved.payer_id, moved.payee_id), now=now)
        if Transaction.objects.filter(corrects=moved).exists():
            raise NotRefundable
        if wallets[moved.payee_id].balance_micro < moved.amount_micro:
            raise InsufficientFunds("The payee's balance is too low to return the money.")
        posted = posting.post_refund(
            order=order,
            corrects=moved,
            payer_id=moved.payee_id,
            payee_id=moved.payer_id,
            amount_micro=moved.amount_micro,
            reason=reason,
            now=now,
        )
        after_commit(partial(events.announce_movement, posted))
        return posted

    return posting.carry_out(order, write)


def announce_grant(grant: Transaction | None) -> None:
    """Announce a starting grant after commit; nothing where none was posted."""
    if grant is not None:
        after_commit(partial(events.announce_movement, grant))


def player_named(username: str, *, attr: str, closed_too: bool = False) -> User:
    """Return the player with this name, in any case; one whose account is closed only if `closed_too`.

    Raises UnknownPlayer, which names the request's field `attr`.
    """
    player = User.objects.named(username).first()
    if player is None or not (player.is_active or closed_too):
        raise UnknownPlayer(attr=attr)
    return player


def receiver_named(username: str, *, attr: str) -> User:
    """Return the player whom money or land would reach by this name.

    Raises UnknownPlayer, and AmbiguousName when another player's name or display name looks like it; both name the
    request's field `attr`.
    """
    receiver = player_named(username, attr=attr)
    alike = User.objects.looking_like(receiver.username, besides=receiver.pk)
    if alike.filter(is_active=True).exists():
        raise AmbiguousName(attr=attr)
    return receiver
