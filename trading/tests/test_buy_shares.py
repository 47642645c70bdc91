from __future__ import annotations

from uuid import uuid4

import pytest

from attention.biomes import Biome
from core.errors import (
    AccountClosed,
    AmountTooSmall,
    InsufficientFunds,
    MarketBusy,
    PriceMoved,
    SoldOut,
    TradeTooLarge,
    TradingPaused,
)
from markets.economic_settings import change_settings, current_settings
from markets.models import Market
from trading.models import Holding, Kind, Source, Wallet
from trading.orders.market_orders import buy_shares
from trading.pricing.quotes import Limit, quote_buy
from trading.tests.conftest import BDT, SHARE

pytestmark = pytest.mark.usefixtures("markets")

OPENING_CASH = 100_000_000 * BDT


def buy(player, now, **request):
    return buy_shares(operation=uuid4(), player_id=player.pk, biome=Biome.OCEAN, now=now, **request)


def test_spends_at_most_what_was_named_fee_included(alice, fund, now):
    fund(alice, 100)

    bought = buy(alice, now, spend_micro=100 * BDT)

    # 98.039215 BDT is the most that leaves room for a fee of 2 %; 980,391 micro-shares are the most that it buys.
    assert (bought.kind, bought.shares_micro) == (Kind.BIOME_BUY, 980_391)
    assert (bought.amount_micro, bought.fee_micro) == (99_999_932, 1_960_783)
    assert (bought.cash_before_micro, bought.cash_after_micro) == (OPENING_CASH, OPENING_CASH + 98_039_149)
    assert Wallet.objects.get(pk=alice.pk).balance_micro == 68


def test_gets_exactly_the_shares_that_were_named(alice, fund, now):
    fund(alice, 1_000)

    bought = buy(alice, now, shares_micro=5 * SHARE)

    # 100,000,000 BDT * (e^(5/1,000,000) - 1) = 500.001250002... BDT, rounded up; the fee of 2 % as well.
    assert (bought.shares_micro, bought.amount_micro, bought.fee_micro) == (5 * SHARE, 510_001_277, 10_000_026)
    assert Wallet.objects.get(pk=alice.pk).balance_micro == 1_000 * BDT - 510_001_277


def test_moves_shares_and_cash_between_player_and_market(alice, fund, now):
    fund(alice, 1_000)

    bought = buy(alice, now, shares_micro=5 * SHARE)

    ocean = Market.objects.get(pk=Biome.OCEAN)
    assert ocean.cash_micro == OPENING_CASH + 500_001_251
    assert ocean.shares_held_micro == 5 * SHARE
    assert (ocean.bar_open_micro, ocean.bar_high_micro, ocean.bar_low_micro) == (
        OPENING_CASH,
        ocean.cash_micro,
        OPENING_CASH,
    )
    assert ocean.bar_volume_micro == 500_001_251
    holding = Holding.objects.get(player=alice, market=ocean)
    assert (holding.shares_micro, holding.cost_micro, holding.realised_micro) == (5 * SHARE, bought.amount_micro, 0)


def test_writes_one_transaction_from_the_player_to_the_market(alice, fund, now):
    fund(alice, 1_000)

    bought = buy(alice, now, shares_micro=5 * SHARE)

    bought.refresh_from_db()
    assert (bought.source, bought.at) == (Source.BIOME, now)
    assert (bought.payer_id, bought.payee_id, bought.initiator_id) == (alice.pk, None, alice.pk)
    assert (bought.market_id, bought.land_id, bought.basis_micro) == ("ocean", None, None)


def test_the_quote_is_the_fill(alice, fund, now):
    fund(alice, 1_000)
    ocean = Market.objects.get(pk=Biome.OCEAN)
    quote = quote_buy(market=ocean, version=current_settings(), spend_micro=777 * BDT)

    bought = buy(alice, now, spend_micro=777 * BDT)

    assert (bought.shares_micro, bought.amount_micro, bought.fee_micro, bought.cash_after_micro) == (
        quote.shares_micro,
        quote.total_micro,
        quote.fee_micro,
        quote.cash_after_micro,
    )


def test_a_second_buy_adds_to_the_holding_and_its_cost(alice, fund, now):
    fund(alice, 1_000)

    first, second = (buy(alice, now, shares_micro=SHARE) for _ in range(2))

    holding = Holding.objects.get(player=alice)
    assert holding.shares_micro == 2 * SHARE
    assert holding.cost_micro == first.amount_micro + second.amount_micro
    assert second.amount_micro > first.amount_micro


@pytest.mark.parametrize(
    ("request_", "refusal", "code"),
    [
        ({"spend_micro": 100_001 * BDT}, InsufficientFunds, "insufficient_funds"),
        ({"shares_micro": 1_000 * SHARE}, InsufficientFunds, "insufficient_funds"),
        ({"spend_micro": 1}, AmountTooSmall, "amount_too_small"),
        ({"shares_micro": 1_000_001 * SHARE}, SoldOut, "sold_out"),
        ({"shares_micro": 100_000 * SHARE}, TradeTooLarge, "trade_too_large"),
        ({"spend_micro": 100 * BDT, "limit": Limit(least_shares_micro=980_392)}, PriceMoved, "price_moved"),
        ({"spend_micro": 100 * BDT, "limit": Limit(worst_price_micro=100 * BDT)}, PriceMoved, "price_moved"),
    ],
)
def test_a_refusal_changes_nothing(alice, fund, state, now, request_, refusal, code):
    fund(alice, 100_000 if "spend_micro" in request_ else 100)
    before = state()

    with pytest.raises(refusal) as refused:
        buy(alice, now, **request_)

    assert refused.value.code == code
    assert state() == before


def test_a_limit_that_the_fill_just_meets_is_no_refusal(alice, fund, now):
    fund(alice, 100)

    # The average price is 98.039149 / 0.980391 = 100.00005...
    bought = buy(
        alice, now, spend_micro=100 * BDT, limit=Limit(least_shares_micro=980_391, worst_price_micro=100_000_100)
    )

    assert bought.shares_micro == 980_391


def test_the_largest_trade_is_a_tenth_of_the_markets_cash(alice, fund, now):
    fund(alice, 20_000_000)

    bought = buy(alice, now, spend_micro=10_200_000 * BDT)

    assert bought.amount_micro - bought.fee_micro <= OPENING_CASH // 10
    assert Market.objects.get(pk=Biome.OCEAN).cash_micro == OPENING_CASH + bought.amount_micro - bought.fee_micro


def test_nothing_is_bought_while_trading_is_paused(alice, fund, state, now):
    fund(alice, 100)
    change_settings(changed_by=None, reason="for the story", now=now, trading_paused=True)
    before = state()

    with pytest.raises(TradingPaused):
        buy(alice, now, spend_micro=10 * BDT)

    assert state() == before
    change_settings(changed_by=None, reason="for the story", now=now, trading_paused=False)
    assert buy(alice, now, spend_micro=10 * BDT).shares_micro > 0


def test_a_changed_fee_holds_for_the_next_buy(alice, fund, now):
    fund(alice, 1_000)
    change_settings(changed_by=None, reason="for the story", now=now, trade_fee_bps=0)

    assert buy(alice, now, shares_micro=SHARE).fee_micro == 0


def test_a_closed_account_buys_nothing(alice, fund, state, now):
    fund(alice, 100)
    alice.is_active = False
    alice.save()
    before = state()

    with pytest.raises(AccountClosed):
        buy(alice, now, spend_micro=10 * BDT)

    assert state() == before


@pytest.mark.django_db(transaction=True)
def test_a_market_that_stays_locked_is_busy(alice, fund, state, now, settings, in_thread):
    from django.db import transaction

    fund(alice, 100)
    settings.LOCK_TIMEOUT_MS = 50
    before = state()

    with transaction.atomic():
        Market.objects.select_for_update(no_key=True).get(pk=Biome.OCEAN)
        refused = in_thread(lambda: buy(alice, now, spend_micro=10 * BDT)).exception(timeout=10)

    assert isinstance(refused, MarketBusy)
    assert (refused.status, refused.retry_after_secs) == (503, 1)
    assert state() == before
