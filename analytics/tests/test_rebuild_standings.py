from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from analytics.equity.snapshots import snapshot_worth
from analytics.leaderboard.rankings import Measure, own_standing, ranked_at, rebuild_standings, standings_of
from analytics.locks import standings_claimed
from attention.biomes import Biome
from tests.fixtures import WAIT_SECS
from trading.models import Holding, Standing
from trading.orders.market_orders import sell_shares

pytestmark = pytest.mark.usefixtures("markets")

DAY, WEEK, ALL = Standing.Period.DAY, Standing.Period.WEEK, Standing.Period.ALL
PERIOD = timedelta(minutes=5)
BOUGHT = 500_001_251  # 5 shares of a market as it opens, without the fee
GAIN = 500_002_500 - 510_001_277  # at their price, against what was paid


@pytest.fixture(autouse=True)
def period(settings):
    settings.WORTH_SNAPSHOT_SECS = 300


def standings(period, by=Measure.GAIN):
    found = standings_of(period=period, by=by)
    return [(each.player.username, each.gain_micro, each.volume_micro) for each in found]


def sell_all(player, now):
    shares_micro = Holding.objects.get(player=player).shares_micro
    sold = sell_shares(operation=uuid4(), player_id=player.pk, biome=Biome.OCEAN, shares_micro=shares_micro, now=now)
    return sold.amount_micro


def test_without_trades_nobody_stands_anywhere(alice, fund, now):
    fund(alice, 100)

    assert rebuild_standings(now=now) == 0
    assert standings(ALL) == []
    assert own_standing(player_id=alice.pk, period=ALL) is None


def test_a_first_trade_counts_in_every_period(alice, hold, now):
    hold(alice, 5)

    assert rebuild_standings(now=now) == 3
    assert [standings(period) for period in (DAY, WEEK, ALL)] == [[("alice", GAIN, BOUGHT)]] * 3


def test_they_say_when_they_were_ranked(alice, hold, now):
    assert ranked_at() is None
    hold(alice, 5)
    for later in (timedelta(0), timedelta(minutes=1)):
        rebuild_standings(now=now + later)
        assert ranked_at() == now + later


def test_money_that_only_moved_is_no_gain(alice, hold, fund, now):
    hold(alice, 5)
    fund(alice, 1_000_000)

    rebuild_standings(now=now)

    assert standings(ALL) == [("alice", GAIN, BOUGHT)]


def test_the_best_come_first_by_gain_and_by_volume(alice, bob, hold, now):
    hold(alice, 5)
    hold(bob, 7, Biome.SNOW)

    rebuild_standings(now=now)

    assert [name for name, *_ in standings(ALL, Measure.GAIN)] == ["alice", "bob"]
    assert [name for name, *_ in standings(ALL, Measure.VOLUME)] == ["bob", "alice"]
    own = own_standing(player_id=bob.pk, period=ALL)
    assert (own.gain_rank, own.volume_rank) == (2, 1)


def test_equal_players_have_places_of_their_own(alice, bob, hold, now):
    hold(alice, 5, Biome.OCEAN)
    hold(bob, 5, Biome.SNOW)

    rebuild_standings(now=now)

    assert list(Standing.objects.filter(period=ALL).order_by("player").values_list("gain_rank", "volume_rank")) == [
        (1, 1),
        (2, 2),
    ]


def test_a_period_counts_from_the_snapshot_before_it(alice, hold, now):
    hold(alice, 5)
    snapshot_worth(now=now)
    bought_later = now + timedelta(days=3)
    hold(alice, 5, Biome.SNOW)

    rebuild_standings(now=bought_later)

    assert standings(DAY) == [("alice", GAIN, BOUGHT)]
    assert standings(WEEK) == standings(ALL) == [("alice", 2 * GAIN, 2 * BOUGHT)]


def test_the_nearest_snapshot_before_the_period_counts(alice, hold, now):
    hold(alice, 5)
    snapshot_worth(now=now)
    volume_micro = BOUGHT + sell_all(alice, now + timedelta(minutes=2))
    snapshot_worth(now=now + PERIOD)
    gain = Holding.objects.get().realised_micro

    rebuild_standings(now=now + timedelta(days=1))
    assert standings(DAY) == [("alice", gain - GAIN, volume_micro - BOUGHT)]

    rebuild_standings(now=now + timedelta(days=1) + PERIOD)
    assert standings(DAY) == []
    assert own_standing(player_id=alice.pk, period=DAY) is None
    assert standings(WEEK) == [("alice", gain, volume_micro)]


def test_a_loss_over_a_period_is_one_however_large_the_gain_before(alice, hold, now):
    hold(alice, 5)
    Holding.objects.update(realised_micro=10**12)
    snapshot_worth(now=now)
    Holding.objects.update(realised_micro=10**12 - 7)

    rebuild_standings(now=now + timedelta(days=1))

    assert standings(DAY) == [("alice", -7, 0)]
    assert standings(ALL) == [("alice", 10**12 - 7 + GAIN, BOUGHT)]


def test_a_closed_account_stands_nowhere(alice, bob, hold, now):
    hold(alice, 5)
    hold(bob, 1, Biome.SNOW)
    alice.is_active = False
    alice.save()

    rebuild_standings(now=now)

    assert [name for name, *_ in standings(ALL)] == ["bob"]


def test_what_was_before_is_gone(alice, bob, hold, now):
    hold(alice, 1)
    rebuild_standings(now=now)
    hold(bob, 5, Biome.SNOW)

    assert rebuild_standings(now=now) == 6
    assert Standing.objects.count() == 6


def test_pages_go_on_behind_a_rank(alice, bob, root, hold, now):
    hold(alice, 1, Biome.OCEAN)
    hold(bob, 2, Biome.SNOW)
    hold(root, 3, Biome.BEACH)
    rebuild_standings(now=now)

    ranked = standings_of(period=ALL, by=Measure.VOLUME)

    assert [each.player.username for each in ranked[:2]] == ["root", "bob"]
    assert [each.player.username for each in ranked[2:]] == ["alice"]


def test_a_page_is_one_query(alice, bob, hold, now, django_assert_num_queries):
    hold(alice, 1, Biome.OCEAN)
    hold(bob, 2, Biome.SNOW)
    rebuild_standings(now=now)

    with django_assert_num_queries(1):
        assert len(standings(ALL)) == 2


@pytest.mark.django_db(transaction=True)
def test_readers_see_the_old_ones_until_all_new_ones_are_there(alice, bob, hold, now, in_thread, until_blocked):
    hold(alice, 5)
    rebuild_standings(now=now)
    hold(bob, 1, Biome.SNOW)
    with transaction.atomic():
        # It has deleted the old ones and waits for the snapshots, to rank the new ones.
        connection.cursor().execute("LOCK TABLE trading_worthsnapshot")
        rebuilding = in_thread(lambda: rebuild_standings(now=now))
        until_blocked()

        assert [name for name, *_ in standings(ALL)] == ["alice"]

    rebuilding.result(timeout=WAIT_SECS)
    assert [name for name, *_ in standings(ALL)] == ["bob", "alice"]


@pytest.mark.django_db(transaction=True)
def test_a_second_one_at_once_does_nothing(alice, hold, now, in_thread):
    hold(alice, 5)
    with transaction.atomic():
        assert standings_claimed()

        assert in_thread(lambda: rebuild_standings(now=now)).result(timeout=WAIT_SECS) == 0
    assert not Standing.objects.exists()
