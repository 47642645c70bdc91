from __future__ import annotations

from uuid import uuid4

import pytest

from core.errors import AccountClosed, IdempotencyConflict, InsufficientFunds, OwnWallet, UnknownPlayer
from trading.models import Kind, Source, Transaction, Wallet
from trading.tests.conftest import BDT
from trading.wallets.wallets import ensure_wallet, player_named, top_up, transfer, withdraw

pytestmark = pytest.mark.usefixtures("markets")


def balance(player):
    return Wallet.objects.get(pk=player.pk).balance_micro


def test_a_wallet_opens_empty(alice, now):
    wallet = ensure_wallet(player_id=alice.pk, now=now)

    assert (wallet.balance_micro, wallet.held_micro, wallet.opened_at) == (0, 0, now)
    assert not Transaction.objects.exists()


def test_a_wallet_opens_once_with_the_starting_grant(alice, now, settings):
    settings.STARTING_GRANT_BDT = 250

    for _ in range(2):
        assert ensure_wallet(player_id=alice.pk, now=now).balance_micro == 250 * BDT

    grant = Transaction.objects.get()
    assert (grant.kind, grant.payee_id, grant.amount_micro, grant.reason) == (
        Kind.TOPUP,
        alice.pk,
        250 * BDT,
        "Starting grant",
    )


def test_a_top_up_comes_from_outside(alice, bob, now):
    posted = top_up(
        operation=uuid4(), initiator_id=bob.pk, player_id=alice.pk, amount_micro=7 * BDT, reason="prize", now=now
    )

    assert (posted.kind, posted.source) == (Kind.TOPUP, Source.WALLET)
    assert (posted.payer_id, posted.payee_id, posted.initiator_id) == (None, alice.pk, bob.pk)
    assert (posted.amount_micro, posted.fee_micro, posted.reason) == (7 * BDT, 0, "prize")
    assert balance(alice) == 7 * BDT


def test_a_withdrawal_goes_outside(alice, bob, fund, now):
    fund(alice, 7)

    posted = withdraw(
        operation=uuid4(), initiator_id=bob.pk, player_id=alice.pk, amount_micro=2 * BDT, reason="paid out", now=now
    )

    assert (posted.kind, posted.payer_id, posted.payee_id) == (Kind.WITHDRAWAL, alice.pk, None)
    assert balance(alice) == 5 * BDT


def test_a_withdrawal_above_the_balance_changes_nothing(alice, bob, fund, state, now):
    fund(alice, 7)
    before = state()

    with pytest.raises(InsufficientFunds):
        withdraw(
            operation=uuid4(), initiator_id=bob.pk, player_id=alice.pk, amount_micro=7 * BDT + 1, reason="x", now=now
        )

    assert state() == before


def test_a_transfer_moves_money_between_players(alice, bob, fund, now):
    fund(alice, 7)

    posted = transfer(
        operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=3 * BDT, reason="thanks", now=now
    )

    assert (posted.kind, posted.payer_id, posted.payee_id) == (Kind.TRANSFER, alice.pk, bob.pk)
    assert (balance(alice), balance(bob)) == (4 * BDT, 3 * BDT)


@pytest.mark.parametrize("amount_micro", [7 * BDT + 1, 10**18])
def test_a_transfer_above_the_balance_changes_nothing(alice, bob, fund, state, now, amount_micro):
    fund(alice, 7)
    ensure_wallet(player_id=bob.pk, now=now)
    before = state()

    with pytest.raises(InsufficientFunds):
        transfer(operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=amount_micro, reason="", now=now)

    assert state() == before


def test_a_transfer_to_oneself_is_refused(alice, fund, state, now):
    fund(alice, 7)
    before = state()

    with pytest.raises(OwnWallet):
        transfer(operation=uuid4(), player_id=alice.pk, payee_id=alice.pk, amount_micro=BDT, reason="", now=now)

    assert state() == before


def test_one_id_cannot_top_up_two_players(alice, bob, state, now):
    operation = uuid4()
    request = {"operation": operation, "initiator_id": bob.pk, "amount_micro": BDT, "reason": "prize", "now": now}
    top_up(player_id=alice.pk, **request)
    ensure_wallet(player_id=bob.pk, now=now)
    before = state()

    with pytest.raises(IdempotencyConflict):
        top_up(player_id=bob.pk, **request)

    assert state() == before


@pytest.mark.django_db(transaction=True)
def test_one_id_cannot_top_up_two_players_at_once(alice, bob, fund, now, run_together):
    for player in (alice, bob):
        fund(player, 1)
    request = {"operation": uuid4(), "initiator_id": bob.pk, "amount_micro": BDT, "reason": "prize", "now": now}

    results = run_together([lambda player=player: top_up(player_id=player.pk, **request) for player in (alice, bob)])

    assert sorted(type(result).__name__ for result in results) == ["IdempotencyConflict", "Transaction"]
    assert balance(alice) + balance(bob) == 3 * BDT


@pytest.mark.django_db(transaction=True)
def test_a_wallet_that_opens_twice_at_once_gets_one_grant(alice, now, settings, run_together):
    settings.STARTING_GRANT_BDT = 250

    wallets = run_together([lambda: ensure_wallet(player_id=alice.pk, now=now)] * 6)

    assert [wallet.balance_micro for wallet in wallets] == [250 * BDT] * 6
    assert Transaction.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_transfers_that_cross_do_not_deadlock(alice, bob, fund, now, run_together):
    fund(alice, 10)
    fund(bob, 10)

    def give(payer, payee):
        return lambda: transfer(
            operation=uuid4(), player_id=payer.pk, payee_id=payee.pk, amount_micro=BDT, reason="", now=now
        )

    results = run_together([give(alice, bob), give(bob, alice)] * 5)

    assert all(isinstance(result, Transaction) for result in results)
    assert (balance(alice), balance(bob)) == (10 * BDT, 10 * BDT)


def test_a_closed_account_gives_nothing_away(alice, bob, fund, state, now):
    fund(alice, 7)
    ensure_wallet(player_id=bob.pk, now=now)
    alice.is_active = False
    alice.save()
    before = state()

    with pytest.raises(AccountClosed):
        transfer(operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=BDT, reason="", now=now)

    assert state() == before


def test_players_are_found_by_name_in_any_case(alice):
    assert player_named("ALICE", attr="to") == alice


def test_nobody_else_is_found(alice):
    alice.is_active = False
    alice.save()

    for name in ("alice", "nobody"):
        with pytest.raises(UnknownPlayer):
            player_named(name, attr="to")


def test_a_closed_account_is_found_where_that_is_asked_for(alice):
    alice.is_active = False
    alice.save()

    assert player_named("alice", attr="player", closed_too=True) == alice
