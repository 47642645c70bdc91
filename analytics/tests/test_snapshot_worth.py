from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from analytics.equity.snapshots import snapshot_worth
from attention.biomes import Biome
from markets.models import Market
from tests.fixtures import WAIT_SECS
from trading.locks import locked_for_sale
from trading.models import Holding, Wallet, WorthSnapshot
from trading.orders.market_orders import sell_shares
from trading.positions import portfolio_of
from trading.tests.conftest import BDT
from trading.wallets.wallets import ensure_wallet, withdraw

pytestmark = pytest.mark.usefixtures("markets")

PERIOD = timedelta(minutes=5)
BOUGHT = 500_001_251  # 5 shares of a market as it opens, without the fee
PAID = 510_001_277


@pytest.fixture(autouse=True)
def period(settings):
    settings.WORTH_SNAPSHOT_SECS = 300


def snapshots(player=None):
    """Return time, worth, gain and volume of all snapshots, or of one player's, in the order of time."""
    found = WorthSnapshot.objects.filter(player=player) if player else WorthSnapshot.objects
    return list(found.order_by("at", "player").values_list("at", "worth_micro", "gain_micro", "volume_micro"))


def sell_all(player, now, biome=Biome.OCEAN):
    shares_micro = Holding.objects.get(player=player, market=biome).shares_micro
    sell_shares(operation=uuid4(), player_id=player.pk, biome=biome, shares_micro=shares_micro, now=now)


def test_without_players_there_is_nothing_to_write(now):
    assert snapshot_worth(now=now) == 0
    assert snapshots() == []


def test_a_holder_has_money_and_shares_at_their_price(alice, hold, now):
    hold(alice, 5)

    assert snapshot_worth(now=now) == 1

    # 5 shares at 100.000500001251 BDT, as in the portfolio.
    worth = 550 * BDT - PAID + 500_002_500
    assert snapshots() == [(now, worth, 500_002_500 - PAID, BOUGHT)]
    assert worth == portfolio_of(player_id=alice.pk).worth_micro


def test_all_markets_and_what_is_held_count(alice, hold, now):
    hold(alice, 5)
    hold(alice, 5, Biome.SNOW)
    Wallet.objects.update(held_micro=7 * BDT)

    snapshot_worth(now=now)

    worth = 2 * (550 * BDT - PAID + 500_002_500) + 7 * BDT
    assert snapshots() == [(now, worth, 2 * (500_002_500 - PAID), 2 * BOUGHT)]


def test_the_largest_holdings_there_can_be_do_not_overflow(alice, hold, now):
    hold(alice, 5)
    largest = 10**18
    Market.objects.filter(pk=Biome.OCEAN).update(
        cash_micro=largest, bar_high_micro=largest, total_shares_micro=largest, shares_held_micro=largest
    )
    Holding.objects.update(shares_micro=largest - 1)

    snapshot_worth(now=now)

    assert snapshots()[0][1] == 550 * BDT - PAID + largest - 1


def test_a_snapshot_stands_for_the_beginning_of_its_period(alice, hold, now):
    hold(alice, 5)

    snapshot_worth(now=now + timedelta(minutes=4, seconds=59))

    assert [at for at, *_ in snapshots()] == [now]


def test_once_a_period_has_some_nothing_is_written(alice, bob, hold, now):
    hold(alice, 5)
    snapshot_worth(now=now)
    before = snapshots()
    hold(bob, 5)

    assert snapshot_worth(now=now + timedelta(minutes=4)) == 0
    assert snapshots() == before


def test_the_period_is_a_setting(alice, hold, now, settings):
    settings.WORTH_SNAPSHOT_SECS = 60
    hold(alice, 5)

    snapshot_worth(now=now + timedelta(seconds=119))

    assert [at for at, *_ in snapshots()] == [now + timedelta(minutes=1)]


def test_a_holder_is_written_of_each_time(alice, hold, now):
    hold(alice, 5)
    snapshot_worth(now=now)
    Market.objects.filter(pk=Biome.OCEAN).update(cash_micro=90_000_000 * BDT, bar_low_micro=90_000_000 * BDT)
    snapshot_worth(now=now + PERIOD)
    snapshot_worth(now=now + 2 * PERIOD)

    assert [(at, gain) for at, _, gain, _ in snapshots()] == [
        (now, 500_002_500 - PAID),
        (now + PERIOD, 450 * BDT - PAID),
        (now + 2 * PERIOD, 450 * BDT - PAID),
    ]


def test_a_player_without_shares_is_written_of_when_the_money_changes(alice, fund, now):
    fund(alice, 100)
    snapshot_worth(now=now)
    snapshot_worth(now=now + PERIOD)
    fund(alice, 20)
    snapshot_worth(now=now + 2 * PERIOD)
    snapshot_worth(now=now + 3 * PERIOD)

    assert snapshots() == [(now, 100 * BDT, 0, 0), (now + 2 * PERIOD, 120 * BDT, 0, 0)]


def test_the_last_sale_is_written_and_nothing_after_it(alice, hold, now):
    hold(alice, 5)
    snapshot_worth(now=now)
    sell_all(alice, now)
    snapshot_worth(now=now + PERIOD)
    snapshot_worth(now=now + 2 * PERIOD)

    # Of what is traded back at once no more than the difference counts.
    gain = Holding.objects.get().realised_micro
    assert snapshots()[1:] == [(now + PERIOD, 550 * BDT + gain, gain, BOUGHT - 500_001_250)]


def test_money_that_is_gone_is_written_as_none(alice, fund, now):
    fund(alice, 100)
    snapshot_worth(now=now)
    withdraw(
        operation=uuid4(), initiator_id=alice.pk, player_id=alice.pk, amount_micro=100 * BDT, reason="gone", now=now
    )
    snapshot_worth(now=now + PERIOD)

    assert snapshots()[1:] == [(now + PERIOD, 0, 0, 0)]


def test_a_player_who_never_had_anything_is_not_written_of(alice, now):
    ensure_wallet(player_id=alice.pk, now=now)

    assert snapshot_worth(now=now) == 0


def test_each_player_is_written_of_apart(alice, bob, hold, fund, now):
    hold(alice, 5, Biome.SNOW)
    fund(bob, 3)

    assert snapshot_worth(now=now) == 2
    assert snapshots(bob) == [(now, 3 * BDT, 0, 0)]
    assert snapshots(alice)[0][2:] == (500_002_500 - PAID, BOUGHT)


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_no_lock(alice, hold, now, in_thread):
    hold(alice, 5)
    with transaction.atomic():
        locked_for_sale(player_id=alice.pk, biome=Biome.OCEAN)

        assert in_thread(lambda: snapshot_worth(now=now)).result(timeout=WAIT_SECS) == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_write_one_row_each(alice, bob, hold, now, run_together):
    hold(alice, 5)
    hold(bob, 5)

    written = run_together([lambda: snapshot_worth(now=now)] * 2)

    assert sum(written) == 2
    assert len(snapshots()) == 2


def test_periods_begin_at_whole_multiples_of_their_length(alice, fund, now):
    fund(alice, 1)

    assert snapshot_worth(now=datetime(2031, 12, 31, 23, 59, 59, tzinfo=UTC)) == 1
    assert snapshots()[0][0] == datetime(2031, 12, 31, 23, 55, tzinfo=UTC)
