"""A newcomer among the crowd moves a price by percents with one look, and loses no more by looking before buying."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count, pairwise
from random import Random
from statistics import mean
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from analytics.leaderboard.rankings import rebuild_standings
from attention.biomes import Biome
from attention.meter import Asked, Given, give_attention
from attention.models import AttentionTotal
from markets.management.opening import OPENING_CASH_MICRO, OPENING_SHARES_MICRO
from markets.models import Market, Tick
from markets.redistribution.cycle import run_cycle
from markets.redistribution.matched_flow import redistribute_cash
from operations.management.commands.crowd import PLAYERS, TRADERS
from operations.simulation import crowd
from operations.simulation.crowd import Crowd, Moods, gather_players
from trading.models import Transaction, Wallet

CYCLE_SECS = 0.5
STEPS_A_CYCLE = 6
LOOK_CYCLES = 12
BUDGET = 10
LOOKS_A_CYCLE = round(PLAYERS / crowd.LOOK_EVERY_CYCLES)


class Exchange:
    """The crowd of the command in its default size, with cycles, on a clock of the test's own."""

    def __init__(self, *, now: datetime) -> None:
        self.player_ids = gather_players(count=PLAYERS)
        self._crowd = Crowd(player_ids=self.player_ids, traders=TRADERS, rng=Random(3))
        self._now = now
        self._numbers = count(1)

    def live(self, *, cycles: int, looker: User | None = None) -> None:
        """Run cycles, while `looker` gives a whole budget to the ocean in each."""
        for _ in range(cycles):
            for _ in range(STEPS_A_CYCLE):
                self._now += timedelta(seconds=CYCLE_SECS / STEPS_A_CYCLE)
                self._crowd.step(now=self._now)
            if looker is not None:
                give_attention(player_id=looker.pk, points={Biome.OCEAN: BUDGET}, budget_points=BUDGET)
            run_cycle(number=next(self._numbers), now=self._now, announce=False)


@pytest.fixture
def looking_alone(monkeypatch: pytest.MonkeyPatch, markets: None) -> None:
    """Switch the crowd's trades off, so that the same seed makes the same prices."""
    monkeypatch.setattr(crowd, "TRADES_A_STEP", 0.0)


@pytest.mark.django_db
@pytest.mark.usefixtures("looking_alone")
def test_a_newcomers_look_lifts_a_price_by_a_few_percent(alice: User, now: datetime) -> None:
    prices: list[float] = []
    for looker in (None, alice):
        before = transaction.savepoint()
        exchange = Exchange(now=now)
        exchange.live(cycles=20)
        exchange.live(cycles=LOOK_CYCLES, looker=looker)
        prices.append(float(Market.objects.get(pk=Biome.OCEAN).price))
        transaction.savepoint_rollback(before)

    without, with_look = prices
    assert 1.005 < with_look / without < 1.04


@pytest.mark.django_db
@pytest.mark.usefixtures("looking_alone")
def test_most_look_in_each_cycle_and_none_beyond_the_budget(now: datetime) -> None:
    exchange = Exchange(now=now)
    exchange.live(cycles=10)

    points = Tick.objects.order_by("cycle").values_list("cycle", "attention_points")
    whole = [sum(given for cycle, given in points if cycle == number) for number in range(1, 11)]
    assert whole[0] == PLAYERS * BUDGET
    assert all(PLAYERS * BUDGET // 2 <= given <= PLAYERS * BUDGET for given in whole)
    assert sum(whole) == pytest.approx(LOOKS_A_CYCLE * BUDGET * 10, rel=0.1)
    given = AttentionTotal.objects.values_list("player", "points")
    looks = {sum(points for player, points in given if player == one) // BUDGET for one in exchange.player_ids}
    assert looks <= {8, 9, 10}


@pytest.mark.django_db
@pytest.mark.usefixtures("looking_alone")
def test_attention_does_not_jump_from_cycle_to_cycle(now: datetime) -> None:
    Exchange(now=now).live(cycles=40)

    points = dict.fromkeys(range(1, 41), 0)
    ocean = dict.fromkeys(range(1, 41), 0)
    for tick in Tick.objects.all():
        points[tick.cycle_id] += tick.attention_points
        ocean[tick.cycle_id] += tick.attention_points * (tick.market_id == Biome.OCEAN)
    parts = [ocean[number] / points[number] for number in points]
    assert all(abs(after / before - 1) < 0.15 for before, after in pairwise(parts))


@pytest.mark.django_db
@pytest.mark.usefixtures("looking_alone")
def test_many_look_in_one_transaction(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    give_together = crowd.give_attention_together

    def noted(asked: Sequence[Asked], *, budget_points: int) -> list[Given]:
        batches.append(len(asked))
        return give_together(asked, budget_points=budget_points)

    monkeypatch.setattr(crowd, "give_attention_together", noted)
    Exchange(now=now).live(cycles=3)

    # All at once when they come; then a third of them or more.
    assert batches[0] == PLAYERS
    assert min(batches) >= PLAYERS // crowd.BATCHES_A_CYCLE
    assert len(batches) <= 1 + 3 * crowd.BATCHES_A_CYCLE


@pytest.mark.django_db
def test_who_only_looks_has_no_wallet_and_no_place_among_traders(
    settings: Any, looking_alone: None, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    settings.STARTING_GRANT_BDT = 1000
    monkeypatch.setattr(crowd, "TRADES_A_STEP", 1.0)
    exchange = Exchange(now=now)
    exchange.live(cycles=10)
    rebuild_standings(now=now + timedelta(hours=1))

    traders = set(exchange.player_ids[:TRADERS])
    assert set(Wallet.objects.values_list("player", flat=True)) <= traders
    assert set(Transaction.objects.values_list("initiator", flat=True)) <= traders


@pytest.mark.django_db
def test_all_are_made_with_few_statements(markets: None) -> None:
    with CaptureQueriesContext(connection) as made:
        assert len(gather_players(count=PLAYERS)) == PLAYERS
    assert len([one for one in made if "SAVEPOINT" not in one["sql"]]) <= 3

    with CaptureQueriesContext(connection) as known:
        gather_players(count=PLAYERS)
    assert not [one for one in known if one["sql"].startswith("INSERT")]


def lives(seed: int) -> float:
    """Return the worth of shares for 20 BDT of each biome, each bought after 6 s of looking, two minutes later.

    As a part of the payment, the fee of 2 % included. Without a database: the crowd's moods and the cycle alone.
    """
    moods = Moods(Random(seed))
    cash = [OPENING_CASH_MICRO] * len(Biome)

    def cycle(looked_at: Biome | None = None) -> None:
        nonlocal cash
        moods.advance(CYCLE_SECS)
        looks = moods.hand_out(LOOKS_A_CYCLE)
        points = [BUDGET * looks.get(biome, 0) + BUDGET * (biome == looked_at) for biome in Biome]
        floors = [OPENING_SHARES_MICRO] * len(Biome)
        cash = redistribute_cash(cash=cash, attention=points, floors=floors, pool_bps=2_500, move_bps=500)

    for _ in range(120):
        cycle()
    bought_at: list[int] = []
    for place, biome in enumerate(Biome):
        for _ in range(LOOK_CYCLES):
            cycle(biome)
        bought_at.append(cash[place])
    for _ in range(240):
        cycle()
    return mean(after / at for after, at in zip(cash, bought_at, strict=True)) / 1.02


def test_who_looked_at_seven_markets_and_bought_stands_within_a_few_percent() -> None:
    worth = [lives(seed) for seed in range(20)]

    assert min(worth) > 0.9
    assert 0.96 < mean(worth) < 1.12
