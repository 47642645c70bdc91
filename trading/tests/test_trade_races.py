"""Concurrent trades, in real threads on real PostgreSQL. Each race has a control that shows it with the locks off."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import IntegrityError

from attention.biomes import Biome
from attention.meter import give_attention
from core.errors import InsufficientFunds
from markets.curve import cost_of
from markets.models import Cycle, Market
from markets.redistribution.cycle import run_cycle
from trading.invariants.rules import check_invariants
from trading.models import Transaction, Wallet
from trading.orders.market_orders import buy_shares, sell_shares
from trading.tests.conftest import BDT, SHARE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("markets")]


@pytest.fixture
def buy(now):
    """Return a factory of actions that buy in the ocean for a player."""

    def prepared(player, **request):
        return lambda: buy_shares(operation=uuid4(), player_id=player.pk, biome=Biome.OCEAN, now=now, **request)

    return prepared


def broken_invariants():
    return [invariant.name for invariant in check_invariants(recomputed_cycles=10) if not invariant.holds]


def buys():
    return Transaction.objects.filter(kind="biome_buy").order_by("pk")


def test_one_players_buys_at_once_are_those_that_the_balance_affords(alice, fund, buy, run_together):
    fund(alice, 35)

    results = run_together([buy(alice, spend_micro=10 * BDT)] * 8)

    assert sum(isinstance(result, Transaction) for result in results) == 3
    assert sum(isinstance(result, InsufficientFunds) for result in results) == 5
    assert 5 * BDT <= Wallet.objects.get(pk=alice.pk).balance_micro < 6 * BDT
    assert broken_invariants() == []


def test_control_without_the_wallets_lock_the_balance_is_spent_twice(alice, fund, buy, run_together, unlocked_trades):
    """Without the wallet's lock, both read the same balance; only the database's own constraint keeps it from going
    below zero.
    """
    fund(alice, 15)
    unlocked_trades(rivals=2)

    results = run_together([buy(alice, spend_micro=10 * BDT)] * 2)

    assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "Transaction"]
    assert any(isinstance(result, IntegrityError) and "not_negative" in str(result) for result in results)


def test_two_players_trades_at_once_each_start_where_the_other_ended(alice, bob, fund, buy, run_together):
    fund(alice, 1_000)
    fund(bob, 1_000)

    run_together([buy(player, shares_micro=SHARE) for player in (alice, bob)] * 4)

    fills = list(buys())
    assert len(fills) == 8
    assert [fill.cash_before_micro for fill in fills[1:]] == [fill.cash_after_micro for fill in fills[:-1]]
    assert Market.objects.get(pk=Biome.OCEAN).cash_micro == fills[-1].cash_after_micro
    assert broken_invariants() == []


def test_control_without_the_markets_lock_both_fill_at_the_same_price(
    alice, bob, fund, buy, run_together, unlocked_trades
):
    """Without the market's lock, the second fill is cheaper than the curve allows: players would take money from the
    market.
    """
    fund(alice, 1_000)
    fund(bob, 1_000)
    unlocked_trades(rivals=2)

    run_together([buy(player, shares_micro=5 * SHARE) for player in (alice, bob)])

    first, second = buys()
    assert first.cash_before_micro == second.cash_before_micro
    ocean = Market.objects.get(pk=Biome.OCEAN)
    fair = cost_of(cash_micro=100_000_000 * BDT, total_shares_micro=ocean.total_shares_micro, shares_micro=10 * SHARE)
    assert ocean.cash_micro < 100_000_000 * BDT + fair


def test_trades_and_cycles_on_one_market_at_once_lose_nothing(alice, bob, hold, now, buy, run_together):
    for player in (alice, bob):
        hold(player, 20)
    give_attention(player_id=alice.pk, points={Biome.OCEAN: 7, Biome.SNOW: 2}, budget_points=10)

    def sell(player):
        return lambda: sell_shares(
            operation=uuid4(), player_id=player.pk, biome=Biome.OCEAN, shares_micro=SHARE, now=now
        )

    def cycle(number):
        return lambda: run_cycle(number=number, now=now)

    results = run_together(
        [action for player in (alice, bob) for action in (buy(player, spend_micro=20 * BDT), sell(player))]
        + [cycle(number) for number in (1, 2, 3)]
        + [sell(alice), sell(bob)]
    )

    assert sum(isinstance(result, Transaction) for result in results) == 6
    assert Cycle.objects.count() == 3
    assert Cycle.objects.filter(reason=Cycle.Reason.REDISTRIBUTED).count() == 1
    assert broken_invariants() == []


def test_control_without_locks_a_cycle_undoes_a_trade(alice, fund, now, buy, run_after, in_thread, monkeypatch):
    """Without locks, the cycle computes from values before the trade, and overwrites it: the trade's money is gone."""
    fund(alice, 1_000)
    give_attention(player_id=alice.pk, points={Biome.OCEAN: 10}, budget_points=10)
    monkeypatch.setattr(
        "markets.redistribution.cycle.markets_locked", lambda: [Market.objects.get(pk=biome) for biome in Biome]
    )
    run_after(
        "markets.redistribution.cycle.outcome_of", lambda: in_thread(buy(alice, spend_micro=500 * BDT)).result(10)
    )

    run_cycle(number=1, now=now)

    assert "market cash" in broken_invariants()
    assert "conservation" in broken_invariants()
