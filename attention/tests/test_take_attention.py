import pytest
from django.db import transaction

from attention.biomes import Biome
from attention.meter import give_attention, take_attention
from attention.models import AttentionTotal, WaitingAttention
from attention.selectors import waiting_attention

NOTHING = dict.fromkeys(Biome, 0)


def give(player, **points):
    give_attention(
        player_id=player.pk, points={Biome(biome): count for biome, count in points.items()}, budget_points=10
    )


@pytest.mark.django_db
def test_there_is_nothing_to_take():
    taken = take_attention()
    assert taken == NOTHING
    assert list(taken) == list(Biome)


def test_everyones_points_are_taken_once(alice, bob):
    give(alice, ocean=3, snow=1)
    give(alice, ocean=2)
    give(bob, snow=10)
    assert take_attention() == NOTHING | {Biome.OCEAN: 5, Biome.SNOW: 11}
    assert not WaitingAttention.objects.exists()
    assert take_attention() == NOTHING


def test_taking_leaves_the_totals(alice):
    give(alice, ocean=3)
    take_attention()
    assert AttentionTotal.objects.get().points == 3


def test_points_come_back_when_the_cycle_fails(transactional_db, alice):
    give(alice, ocean=3)
    with transaction.atomic():
        take_attention()
        transaction.set_rollback(True)
    assert waiting_attention() == NOTHING | {Biome.OCEAN: 3}


def test_points_given_meanwhile_are_accepted_at_once_and_wait_for_the_next(in_thread, alice, bob):
    give(alice, ocean=3)
    with transaction.atomic():
        assert take_attention() == NOTHING | {Biome.OCEAN: 3}
        in_thread(lambda: give(bob, snow=4)).result(timeout=10)
        in_thread(lambda: give(alice, snow=1)).result(timeout=10)
    assert waiting_attention() == NOTHING | {Biome.SNOW: 5}


def test_points_that_are_not_committed_yet_are_not_taken_and_not_lost(in_thread, run_after, alice):
    taken = []
    run_after("attention.meter._record", lambda: taken.append(in_thread(take_attention).result(timeout=10)))
    give(alice, ocean=3)
    assert taken == [NOTHING]
    assert take_attention() == NOTHING | {Biome.OCEAN: 3}


def test_two_cycles_at_once_take_each_point_once(in_thread, until_blocked, alice):
    give(alice, ocean=3)
    with transaction.atomic():
        assert take_attention() == NOTHING | {Biome.OCEAN: 3}
        rival = in_thread(take_attention)
        until_blocked()
    assert rival.result(timeout=10) == NOTHING
