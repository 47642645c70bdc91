from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.equity.snapshots import thin_snapshots
from trading.models import WorthSnapshot

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Span = WorthSnapshot.Span


@pytest.fixture(autouse=True)
def retention(settings):
    settings.WORTH_MOMENTS_KEPT_SECS = 2 * 3600
    settings.WORTH_FIVES_KEPT_SECS = 24 * 3600
    settings.WORTH_HOURS_KEPT_SECS = 30 * 24 * 3600


def write(player, at, span=Span.FIVE, worth_micro=1):
    WorthSnapshot.objects.create(
        player=player, at=at, span=span, worth_micro=worth_micro, gain_micro=0, volume_micro=0, land_micro=0
    )


def left(player, since):
    """Return the minutes since a time, and the span, of a player's snapshots."""
    rows = WorthSnapshot.objects.filter(player=player).order_by("at").values_list("at", "span")
    return [((at - since) / timedelta(minutes=1), span) for at, span in rows]


def test_without_snapshots_there_is_nothing_to_do(now):
    assert thin_snapshots(now=now) == 0


def test_five_minutes_older_than_two_hours_keep_their_last(alice, now):
    for minutes in (0, 1, 4, 5, 6):
        write(alice, now + timedelta(minutes=minutes), Span.MOMENT)

    assert thin_snapshots(now=now + timedelta(minutes=5) + 2 * HOUR) == 2
    assert left(alice, now) == [(4, "five"), (5, "moment"), (6, "moment")]


def test_an_hour_older_than_a_day_keeps_its_last(alice, now):
    for minutes in (0, 5, 55, 60, 65):
        write(alice, now + timedelta(minutes=minutes))

    assert thin_snapshots(now=now + HOUR + DAY) == 2
    assert left(alice, now) == [(55, "hour"), (60, "five"), (65, "five")]


def test_an_hour_that_is_not_over_stays_whole(alice, now):
    for minutes in (0, 5, 55):
        write(alice, now + timedelta(minutes=minutes))

    assert thin_snapshots(now=now + DAY + timedelta(minutes=59, seconds=59)) == 0
    assert left(alice, now) == [(0, "five"), (5, "five"), (55, "five")]


def test_each_player_keeps_the_last_of_the_own(alice, bob, now):
    for minutes in (0, 5):
        write(alice, now + timedelta(minutes=minutes))
    for minutes in (20, 35):
        write(bob, now + timedelta(minutes=minutes))

    assert thin_snapshots(now=now + 2 * DAY) == 2
    assert left(alice, now) == [(5, "hour")]
    assert left(bob, now) == [(35, "hour")]


def test_a_day_older_than_a_month_keeps_its_last(alice, now):
    midnight = now.replace(hour=0)
    for hours in (1, 13, 23, 24):
        write(alice, midnight + hours * HOUR, Span.HOUR)

    assert thin_snapshots(now=midnight + 31 * DAY) == 2
    assert left(alice, midnight) == [(23 * 60, "day"), (24 * 60, "hour")]


def test_what_is_left_is_what_it_was(alice, now):
    write(alice, now, worth_micro=4)
    write(alice, now + timedelta(minutes=5), worth_micro=5)

    thin_snapshots(now=now + 2 * DAY)

    assert WorthSnapshot.objects.get().worth_micro == 5


def test_after_a_long_stop_everything_is_caught_up_on(alice, now):
    midnight = now.replace(hour=0)
    for hours in (0, 1, 30, 31, 900):
        for minutes in (0, 30):
            write(alice, midnight + hours * HOUR + timedelta(minutes=minutes), Span.MOMENT)

    assert thin_snapshots(now=midnight + 90 * DAY) == 7
    assert left(alice, midnight) == [(90, "day"), (31 * 60 + 30, "day"), (900 * 60 + 30, "day")]
    assert thin_snapshots(now=midnight + 90 * DAY) == 0


def test_each_hour_is_one_short_transaction(alice, now):
    for hours in range(3):
        write(alice, now + hours * HOUR)

    with CaptureQueriesContext(connection) as queries:
        thin_snapshots(now=now + 2 * DAY)

    assert sum("DELETE" in query["sql"] for query in queries) == 3


def test_how_long_they_are_kept_is_a_setting(alice, now, settings):
    settings.WORTH_FIVES_KEPT_SECS = 2 * 24 * 3600
    write(alice, now)
    write(alice, now + timedelta(minutes=5))

    assert thin_snapshots(now=now + 2 * DAY) == 0
    assert thin_snapshots(now=now + 2 * DAY + HOUR) == 1
