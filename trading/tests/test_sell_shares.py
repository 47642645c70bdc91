from __future__ import annotations

from uuid import uuid4

import pytest

from attention.biomes import Biome
from core.errors import AccountClosed, AmountTooSmall, InsufficientShares, PriceMoved, TradeTooLarge, TradingPaused
from markets.economic_settings import change_settings
from markets.models import Market
from trading.models import Holding, Kind, Wallet
from trading.orders.market_orders import sell_shares
from trading.pricing.quotes import Limit
from trading.tests.conftest import BDT, SHARE

pytestmark = pytest.mark.usefixtures("markets")


def sell(player, now, **request):
    return sell_shares(operation=uuid4(), player_id=player.pk, biome=Biome.OCEAN, now=now, **request)


def test_pays_along_the_curve_less_the_fee(alice, hold, now):
    hold(alice, 5)
    before = Wallet.objects.get(pk=alice.pk).balance_micro

    sold = sell(alice, now, shares_micro=5 * SHARE)

    # What the five shares cost, 500.001251 BDT, less the micro-BDT that each rounding leaves to the market.
    assert (sold.kind, sold.amount_micro, sold.fee_micro) == (Kind.BIOME_SELL, 500_001_250, 10_000_025)
    assert (sold.payer_id, sold.payee_id) == (None, alice.pk)
    assert Wallet.objects.get(pk=alice.pk).balance_micro == before + 490_001_225


def test_the_market_keeps_what_rounding_left(alice, hold, now):
    hold(alice, 5)

    sell(alice, now, shares_micro=5 * SHARE)

    ocean = Market.objects.get(pk=Biome.OCEAN)
    assert (ocean.cash_micro, ocean.shares_held_micro) == (100_000_000 * BDT + 1, 0)


def test_realises_the_gain_over_the_average_cost(alice, hold, now):
    hold(alice, 5)
    cost = Holding.objects.get(player=alice).cost_micro

    sold = sell(alice, now, shares_micro=2 * SHARE)

    holding = Holding.objects.get(player=alice)
    assert sold.basis_micro == cost * 2 // 5
    assert (holding.shares_micro, holding.cost_micro) == (3 * SHARE, cost - cost * 2 // 5)
    assert holding.realised_micro == sold.amount_micro - sold.fee_micro - cost * 2 // 5


def test_selling_the_last_share_takes_the_whole_cost(alice, hold, now):
    hold(alice, 3)

    for _ in range(3):
        sell(alice, now, shares_micro=SHARE)

    holding = Holding.objects.get(player=alice)
    assert (holding.shares_micro, holding.cost_micro) == (0, 0)


@pytest.mark.parametrize(
    ("request_", "refusal", "code"),
    [
        ({"shares_micro": 5 * SHARE + 1}, InsufficientShares, "insufficient_shares"),
        ({"shares_micro": 5 * SHARE, "limit": Limit(least_proceeds_micro=490_001_226)}, PriceMoved, "price_moved"),
        ({"shares_micro": 5 * SHARE, "limit": Limit(worst_price_micro=100_000_251)}, PriceMoved, "price_moved"),
    ],
)
def test_a_refusal_changes_nothing(alice, hold, state, now, request_, refusal, code):
    hold(alice, 5)
    before = state()

    with pytest.raises(refusal) as refused:
        sell(alice, now, **request_)

    assert refused.value.code == code
    assert state() == before


def test_a_limit_that_the_fill_just_meets_is_no_refusal(alice, hold, now):
    hold(alice, 5)
    limit = Limit(least_proceeds_micro=490_001_225, worst_price_micro=100_000_250)

    assert sell(alice, now, shares_micro=5 * SHARE, limit=limit).amount_micro == 500_001_250


def test_another_players_shares_cannot_be_sold(alice, bob, hold, state, now):
    hold(alice, 5)
    before = state()[1:]

    with pytest.raises(InsufficientShares):
        sell(bob, now, shares_micro=SHARE)

    assert state()[1:] == before


def test_dust_that_pays_nothing_is_refused(alice, hold, state, now):
    hold(alice, 5)
    Market.objects.filter(pk=Biome.OCEAN).update(cash_micro=10**6, bar_low_micro=10**6)
    before = state()

    with pytest.raises(AmountTooSmall):
        sell(alice, now, shares_micro=1)

    assert state() == before


def test_the_largest_trade_holds_for_sales(alice, hold, state, now):
    hold(alice, 5_000)
    change_settings(changed_by=None, reason="for the story", now=now, max_trade_bps=10)
    before = state()

    with pytest.raises(TradeTooLarge):
        sell(alice, now, shares_micro=5_000 * SHARE)

    assert state() == before
    assert sell(alice, now, shares_micro=900 * SHARE).shares_micro == 900 * SHARE


def test_a_closed_account_sells_nothing(alice, hold, state, now):
    hold(alice, 5)
    alice.is_active = False
    alice.save()
    before = state()

    with pytest.raises(AccountClosed):
        sell(alice, now, shares_micro=SHARE)

    assert state() == before


def test_nothing_is_sold_while_trading_is_paused(alice, hold, state, now):
    hold(alice, 5)
    change_settings(changed_by=None, reason="for the story", now=now, trading_paused=True)
    before = state()

    with pytest.raises(TradingPaused):
        sell(alice, now, shares_micro=SHARE)

    assert state() == before
