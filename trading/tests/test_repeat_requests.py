"""A request with the same operation id is executed once, answered alike again, and refused with other content."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection

from attention.biomes import Biome
from core.errors import IdempotencyConflict
from markets.economic_settings import change_settings
from trading.models import Transaction, Wallet
from trading.orders.market_orders import buy_shares, sell_shares
from trading.pricing.quotes import Limit
from trading.tests.conftest import BDT, SHARE
from trading.wallets.wallets import transfer

pytestmark = pytest.mark.usefixtures("markets")


@pytest.fixture
def ask(alice, now):
    """Return a function that buys for 10 BDT under one operation id, or with another value in the request."""
    operation = uuid4()

    def request(**other):
        asked = {"biome": Biome.OCEAN, "spend_micro": 10 * BDT} | other
        return buy_shares(operation=operation, player_id=alice.pk, now=now, **asked)

    request.operation = operation
    return request


def test_a_repeated_request_gets_the_first_answer(alice, fund, state, ask):
    fund(alice, 100)
    first = ask()
    before = state()

    again = ask()

    assert again == first
    assert (again.shares_micro, again.amount_micro, again.at) == (first.shares_micro, first.amount_micro, first.at)
    assert state() == before


def test_a_repeated_request_is_answered_whatever_changed_since(alice, fund, now, ask):
    fund(alice, 10)
    first = ask()
    change_settings(changed_by=None, reason="for the story", now=now, trading_paused=True)

    assert ask() == first


@pytest.mark.parametrize(
    "other",
    [
        {"biome": Biome.SNOW},
        {"spend_micro": 11 * BDT},
        {"spend_micro": None, "shares_micro": SHARE},
        {"limit": Limit(worst_price_micro=200 * BDT)},
    ],
)
def test_another_request_under_the_same_id_is_a_conflict(alice, fund, state, ask, other):
    fund(alice, 1_000)
    ask()
    before = state()

    with pytest.raises(IdempotencyConflict):
        ask(**other)

    assert state() == before


def test_another_kind_of_request_under_the_same_id_is_a_conflict(alice, bob, fund, state, now, ask):
    fund(alice, 1_000)
    fund(bob, 1)
    ask()
    before = state()

    with pytest.raises(IdempotencyConflict):
        sell_shares(operation=ask.operation, player_id=alice.pk, biome=Biome.OCEAN, shares_micro=1000, now=now)
    with pytest.raises(IdempotencyConflict):
        transfer(
            operation=ask.operation, player_id=alice.pk, payee_id=bob.pk, amount_micro=10 * BDT, reason="", now=now
        )

    assert state() == before


def test_players_do_not_share_ids(alice, bob, fund, now, ask):
    fund(alice, 10)
    fund(bob, 10)
    first = ask()

    other = buy_shares(operation=ask.operation, player_id=bob.pk, biome=Biome.OCEAN, spend_micro=10 * BDT, now=now)

    assert other != first


def test_a_refused_request_may_be_sent_again(alice, fund, ask):
    fund(alice, 9)
    with pytest.raises(Exception, match="enough BDT"):
        ask()
    fund(alice, 1)

    assert ask().amount_micro <= 10 * BDT


@pytest.mark.django_db(transaction=True)
def test_the_same_request_ten_times_at_once_trades_once(alice, fund, ask, run_together):
    fund(alice, 1_000)

    answers = run_together([ask] * 10)

    assert len({answer.pk for answer in answers}) == 1
    assert Transaction.objects.filter(kind="biome_buy").count() == 1
    assert Wallet.objects.get(pk=alice.pk).balance_micro == 1_000 * BDT - answers[0].amount_micro


@pytest.fixture
def operations_not_unique(transactional_db):
    """Drop the unique constraint on operation ids during the test."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE transactions DROP CONSTRAINT transaction_operation_unique")
    yield
    call_command("flush", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE transactions ADD CONSTRAINT transaction_operation_unique UNIQUE (initiator_id, operation)"
        )


@pytest.mark.django_db(transaction=True)
def test_control_without_the_unique_id_the_same_request_trades_twice(
    operations_not_unique, alice, fund, ask, run_together
):
    fund(alice, 1_000)

    run_together([ask] * 2)

    assert Transaction.objects.filter(kind="biome_buy").count() == 2
