from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.equity.chart import chart_of, scale_of
from markets.money import MICRO

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
amounts = st.integers(0, 10**17)


def chart(*bdt):
    """Make a chart of amounts a minute apart."""
    return chart_of([(BEGIN + timedelta(minutes=minute), amount * MICRO) for minute, amount in enumerate(bdt)])


def scale(lowest_bdt, highest_bdt):
    return scale_of(lowest_micro=round(lowest_bdt * MICRO), highest_micro=round(highest_bdt * MICRO))


def test_a_line_goes_from_the_left_to_the_right():
    drawn = chart(1_000, 1_200, 1_100)

    assert drawn.scale.labels == ["1,200", "1,150", "1,100", "1,050", "1,000"]
    assert drawn.line == "M0 1000L500 0L1000 500"
    assert drawn.area == "M0 1000L500 0L1000 500V1000H0Z"
    assert drawn.end == 500


def test_points_are_as_far_apart_as_their_times():
    minutes = (0, 1, 4)
    drawn = chart_of([(BEGIN + timedelta(minutes=minute), MICRO) for minute in minutes])

    assert [point.split()[0] for point in drawn.line[1:].split("L")] == ["0", "250", "1000"]


def test_times_are_at_even_distances():
    drawn = chart(1, 1, 1, 1, 1)

    assert [(at - BEGIN) / timedelta(minutes=1) for at in drawn.times] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("lowest", "highest", "labels"),
    [
        (0, 100, ["100", "50", "0"]),
        (0.3, 0.9, ["1.0", "0.8", "0.6", "0.4", "0.2"]),
        (917.44, 1_132.57, ["1,200", "1,100", "1,000", "900"]),
        (12_345_678, 23_456_789, ["25,000,000", "20,000,000", "15,000,000", "10,000,000"]),
    ],
)
def test_scales_have_round_amounts(lowest, highest, labels):
    assert scale(lowest, highest).labels == labels


@pytest.mark.parametrize(
    ("amount", "labels"),
    [
        (1_000, ["1,005", "1,000", "995"]),
        (0, ["0.10", "0.05", "0.00"]),
        (1, ["1.05", "1.00", "0.95"]),
    ],
)
def test_what_does_not_move_is_drawn_calmly(amount, labels):
    assert scale(amount, amount).labels == labels


@given(amounts, amounts)
def test_every_amount_is_on_its_scale(one, other):
    lowest, highest = sorted((one, other))
    found = scale_of(lowest_micro=lowest, highest_micro=highest)

    assert 0 <= found.low_micro <= lowest
    assert highest <= found.high_micro
    assert 2 <= len(found.labels) <= 7
    assert len(set(found.labels)) == len(found.labels)
    assert 0 <= found.place_of(highest) <= found.place_of(lowest) <= 1_000
