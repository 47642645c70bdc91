"""The course of a player's worth over a range: its points, the values between them, and the base of gains."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.equity.history import Worth, course_of, range_named
from trading.models import WorthSnapshot

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def period(settings):
    settings.WORTH_SNAPSHOT_SECS = 60


@pytest.fixture
def course(alice, now):
    """Return a function that reads Alice's course over a range, at a worth of 100 micro-BDT, of which she gained 40."""

    def over(key=None, worth_micro=100, gain_micro=40):
        chosen = range_named(key) if key else None
        return course_of(player_id=alice.pk, current=Worth(now, worth_micro, gain_micro), chosen=chosen)

    return over


@pytest.fixture
def write(alice, now):
    """Write a snapshot of Alice some time ago."""

    def was(ago, worth_micro=50, gain_micro=10, player=alice):
        WorthSnapshot.objects.create(
            player=player, at=now - ago, worth_micro=worth_micro, gain_micro=gain_micro, volume_micro=0, land_micro=0
        )

    return was


def told(course, now):
    """Return each point's minutes ago and worth."""
    return [((now - point.at) / MINUTE, point.worth_micro) for point in course.points]


def keys(course):
    return [chosen.key for chosen in course.ranges]


def test_without_snapshots_there_is_now(course, now):
    found = course()

    assert told(found, now) == [(0, 100)]
    assert (found.gain_micro, found.gain_percent) == (40, "66.666667")
    assert keys(found) == ["1h"]


def test_another_players_snapshots_are_not_told(course, write, bob, now):
    write(MINUTE, player=bob)

    assert told(course(), now) == [(0, 100)]


def test_the_last_point_is_what_all_is_worth_now(course, write, now):
    write(2 * MINUTE, 50)
    write(MINUTE, 60)

    assert told(course("1h"), now) == [(2, 50), (1, 60), (0, 100)]


def test_a_range_with_the_beginning_in_it_counts_all_gains(course, write):
    write(2 * MINUTE, worth_micro=50, gain_micro=-10)

    found = course("24h")

    assert found.gain_micro == 40
    assert found.start.worth_micro == 60
    assert found.gain_percent == "66.666667"


def test_a_range_counts_gains_from_its_start(course, write, now):
    write(3 * HOUR)
    write(61 * MINUTE, worth_micro=80, gain_micro=30)
    write(MINUTE)

    found = course("1h")

    assert told(found, now)[0] == (60, 80)
    # Of the 80 there, and the 10 that came since.
    assert (found.gain_micro, found.gain_percent) == (10, "11.111111")


def test_a_loss_is_negative(course, write):
    write(2 * HOUR, worth_micro=80, gain_micro=60)

    assert (course("1h").gain_micro, course("1h").gain_percent) == (-20, "-16.666667")


def test_from_nothing_there_is_no_percentage(course, write):
    write(2 * HOUR, worth_micro=0, gain_micro=0)

    assert course("1h", worth_micro=40, gain_micro=40).gain_percent is None


def test_what_came_is_no_gain_and_counts_as_there(course, write, now):
    write(2 * HOUR, worth_micro=1_000, gain_micro=0)
    write(30 * MINUTE, worth_micro=950, gain_micro=-50)

    found = course("1h", worth_micro=1_460, gain_micro=-40)

    # 500 came in the last half hour: the line falls by 40, from 1,500, and the headline says so.
    assert (found.gain_micro, found.flows_micro, found.gain_percent) == (-40, 500, "-2.666667")
    assert [micro for _, micro in found.line] == [1_500, 1_500, 1_450, 1_450, 1_460]
    assert (found.lowest_micro, found.highest_micro, found.has_flows) == (1_450, 1_500, True)


def test_what_went_is_no_loss(course, write):
    write(2 * HOUR, worth_micro=1_000, gain_micro=100)

    found = course("1h", worth_micro=500, gain_micro=100)

    assert (found.gain_micro, found.flows_micro, found.gain_percent) == (0, -500, "0.00")
    assert {micro for _, micro in found.line} == {500}


def test_a_gain_is_of_what_was_there_however_much_went(course, write):
    write(2 * HOUR, worth_micro=1_000, gain_micro=0)

    # 100 gained, and all of it sent away.
    found = course("1h", worth_micro=0, gain_micro=100)

    assert (found.gain_micro, found.gain_percent) == (100, "10.00")
    assert (found.line[0][1], found.line[-1][1]) == (-100, 0)


def test_without_flows_the_line_is_the_worth(course, write):
    write(10 * MINUTE, worth_micro=90, gain_micro=30)

    found = course("1h")

    assert [micro for _, micro in found.line] == [point.worth_micro for point in found.points]
    assert not found.has_flows


def test_snapshots_that_left_land_out_are_not_shown(course, write, now):
    write(20 * MINUTE, 50)
    write(10 * MINUTE, 7)
    WorthSnapshot.objects.filter(worth_micro=7).update(land_micro=None)

    assert 7 not in [worth for _, worth in told(course("1h"), now)]


def test_each_width_has_its_last_snapshot(course, write, now):
    # Now is noon, so the five minutes begin 10 and 5 minutes ago.
    for minutes, worth_micro in ((11, 1), (10, 2), (9, 3), (6, 4), (5, 5), (1, 6)):
        write(minutes * MINUTE, worth_micro)

    assert told(course("24h"), now) == [(11, 1), (6, 4), (1, 6), (0, 100)]


def test_what_nobody_recorded_stayed_until_shortly_before_the_next(course, write, now):
    write(40 * MINUTE, 50)
    write(10 * MINUTE, 60)

    assert told(course("1h"), now) == [(40, 50), (11, 50), (10, 60), (1, 60), (0, 100)]


def test_snapshots_that_are_further_apart_are_no_gaps(course, write, now, settings):
    settings.WORTH_SNAPSHOT_SECS = 300
    write(20 * MINUTE, 50)
    write(10 * MINUTE, 60)

    assert told(course("1h"), now) == [(20, 50), (10, 60), (0, 100)]


@pytest.mark.parametrize(
    ("age", "ranges", "usual"),
    [
        (HOUR, ["1h"], "1h"),
        (HOUR + MINUTE, ["1h", "24h"], "24h"),
        (DAY, ["1h", "24h"], "24h"),
        (DAY + MINUTE, ["1h", "24h", "7d"], "24h"),
        (8 * DAY, ["1h", "24h", "7d", "30d"], "24h"),
        (31 * DAY, ["1h", "24h", "7d", "30d", "all"], "24h"),
    ],
)
def test_ranges_come_with_the_history(course, write, age, ranges, usual):
    write(age)

    assert keys(course()) == ranges
    assert course().chosen.key == usual


@pytest.mark.parametrize("key", ["1h", "24h", "7d", "30d", "all"])
def test_however_long_the_history_a_range_has_few_points(alice, course, now, key):
    WorthSnapshot.objects.bulk_create(
        WorthSnapshot(
            player=alice, at=now - hours * HOUR, worth_micro=hours, gain_micro=0, volume_micro=0, land_micro=0
        )
        for hours in range(1, 50 * 24)
    )

    found = course(key)

    assert 2 <= len(found.points) <= 300
    assert found.points == sorted(found.points, key=lambda point: point.at)
    assert 2 <= len(found.milestones) <= 25
    assert found.milestones[0] == found.points[-1]


def test_everything_begins_with_the_first_snapshot(course, write, now):
    write(400 * DAY, 7)
    write(3 * DAY, 9, gain_micro=12)

    found = course("all", worth_micro=100, gain_micro=103)

    assert told(found, now)[0] == (400 * DAY / MINUTE, 7)
    assert (found.lowest_micro, found.highest_micro) == (7, 100)


def test_it_takes_two_queries(course, write, django_assert_num_queries):
    for minutes in range(1, 100):
        write(minutes * MINUTE)

    with django_assert_num_queries(2):
        course("24h")


@pytest.mark.parametrize(
    ("age", "style"), [(9 * MINUTE, "clock"), (11 * MINUTE, "minute"), (DAY, "minute"), (2 * DAY, "day")]
)
def test_times_are_told_as_exactly_as_they_differ(course, write, age, style):
    write(age)

    assert course("all").time_style == style


def test_an_unknown_range_is_none():
    with pytest.raises(KeyError):
        range_named("2h")
