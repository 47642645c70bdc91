import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from attention import locks
from attention.biomes import Biome
from attention.meter import Given, give_attention, take_attention, waiting_points
from attention.models import AttentionTotal, WaitingAttention
from attention.selectors import attention_of, waiting_attention
from core.errors import MarketBusy

OCEAN, FOREST, SNOW = Biome.OCEAN, Biome.FOREST, Biome.SNOW
NOTHING = dict.fromkeys(Biome, 0)


def give(player: User, points: dict[Biome, int], budget: int = 10) -> Given:
    return give_attention(player_id=player.pk, points=points, budget_points=budget)


def totals_of(player: User) -> dict[str, int]:
    return dict(AttentionTotal.objects.filter(player=player).values_list("biome", "points"))


def test_points_wait_for_the_next_cycle_and_count_in_the_total(alice):
    assert give(alice, {OCEAN: 3, SNOW: 1}) == Given(accepted={OCEAN: 3, SNOW: 1}, dropped_points=0, remaining_points=6)
    assert waiting_attention() == NOTHING | {OCEAN: 3, SNOW: 1}
    assert totals_of(alice) == {OCEAN: 3, SNOW: 1}


def test_points_add_up(alice):
    give(alice, {OCEAN: 3})
    assert give(alice, {OCEAN: 2, FOREST: 1}).remaining_points == 4
    assert waiting_points(player_ids=[alice.pk]) == {alice.pk: 6}
    assert totals_of(alice) == {OCEAN: 5, FOREST: 1}


def test_players_do_not_share_a_budget(alice, bob):
    give(alice, {OCEAN: 10})
    assert give(bob, {OCEAN: 10}).accepted_points == 10
    assert waiting_attention() == NOTHING | {OCEAN: 20}
    assert [totals_of(alice), totals_of(bob)] == [{OCEAN: 10}, {OCEAN: 10}]


def test_what_goes_beyond_the_budget_is_dropped_in_the_order_of_the_request(alice):
    given = give(alice, {SNOW: 7, OCEAN: 5, FOREST: 2})
    assert given == Given(accepted={SNOW: 7, OCEAN: 3}, dropped_points=4, remaining_points=0)
    assert given.accepted_points == 10
    assert waiting_attention() == NOTHING | {SNOW: 7, OCEAN: 3}
    assert totals_of(alice) == {SNOW: 7, OCEAN: 3}


def test_nothing_is_accepted_once_the_budget_is_spent(alice):
    give(alice, {OCEAN: 10})
    assert give(alice, {SNOW: 1}) == Given(accepted={}, dropped_points=1, remaining_points=0)
    assert waiting_attention() == NOTHING | {OCEAN: 10}
    assert totals_of(alice) == {OCEAN: 10}


def test_a_budget_that_was_lowered_takes_nothing_back(alice):
    give(alice, {OCEAN: 8})
    assert give(alice, {OCEAN: 1}, budget=5) == Given(accepted={}, dropped_points=1, remaining_points=0)
    assert waiting_attention() == NOTHING | {OCEAN: 8}


def test_no_points_give_nothing(alice):
    assert give(alice, {}) == Given(accepted={}, dropped_points=0, remaining_points=10)
    assert not WaitingAttention.objects.exists()
    assert not AttentionTotal.objects.exists()


@pytest.mark.parametrize("points", [{OCEAN: 0}, {OCEAN: -1}, {OCEAN: 3, SNOW: 0}])
def test_points_below_one_are_refused(alice, points):
    with pytest.raises(ValueError, match="at least 1"):
        give(alice, points)
    assert not WaitingAttention.objects.exists()
    assert not AttentionTotal.objects.exists()


def test_a_cycle_frees_the_budget_and_keeps_the_total(alice):
    give(alice, {OCEAN: 10})
    take_attention()
    assert give(alice, {OCEAN: 4}).remaining_points == 6
    assert totals_of(alice) == {OCEAN: 14}


def test_points_of_this_window_and_ever(alice, bob):
    give(alice, {OCEAN: 2, SNOW: 1})
    give(bob, {OCEAN: 5})
    take_attention()
    give(alice, {SNOW: 4})
    points = {part.biome: (part.window_points, part.total_points) for part in attention_of(player_id=alice.pk)}
    assert list(points) == list(Biome)
    assert points == dict.fromkeys(Biome, (0, 0)) | {OCEAN: (0, 2), SNOW: (4, 5)}


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("attention_waitingattention", "'ocean', 0"),
        ("attention_waitingattention", "'moon', 1"),
        ("attention_attentiontotal", "'ocean', -1"),
        ("attention_attentiontotal", "'moon', 1"),
    ],
)
def test_the_database_refuses_points_and_biomes_that_cannot_be(alice, table, row):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (player_id, biome, points) VALUES ({alice.pk}, {row})")
    assert not WaitingAttention.objects.exists()
    assert not AttentionTotal.objects.exists()


def test_ten_requests_at_once_never_exceed_the_budget(run_together, alice):
    given = run_together([lambda: give(alice, {OCEAN: 3})] * 10)
    assert sum(one.accepted_points for one in given) == 10
    assert sum(one.dropped_points for one in given) == 20
    assert sorted(one.accepted_points for one in given) == [0, 0, 0, 0, 0, 0, 1, 3, 3, 3]
    assert waiting_attention() == NOTHING | {OCEAN: 10}
    assert totals_of(alice) == {OCEAN: 10}


def test_a_request_between_reading_and_writing_of_another_waits(in_thread, run_after, until_blocked, alice):
    rivals = []

    def rival_comes():
        rivals.append(in_thread(lambda: give(alice, {SNOW: 8})))
        until_blocked()

    run_after("attention.meter.waiting_points", rival_comes)
    assert give(alice, {OCEAN: 8}).accepted_points == 8
    assert rivals[0].result(timeout=10).accepted_points == 2
    assert waiting_attention() == NOTHING | {OCEAN: 8, SNOW: 2}


def test_without_the_lock_the_budget_is_exceeded(in_thread, run_after, monkeypatch, alice):
    """The negative control of the test above: without the lock the budget is exceeded."""
    monkeypatch.setattr("attention.meter.player_meters_locked", lambda *, player_ids: None)
    run_after("attention.meter.waiting_points", lambda: in_thread(lambda: give(alice, {SNOW: 8})).result(timeout=10))
    assert give(alice, {OCEAN: 8}).accepted_points == 8
    assert waiting_attention() == NOTHING | {OCEAN: 8, SNOW: 8}


def test_another_player_does_not_wait(in_thread, run_after, alice, bob):
    rivals = []
    run_after(
        "attention.meter.waiting_points",
        lambda: rivals.append(in_thread(lambda: give(bob, {SNOW: 10})).result(timeout=10)),
    )
    assert give(alice, {OCEAN: 10}).accepted_points == 10
    assert rivals[0].accepted_points == 10


def test_points_that_a_cycle_took_count_against_the_budget_until_it_ends(in_thread, alice):
    give(alice, {OCEAN: 8})
    with transaction.atomic():
        assert take_attention() == NOTHING | {OCEAN: 8}
        assert in_thread(lambda: give(alice, {SNOW: 8})).result(timeout=10).accepted_points == 2
        transaction.set_rollback(True)
    assert waiting_attention() == NOTHING | {OCEAN: 8, SNOW: 2}


def test_a_player_whose_requests_queue_too_long_is_busy(in_thread, settings, alice):
    settings.LOCK_TIMEOUT_MS = 50
    with transaction.atomic():
        locks.player_meters_locked(player_ids=[alice.pk])
        rival = in_thread(lambda: give(alice, {OCEAN: 1}))
        with pytest.raises(MarketBusy):
            rival.result(timeout=10)
    assert waiting_attention() == NOTHING
    assert totals_of(alice) == {}


def test_a_failure_after_the_points_were_written_leaves_none(run_after, transactional_db, alice):
    def fail():
        assert waiting_attention() == NOTHING | {OCEAN: 1}
        raise RuntimeError("the power is out")

    run_after("attention.meter._record", fail)
    with pytest.raises(RuntimeError, match="the power is out"):
        give(alice, {OCEAN: 1})
    assert waiting_attention() == NOTHING
    assert totals_of(alice) == {}
