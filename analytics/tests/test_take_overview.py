"""The economy at a glance, as administrators see it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import User
from analytics.economy.overview import CashAt, MarketLine, Players, Pulse, take_overview
from analytics.leaderboard.rankings import rebuild_standings
from attention.biomes import Biome
from markets.economic_settings import SettingChange, change_settings
from markets.models import Candle, Market
from markets.tests.cycles import write_cycle
from trading.models import Wallet
from trading.orders.market_orders import buy_shares

BDT = SHARE = 1_000_000
CASH = 10**14
#: And the one of the prices' changes, which is prepared and not seen here.
QUERIES = 7
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def overview(markets, now):
    """Return a function that takes the administrators' overview now."""
    return lambda: take_overview(now=now)


def write_candles(opened_at, close_micro, *, volume_micro=0, biomes=Biome):
    Candle.objects.bulk_create(
        Candle(
            market_id=biome,
            interval=Candle.Interval.QUARTER,
            opened_at=opened_at,
            open_micro=close_micro - 1,
            high_micro=close_micro,
            low_micro=close_micro - 1,
            close_micro=close_micro,
            volume_micro=volume_micro,
            total_shares_micro=10**12,
        )
        for biome in biomes
    )


def test_there_is_none_before_the_markets_open(db, now):
    assert take_overview(now=now) is None


def test_a_new_exchange_has_quiet_figures(overview, now):
    seen = overview()
    assert (seen.at, seen.players, seen.pulse) == (now, Players(0, 0, 0, 0), Pulse(0.0, None, None))
    assert seen.cash_history == [CashAt(now, (CASH,) * 7)]
    assert seen.markets == [MarketLine(biome, CASH, "100.00", "14.3", None, 0) for biome in Biome]
    assert [version.changes for version in seen.versions] == [[]]


def test_money_is_that_of_the_moment(overview, alice, fund):
    fund(alice, 1_000)
    money = overview().money
    assert (money.issued_micro, money.wallets_micro, money.markets_micro) == (
        7 * CASH + 1_000 * BDT,
        1_000 * BDT,
        7 * CASH,
    )


def test_players_are_counted(overview, alice, bob, hold, now):
    hold(bob, 2)
    rebuild_standings(now=now)
    User.objects.filter(pk=alice.pk).update(date_joined=now, is_simulated=True)
    User.objects.filter(pk=bob.pk).update(date_joined=now.replace(hour=0) - SECOND)
    assert overview().players == Players(all=2, new_today=1, simulated=1, active=1)


def test_cycles_of_the_last_minute_tell_the_rate(overview, now):
    for age in (2 * MINUTE, MINUTE, 59 * SECOND, 30 * SECOND, 2 * SECOND):
        write_cycle(now - age)
    assert overview().pulse == Pulse(cycles_a_sec=3 / 60, number=5, age_secs=2.0)


def test_a_stalled_exchange_tells_its_last_cycle(overview, now):
    write_cycle(now - HOUR)
    assert overview().pulse == Pulse(cycles_a_sec=0.0, number=1, age_secs=3600.0)


def test_markets_are_told_by_volume_of_a_day(overview, now):
    write_candles(now - 2 * HOUR, CASH, volume_micro=5, biomes=[Biome.SNOW])
    write_candles(now - HOUR, CASH, volume_micro=4, biomes=[Biome.SNOW, Biome.FOREST])
    write_candles(now - 25 * HOUR, CASH, volume_micro=100)
    Market.objects.filter(pk=Biome.SNOW).update(cash_micro=2 * CASH, bar_high_micro=2 * CASH)

    snow, forest, ocean, *_ = overview().markets
    assert snow == MarketLine(Biome.SNOW, 2 * CASH, "200.00", "25.0", None, 9)
    assert (forest.biome, forest.volume_micro) == (Biome.FOREST, 4)
    assert (ocean.biome, ocean.volume_micro) == (Biome.OCEAN, 0)


def test_a_change_over_a_day_is_that_of_the_players_pages(overview, now):
    write_cycle(now - 24 * HOUR, cash=CASH // 2)
    assert {line.biome: line.day_percent for line in overview().markets}[Biome.OCEAN] == "100.00"


def test_cash_is_told_from_the_first_candle_of_a_day_until_now(overview, now):
    write_candles(now - 25 * HOUR, 1_000)
    write_candles(now - 30 * MINUTE, 2_000)
    write_candles(now - 15 * MINUTE, 3_000)
    # Under way: what it closes at is what there is now.
    write_candles(now, 4_000)
    assert overview().cash_history == [
        CashAt(now - 30 * MINUTE, (1_999,) * 7),
        CashAt(now - 15 * MINUTE, (2_000,) * 7),
        CashAt(now, (CASH,) * 7),
    ]


def test_a_candle_that_not_every_market_has_is_left_out(overview, now):
    write_candles(now - HOUR, 2_000, biomes=list(Biome)[1:])
    assert overview().cash_history == [CashAt(now, (CASH,) * 7)]


def test_the_newest_changes_of_the_settings_are_told(overview, root, now):
    for bps in (100, 200, 300, 400, 500, 600):
        change_settings(changed_by=root, reason=f"{bps}", now=now, trade_fee_bps=bps + 1)
    seen = overview()
    assert [version.settings.reason for version in seen.versions] == ["600", "500", "400", "300", "200"]
    assert seen.versions[4].changes == [SettingChange("trade_fee_bps", 101, 201)]
    assert seen.settings.trade_fee_bps == 601


def test_queries_are_few_however_much_there_is(overview, alice, bob, root, fund, now, django_assert_num_queries):
    for player in (alice, bob):
        fund(player, 10_000)
        for biome in Biome:
            buy_shares(operation=uuid4(), player_id=player.pk, biome=biome, shares_micro=SHARE, now=now)
    for quarter in range(96):
        write_candles(now - quarter * 15 * MINUTE, CASH, volume_micro=1)
    for age in range(100):
        write_cycle(now - age * SECOND / 2)
    change_settings(changed_by=root, reason="dearer", now=now, trade_fee_bps=300)
    rebuild_standings(now=now)

    with django_assert_num_queries(QUERIES):
        seen = overview()
    assert seen.money.trades == 14
    assert Wallet.objects.count() == seen.players.active == 2
