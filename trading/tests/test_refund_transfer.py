"""An administrator undoes a transfer: once, whole, by a new row that names the old."""

from __future__ import annotations

from threading import Barrier
from uuid import uuid4

import pytest

from core.errors import DomainError, IdempotencyConflict, InsufficientFunds, NotRefundable
from tests.fixtures import WAIT_SECS
from trading.invariants.rules import check_invariants
from trading.ledger.posting import post_refund
from trading.models import Kind, Transaction, Wallet
from trading.tests.conftest import BDT
from trading.wallets.wallets import refund_transfer, transfer, withdraw

pytestmark = [pytest.mark.usefixtures("markets"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sent(fund, alice, bob, now):
    fund(alice, 10)
    return transfer(operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=3 * BDT, reason="hi", now=now)


@pytest.fixture
def undo(root, now):
    def refund(number, **changes):
        request = {"operation": uuid4(), "administrator_id": root.pk, "reason": "stolen", "now": now} | changes
        return refund_transfer(transaction_id=number, **request)

    return refund


def balances(*players):
    return [Wallet.objects.get(pk=player.pk).balance_micro // BDT for player in players]


def test_all_of_it_comes_back_and_the_invariants_hold(sent, undo, alice, bob, root):
    posted = undo(sent.pk)

    assert (posted.kind, posted.payer, posted.payee, posted.amount_micro, posted.corrects, posted.initiator) == (
        (Kind.REFUND, bob, alice, 3 * BDT, sent, root)
    )
    assert balances(alice, bob) == [10, 0]
    assert [invariant.name for invariant in check_invariants(recomputed_cycles=10) if not invariant.holds] == []


def test_the_same_request_is_carried_out_once(sent, undo, alice, bob):
    operation = uuid4()
    assert undo(sent.pk, operation=operation) == undo(sent.pk, operation=operation)
    with pytest.raises(IdempotencyConflict):
        undo(sent.pk, operation=operation, reason="other")
    with pytest.raises(NotRefundable):
        undo(sent.pk)
    assert balances(alice, bob) == [10, 0]


def test_what_was_spent_or_is_no_transfer_is_not_refunded(sent, undo, bob, now, state):
    topup = Transaction.objects.get(kind=Kind.TOPUP)
    with pytest.raises(NotRefundable):
        undo(topup.pk)
    withdraw(operation=uuid4(), initiator_id=bob.pk, player_id=bob.pk, amount_micro=1, reason="x", now=now)
    before = state()
    with pytest.raises(InsufficientFunds):
        undo(sent.pk)
    assert state() == before


def test_two_administrators_at_once_refund_it_once(sent, undo, alice, bob, run_together):
    results = run_together([lambda: undo(sent.pk), lambda: undo(sent.pk)])

    assert [type(result) for result in results if isinstance(result, DomainError)] == [NotRefundable]
    assert balances(alice, bob) == [10, 0]


def test_without_the_lock_both_would_refund(sent, undo, alice, bob, fund, run_together, monkeypatch):
    """The negative control: without the lock both would refund, as neither sees what the other is about to write."""
    fund(bob, 10)
    barrier = Barrier(2, timeout=WAIT_SECS)

    def unlocked(*, player_ids, now):
        return Wallet.objects.in_bulk(player_ids)

    def meet(**request):
        barrier.wait()
        return post_refund(**request)

    monkeypatch.setattr("trading.wallets.wallets.wallets_for_writing", unlocked)
    monkeypatch.setattr("trading.ledger.posting.post_refund", meet)
    run_together([lambda: undo(sent.pk), lambda: undo(sent.pk)])

    assert Transaction.objects.filter(corrects=sent).count() == 2
