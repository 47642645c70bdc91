"""Each hour's totals of transactions are stored once, and their sum is the economy's."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.economy.hourly_totals import Flow, close_hours, money_now
from attention.biomes import Biome
from trading.models import HourlyFlow, Kind, Transaction
from trading.orders.market_orders import buy_shares, sell_shares
from trading.wallets.wallets import top_up, withdraw

BDT = SHARE = 1_000_000
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
OPENING_MICRO = 7 * 10**14
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def move(write, player, amount_bdt, at):
    write(
        operation=uuid4(),
        initiator_id=player.pk,
        player_id=player.pk,
        amount_micro=amount_bdt * BDT,
        reason="story",
        now=at,
    )


@pytest.fixture
def story(markets, alice):
    """Write an hour with a top-up and a buy, one without transactions, and one with a sale and a withdrawal."""
    move(top_up, alice, 1_000, NOON)
    buy_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.SNOW, shares_micro=2 * SHARE, now=NOON + MINUTE)
    later = NOON + 2 * HOUR
    sell_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.SNOW, shares_micro=1 * SHARE, now=later)
    move(withdraw, alice, 100, later + 59 * MINUTE)


def trade(kind):
    """Return a trade's volume and fee."""
    done = Transaction.objects.get(kind=kind)
    return done.amount_micro - (done.fee_micro if kind == Kind.BIOME_BUY else 0), done.fee_micro


def rows():
    return list(HourlyFlow.objects.order_by("pk").values_list())


def expected():
    """Return the totals of the two hours with transactions."""
    bought, sold = trade(Kind.BIOME_BUY), trade(Kind.BIOME_SELL)
    return [(NOON, 1, *bought, 1_000 * BDT, 0), (NOON + 2 * HOUR, 1, *sold, -100 * BDT, 0)]


def test_an_hour_is_closed_ten_minutes_after_its_end(story):
    close_hours(now=NOON + HOUR + 9 * MINUTE)
    assert rows() == []
    close_hours(now=NOON + HOUR + 10 * MINUTE)
    assert rows() == expected()[:1]


def test_a_late_run_closes_all_that_are_over(story):
    close_hours(now=NOON + 2 * HOUR + 59 * MINUTE)
    assert rows() == expected()[:1]
    close_hours(now=NOON + 9 * HOUR)
    assert rows() == expected()


def test_a_closed_hour_is_never_read_or_written_again(story, alice):
    close_hours(now=NOON + 9 * HOUR)
    move(top_up, alice, 5, NOON)
    close_hours(now=NOON + 10 * HOUR)
    assert rows() == expected()


def test_a_deleted_hour_is_made_again(story):
    close_hours(now=NOON + 9 * HOUR)
    HourlyFlow.objects.all().delete()
    close_hours(now=NOON + 9 * HOUR)
    assert rows() == expected()


def test_two_runs_at_once_write_an_hour_once(story, run_before):
    run_before("analytics.economy.hourly_totals.short_transaction", lambda: close_hours(now=NOON + 9 * HOUR))
    close_hours(now=NOON + 9 * HOUR)
    assert rows() == expected()


@pytest.mark.parametrize("closed_at", [NOON, NOON + 2 * HOUR, NOON + 9 * HOUR])
def test_the_economy_is_the_same_however_many_hours_are_closed(story, alice, closed_at):
    close_hours(now=closed_at)
    money = money_now(now=NOON + 3 * HOUR)

    (bought, buy_fee), (sold, sale_fee) = trade(Kind.BIOME_BUY), trade(Kind.BIOME_SELL)
    assert money.issued_micro == OPENING_MICRO + 900 * BDT
    assert money.fees_micro == money.platform_micro == buy_fee + sale_fee
    assert money.markets_micro == OPENING_MICRO + bought - sold
    assert money.wallets_micro == 900 * BDT - bought - buy_fee + sold - sale_fee
    assert (money.held_micro, money.difference_micro) == (0, 0)
    assert (money.of_the_day("trades"), money.of_the_day("volume_micro")) == (2, bought + sold)
    assert list(money.hours) == [NOON + HOUR * number for number in range(-20, 4)]
    assert {at: flow for at, flow in money.hours.items() if flow != Flow()} == {
        NOON: Flow(1, bought, buy_fee, 1_000 * BDT, 0),
        NOON + 2 * HOUR: Flow(1, sold, sale_fee, -100 * BDT, 0),
    }


@pytest.mark.parametrize("now", [NOON + 48 * HOUR, NOON - HOUR])
def test_what_is_not_of_the_day_counts_in_the_whole(story, now):
    money = money_now(now=now)
    assert money.of_the_day("trades") == 0
    assert (money.issued_micro, money.difference_micro) == (OPENING_MICRO + 900 * BDT, 0)


def test_before_anything_happened_there_is_nothing(db):
    money = money_now(now=NOON)
    assert (money.issued_micro, money.wallets_micro, money.fees_micro, money.difference_micro) == (0, 0, 0, 0)
    assert money.hours == {NOON - HOUR * back: Flow() for back in range(24)}


def test_lost_money_shows_as_a_difference(story, alice):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE trading_wallet SET balance_micro = balance_micro - 7")
    assert money_now(now=NOON).difference_micro == -7


def test_only_the_open_hours_are_read_from_the_transactions(story):
    close_hours(now=NOON + 9 * HOUR)
    with CaptureQueriesContext(connection) as queries:
        money_now(now=NOON + 9 * HOUR)
    assert len(queries) == 2
    assert "at >= '2026-01-01 15:00:00+00:00'::timestamptz" in queries[1]["sql"]


def test_hours_that_a_clock_ahead_of_time_has_closed_are_opened_again(story, alice):
    close_hours(now=NOON + 2 * HOUR + 15 * MINUTE)
    assert HourlyFlow.objects.filter(opened_at=NOON).exists()
    # Set back: it is still the first hour, and money still moves in it.
    move(top_up, alice, 500, NOON + 30 * MINUTE)
    assert money_now(now=NOON + 31 * MINUTE).difference_micro == 0

    close_hours(now=NOON + 31 * MINUTE)
    assert not HourlyFlow.objects.exists()
    close_hours(now=NOON + 3 * HOUR + 15 * MINUTE)
    assert HourlyFlow.objects.get(opened_at=NOON).issued_micro == 1_500 * BDT
    assert money_now(now=NOON + 3 * HOUR + 15 * MINUTE).difference_micro == 0
