"""The sources and destinations of the last cycle's pool."""

from datetime import timedelta

import pytest

from attention.biomes import Biome
from attention.meter import give_attention
from markets.economic_settings import change_settings
from markets.models import Tick
from markets.redistribution.cycle import run_cycle
from markets.redistribution.pool import Flow, Part, pool_of
from markets.snapshot import take_snapshot

pytestmark = pytest.mark.usefixtures("markets")

SEVENTH = 100 / 7


@pytest.fixture
def look(alice):
    """Give ocean and forest half of all attention each."""

    def give():
        give_attention(player_id=alice.pk, points={Biome.OCEAN: 5, Biome.FOREST: 5}, budget_points=10)

    return give


def widths(parts):
    return [part.width for part in parts]


def test_before_the_first_cycle_it_is_at_rest():
    pool = pool_of(take_snapshot())
    assert (pool.pooled, pool.moved) == ("0.00", "0.00")
    assert [flow.biome for flow in pool.flows] == list(Biome)
    assert {(flow.added, flow.attention) for flow in pool.flows} == {(None, None)}
    assert widths(flow.paid for flow in pool.flows) == pytest.approx([SEVENTH] * 7)
    assert widths(flow.got for flow in pool.flows) == pytest.approx([SEVENTH] * 7)


def test_it_draws_what_happened_where_the_clamp_was_at_work(look, now):
    look()
    run_cycle(number=1, now=now)
    pool = pool_of(take_snapshot())
    # A quarter of 700,000,000 BDT; two markets rise by 5 %, no more, and the five others pay for it.
    assert (pool.pooled, pool.moved) == ("175000000.00", "10000000.00")
    assert [flow.added for flow in pool.flows] == [
        "5000000.00", "-2000000.00", "-2000000.00", "5000000.00", "-2000000.00", "-2000000.00", "-2000000.00",
    ]  # fmt: skip
    assert [flow.attention for flow in pool.flows] == ["0.50", "0.00", "0.00", "0.50", "0.00", "0.00", "0.00"]
    assert widths(flow.paid for flow in pool.flows) == pytest.approx([SEVENTH] * 7)
    assert pool.is_clamped
    assert {flow.paid_bdt for flow in pool.flows} == {"25000000.00"}
    assert [flow.got_bdt for flow in pool.flows] == [
        "30000000.00", "23000000.00", "23000000.00", "30000000.00", "23000000.00", "23000000.00", "23000000.00",
    ]  # fmt: skip
    assert widths(flow.got for flow in pool.flows) == pytest.approx(
        [float(flow.got_bdt) / 1_750_000 for flow in pool.flows]
    )
    assert pool.flows[-1].got.right == pytest.approx(100)


def test_where_the_clamp_was_not_each_got_its_share_of_attention(look, root, now):
    change_settings(changed_by=root, reason="for the story", now=now, max_move_bps=10_000)
    look()
    run_cycle(number=1, now=now)
    pool = pool_of(take_snapshot())
    assert not pool.is_clamped
    assert [(flow.got.left, flow.got.width) for flow in pool.flows] == [
        (0, 50), (50, 0), (50, 0), (50, 50), (100, 0), (100, 0), (100, 0),
    ]  # fmt: skip
    assert [flow.got_bdt for flow in pool.flows][:2] == ["87500000.00", "0.00"]


def test_without_attention_every_market_has_back_what_it_paid(now):
    run_cycle(number=1, now=now)
    pool = pool_of(take_snapshot())
    assert pool.moved == "0.00"
    assert [flow.got for flow in pool.flows] == [flow.paid for flow in pool.flows]
    assert {flow.attention for flow in pool.flows} == {"0.00"}


def test_with_frozen_prices_too(look, root, now):
    change_settings(changed_by=root, reason="for the story", now=now, prices_frozen=True)
    look()
    run_cycle(number=1, now=now)
    pool = pool_of(take_snapshot())
    assert [flow.got for flow in pool.flows] == [flow.paid for flow in pool.flows]
    assert pool.flows[0].attention == "0.50"


def test_a_cycle_whose_ticks_are_deleted_is_at_rest(now):
    run_cycle(number=1, now=now - timedelta(days=2))
    Tick.objects.all().delete()
    assert pool_of(take_snapshot()).flows[0].added is None


def test_a_ribbon_leads_from_what_was_paid_to_what_was_got():
    flow = Flow("ocean", Part(10.0, 20.0), Part(30.0, 5.0))
    assert flow.ribbon == "M10.00 0H30.00C30.00 50 35.00 50 35.00 100H30.00C30.00 50 10.00 50 10.00 0Z"
    assert flow.middle == 26.25
    assert not flow.is_narrow


def test_a_narrow_part_has_no_room_for_figures():
    assert Flow("ocean", Part(0.0, 20.0), Part(0.0, 4.9)).is_narrow
