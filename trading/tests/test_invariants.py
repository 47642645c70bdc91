"""check_ledger is clean after anything that players can do, and names the invariant that someone broke by hand."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from analytics.economy.hourly_totals import close_hours
from attention.biomes import Biome
from attention.meter import give_attention
from core.errors import DomainError
from markets.models import Cycle
from markets.redistribution.cycle import run_cycle
from trading.invariants.rules import check_invariants
from trading.orders.market_orders import buy_shares, sell_shares
from trading.wallets.wallets import top_up, transfer, withdraw

pytestmark = pytest.mark.django_db(transaction=True)

PLAYERS = 3
players = st.integers(0, PLAYERS - 1)
biomes = st.sampled_from(Biome)
amounts = st.one_of(st.integers(1, 100), st.integers(1, 10**15))
steps = st.one_of(
    st.tuples(st.just("buy for"), players, biomes, amounts),
    st.tuples(st.just("buy shares"), players, biomes, amounts),
    st.tuples(st.just("sell"), players, biomes, amounts),
    st.tuples(st.just("sell all"), players, biomes, st.none()),
    st.tuples(st.just("top up"), players, st.none(), amounts),
    st.tuples(st.just("withdraw"), players, st.none(), amounts),
    st.tuples(st.just("transfer"), players, players, amounts),
    st.tuples(st.just("look"), players, biomes, st.integers(1, 20)),
    st.tuples(st.just("cycle"), st.none(), st.none(), st.none()),
)


class Story:
    """A machine that executes random steps; refusals are expected."""

    def __init__(self, now):
        self.now = now
        names = [uuid4().hex for _ in range(PLAYERS)]
        self.players = [User.objects.create_user(name, f"{name}@example.com") for name in names]

    def tell(self, what, who, where, amount):
        common = {"operation": uuid4(), "now": self.now}
        player_id = None if who is None else self.players[who].pk
        outside = {"initiator_id": player_id, "player_id": player_id, "amount_micro": amount, "reason": "story"}
        actions = {
            "buy for": lambda: buy_shares(player_id=player_id, biome=where, spend_micro=amount, **common),
            "buy shares": lambda: buy_shares(player_id=player_id, biome=where, shares_micro=amount, **common),
            "sell": lambda: sell_shares(player_id=player_id, biome=where, shares_micro=amount, **common),
            "sell all": lambda: sell_shares(
                player_id=player_id, biome=where, shares_micro=self._held(who, where), **common
            ),
            "top up": lambda: top_up(**outside, **common),
            "withdraw": lambda: withdraw(**outside, **common),
            "transfer": lambda: transfer(
                player_id=player_id, payee_id=self.players[where].pk, amount_micro=amount, reason="", **common
            ),
            "look": lambda: give_attention(player_id=player_id, points={where: amount}, budget_points=10),
            "cycle": lambda: run_cycle(number=Cycle.objects.count() + 1, now=self.now),
        }
        with suppress(DomainError):
            actions[what]()

    def _held(self, who, where):
        holding = self.players[who].holdings.filter(market_id=where).first()
        return holding.shares_micro if holding and holding.shares_micro else 1


def broken(invariants):
    return [invariant.name for invariant in invariants if not invariant.holds]


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=st.lists(steps, min_size=5, max_size=40))
def test_any_sequence_of_operations_leaves_every_invariant_whole(markets, now, story):
    teller = Story(now)
    for player in range(PLAYERS):
        teller.tell("top up", player, None, 10**11)

    for step in story:
        teller.tell(*step)

    assert broken(check_invariants(recomputed_cycles=100)) == []


def test_a_new_exchange_is_clean(markets):
    assert broken(check_invariants(recomputed_cycles=10)) == []


def run_check():
    out = StringIO()
    try:
        call_command("check_ledger", no_color=True, stdout=out)
    except SystemExit as stop:
        return stop.code, out.getvalue()
    return 0, out.getvalue()


def test_the_command_prints_a_line_a_invariant_and_exits_0(markets, alice, hold):
    hold(alice, 2)

    code, printed = run_check()

    assert code == 0
    assert len(printed.splitlines()) == 13
    assert all(line.startswith("ok ") for line in printed.splitlines())


@pytest.mark.parametrize(
    ("tampering", "invariants"),
    [
        ("UPDATE trading_wallet SET balance_micro = balance_micro + 1", {"conservation", "wallets"}),
        ("UPDATE trading_wallet SET held_micro = 1, balance_micro = balance_micro - 1", {"holds"}),
        ("UPDATE trading_holding SET shares_micro = shares_micro - 1", {"holdings", "shares held"}),
        ("UPDATE trading_holding SET cost_micro = cost_micro + 1", {"holdings"}),
        ("UPDATE trading_holding SET volume_micro = volume_micro + 1", {"holdings"}),
        ("UPDATE trading_holding SET sold_basis_micro = sold_basis_micro + 1", {"holdings"}),
        ("UPDATE trading_holding SET counted_micro = counted_micro - 1", {"counted volume"}),
        ("UPDATE trading_holding SET run_micro = run_micro + 1", {"counted volume"}),
        ("UPDATE trading_holding SET run_at = run_at + interval '1 second'", {"counted volume"}),
        (
            "UPDATE markets_market SET cash_micro = cash_micro - 1, bar_low_micro = 1 WHERE biome = 'snow'",
            {"conservation", "market cash"},
        ),
        (
            "UPDATE markets_tick SET cash_after_micro = cash_after_micro + 1 WHERE market_id = 'snow'",
            {"cycles conserve", "cycles recompute"},
        ),
        ("UPDATE markets_tick SET attention_points = 0 WHERE market_id = 'snow'", {"cycles recompute"}),
        ("DELETE FROM markets_tick", {"cycles conserve"}),
        ("UPDATE trading_hourlyflow SET fees_micro = fees_micro - 1", {"hours"}),
        ("UPDATE trading_hourlyflow SET opened_at = opened_at + interval '1 hour'", {"hours"}),
        ("ALTER TABLE transactions DISABLE TRIGGER transactions_append_only", {"append only"}),
    ],
)
def test_it_names_the_invariant_that_someone_broke_by_hand(markets, alice, hold, now, tampering, invariants):
    hold(alice, 2)
    give_attention(player_id=alice.pk, points={Biome.OCEAN: 3, Biome.SNOW: 1}, budget_points=10)
    run_cycle(number=1, now=now)
    close_hours(now=now + timedelta(hours=2))
    with connection.cursor() as cursor:
        cursor.execute(tampering)

    try:
        code, printed = run_check()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE transactions ENABLE TRIGGER transactions_append_only")

    assert code == 1
    assert {
        line.removeprefix("BROKEN").split(":")[0].strip() for line in printed.splitlines() if "BROKEN" in line
    } == invariants


def test_a_transaction_that_came_too_late_for_its_hour_breaks_the_invariant_of_hours(markets, alice, fund, now):
    fund(alice, 2)
    close_hours(now=now + timedelta(hours=2))
    fund(alice, 3)

    [invariant] = [invariant for invariant in check_invariants(recomputed_cycles=10) if not invariant.holds]
    assert (invariant.name, invariant.breaches) == (
        "hours",
        (
            "the hour of 2026-01-01 12:00 has 0 trades over 0 micro-BDT, fees 0, issue 2000000, treasury 0; "
            "transactions say 0 over 0, 0, 5000000, 0",
        ),
    )
