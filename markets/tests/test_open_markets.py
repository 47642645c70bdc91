import pytest
from django.core.management import call_command

from attention.biomes import Biome
from markets.economic_settings import change_settings, current_settings
from markets.management.opening import open_markets
from markets.models import EconomicSettings, Market


def test_open_seven_markets_with_the_default_settings(db, now):
    assert open_markets(now=now) == 7
    version = EconomicSettings.objects.get()
    assert (version.changed_at, version.changed_by, version.reason) == (now, None, "The exchange opened.")
    assert (version.redistribution_pool_bps, version.max_move_bps, version.max_trade_bps) == (2_500, 500, 1_000)
    assert (version.trade_fee_bps, version.land_fee_bps, version.price_floor_micro) == (200, 500, 1_000_000)
    assert (version.attention_budget_points, version.trading_paused, version.prices_frozen) == (10, False, False)
    markets = {market.biome: market for market in Market.objects.all()}
    assert set(markets) == set(Biome.values)
    for market in markets.values():
        assert market.cash_micro == market.opening_cash_micro == 100_000_000_000_000
        assert (market.total_shares_micro, market.shares_held_micro) == (1_000_000_000_000, 0)
        assert {market.bar_open_micro, market.bar_high_micro, market.bar_low_micro} == {100_000_000_000_000}
        assert (market.bar_volume_micro, market.settings_id) == (0, version.pk)


def test_open_markets_again_changes_nothing(markets, now):
    Market.objects.filter(biome=Biome.SNOW).update(cash_micro=7, bar_low_micro=7)
    before = list(Market.objects.order_by("pk").values())
    assert open_markets(now=now) == 0
    assert list(Market.objects.order_by("pk").values()) == before
    assert EconomicSettings.objects.count() == 1


def test_open_a_market_that_is_missing_under_the_settings_in_force(markets, now):
    version = change_settings(changed_by=None, reason="Cheaper.", now=now, trade_fee_bps=100)
    Market.objects.filter(biome=Biome.SNOW).delete()
    assert open_markets(now=now) == 1
    assert Market.objects.get(biome=Biome.SNOW).settings == version == current_settings()
    assert EconomicSettings.objects.count() == 2


def test_open_markets_while_another_opens_them(in_thread, run_after, until_blocked, now):
    rivals = []

    def rival_comes():
        rivals.append(in_thread(lambda: open_markets(now=now)))
        until_blocked()

    run_after("markets.management.opening._settings_in_force", rival_comes)
    assert open_markets(now=now) == 7
    assert rivals[0].result(timeout=10) == 0
    assert Market.objects.count() == 7
    assert EconomicSettings.objects.count() == 1


def test_open_markets_by_many_at_once(run_together, now):
    assert sorted(run_together([lambda: open_markets(now=now)] * 4)) == [0, 0, 0, 7]
    assert Market.objects.count() == 7
    assert EconomicSettings.objects.count() == 1


@pytest.mark.django_db
def test_the_command_says_what_it_did(capsys):
    call_command("open_markets")
    call_command("open_markets")
    assert capsys.readouterr().out == "7 markets opened.\nThe markets are open already.\n"
