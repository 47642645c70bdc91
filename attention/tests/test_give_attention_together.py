"""Requests of many players in one transaction get the same answers as one after the other, and all succeed or none."""

from random import Random

import pytest
from django.db import connection, transaction

from accounts.models import User
from attention import locks
from attention.biomes import Biome
from attention.meter import Asked, Given, give_attention, give_attention_together, take_attention
from attention.models import AttentionTotal, WaitingAttention
from attention.selectors import waiting_attention
from core.errors import MarketBusy

OCEAN, FOREST, SNOW = Biome.OCEAN, Biome.FOREST, Biome.SNOW
NOTHING = dict.fromkeys(Biome, 0)


def together(*asked: tuple[User, dict[Biome, int]], budget: int = 10) -> list[Given]:
    return give_attention_together([Asked(player.pk, points) for player, points in asked], budget_points=budget)


def test_each_player_has_a_budget(alice, bob):
    assert together((alice, {OCEAN: 10}), (bob, {SNOW: 4})) == [
        Given(accepted={OCEAN: 10}, dropped_points=0, remaining_points=0),
        Given(accepted={SNOW: 4}, dropped_points=0, remaining_points=6),
    ]
    assert waiting_attention() == NOTHING | {OCEAN: 10, SNOW: 4}


def test_requests_of_one_player_are_served_in_order(alice, bob):
    given = together((alice, {OCEAN: 6}), (bob, {OCEAN: 9}), (alice, {SNOW: 3, OCEAN: 5}), (alice, {FOREST: 1}))
    assert given == [
        Given(accepted={OCEAN: 6}, dropped_points=0, remaining_points=4),
        Given(accepted={OCEAN: 9}, dropped_points=0, remaining_points=1),
        Given(accepted={SNOW: 3, OCEAN: 1}, dropped_points=4, remaining_points=0),
        Given(accepted={}, dropped_points=1, remaining_points=0),
    ]
    assert waiting_attention() == NOTHING | {OCEAN: 16, SNOW: 3}
    assert dict(AttentionTotal.objects.filter(player=alice).values_list("biome", "points")) == {OCEAN: 7, SNOW: 3}


def test_what_already_waits_counts(alice, bob):
    give_attention(player_id=alice.pk, points={OCEAN: 8}, budget_points=10)
    given = together((bob, {SNOW: 5}), (alice, {SNOW: 5}))
    assert [one.accepted for one in given] == [{SNOW: 5}, {SNOW: 2}]


def test_nobody_asking_is_nothing(db):
    assert give_attention_together([], budget_points=10) == []


def test_a_bad_request_leaves_nothing_of_the_others(alice, bob):
    with pytest.raises(ValueError, match="at least 1"):
        together((alice, {OCEAN: 3}), (bob, {OCEAN: 0}))
    assert not WaitingAttention.objects.exists()


def test_a_failure_leaves_nothing_of_anyone(run_after, transactional_db, alice, bob):
    def fail():
        raise RuntimeError("the power is out")

    run_after("attention.meter._record", fail)
    with pytest.raises(RuntimeError, match="the power is out"):
        together((alice, {OCEAN: 3}), (bob, {OCEAN: 3}))
    assert not WaitingAttention.objects.exists()
    assert not AttentionTotal.objects.exists()


def test_one_player_who_is_busy_makes_the_others_busy_too(in_thread, settings, alice, bob):
    settings.LOCK_TIMEOUT_MS = 50
    with transaction.atomic():
        locks.player_meters_locked(player_ids=[bob.pk])
        rival = in_thread(lambda: together((alice, {OCEAN: 1}), (bob, {OCEAN: 1})))
        with pytest.raises(MarketBusy):
            rival.result(timeout=10)
    assert waiting_attention() == NOTHING


def test_ten_together_at_once_never_exceed_the_budgets_and_never_deadlock(run_together, alice, bob):
    players = [(alice, {OCEAN: 3}), (bob, {SNOW: 4})]
    given = run_together([lambda: together(*players), lambda: together(*players[::-1])] * 5)
    assert sum(one.accepted_points for batch in given for one in batch) == 20
    assert waiting_attention() == NOTHING | {OCEAN: 10, SNOW: 10}


def test_players_whose_locks_are_the_same_are_served(alice):
    twin = User.objects.create(pk=alice.pk + 2**31, username="twin", email="twin@example.com")
    given = together((twin, {OCEAN: 10}), (alice, {SNOW: 7}))
    assert [one.accepted_points for one in given] == [10, 7]


def test_the_locks_are_taken_in_ascending_order(in_thread, until_blocked, transactional_db):
    with transaction.atomic():
        locks.player_meters_locked(player_ids=[5])

        def lock_and_count():
            with transaction.atomic():
                locks.player_meters_locked(player_ids=[9, 3, 5])

        waiting = in_thread(lock_and_count)
        until_blocked()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT objid FROM pg_locks JOIN pg_database ON pg_locks.database = pg_database.oid"
                " WHERE locktype = 'advisory' AND granted AND datname = current_database() ORDER BY objid"
            )
            assert cursor.fetchall() == [(3,), (5,)]
    waiting.result(timeout=10)


def test_the_answers_are_those_of_one_after_the_other(transactional_db, alice, bob):
    rng, biomes = Random(7), list(Biome)
    for _ in range(20):
        asked = [
            Asked(rng.choice([alice, bob]).pk, {biome: rng.randint(1, 6) for biome in rng.sample(biomes, 2)})
            for _ in range(rng.randint(1, 6))
        ]
        single = [give_attention(player_id=one.player_id, points=one.points, budget_points=20) for one in asked]
        taken = take_attention()
        assert give_attention_together(asked, budget_points=20) == single
        assert take_attention() == taken
    totals = AttentionTotal.objects.values_list("points", flat=True)
    assert sum(totals) % 2 == 0
