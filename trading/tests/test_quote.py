from __future__ import annotations

from fractions import Fraction

import pytest

from attention.biomes import Biome
from core.errors import AmountTooSmall, InsufficientShares, SoldOut, TradeTooLarge, TradingPaused
from markets.models import EconomicSettings, Market
from trading.pricing.quotes import Limit, Side, quote_buy, quote_sell, sale_value
from trading.tests.conftest import BDT, SHARE

OCEAN = Market(
    biome=Biome.OCEAN,
    cash_micro=100_000_000 * BDT,
    total_shares_micro=1_000_000 * SHARE,
    shares_held_micro=200_000 * SHARE,
)
DEFAULTS = EconomicSettings()


def test_a_buy_by_shares():
    quote = quote_buy(market=OCEAN, version=DEFAULTS, shares_micro=10_000 * SHARE)

    # 100,000,000 * (e^0.01 - 1) = 1,005,016.708416805...
    assert (quote.side, quote.curve_micro, quote.fee_micro) == (Side.BUY, 1_005_016_708_417, 20_100_334_169)
    assert quote.total_micro == 1_005_016_708_417 + 20_100_334_169
    assert quote.price_before == 100
    assert quote.price_after == Fraction(101_005_016_708_417, 1_000_000 * SHARE)
    assert quote.average_price == Fraction(1_005_016_708_417, 10_000 * SHARE)
    assert quote.impact == Fraction(1_005_016_708_417, 100_000_000 * BDT)


def test_a_sale():
    quote = quote_sell(market=OCEAN, version=DEFAULTS, shares_micro=10_000 * SHARE)

    # 100,000,000 * (1 - e^-0.01) = 995,016.625083194...
    assert (quote.side, quote.curve_micro, quote.fee_micro) == (Side.SELL, 995_016_625_083, 19_900_332_502)
    assert quote.total_micro == 995_016_625_083 - 19_900_332_502
    assert quote.price_after == Fraction(99_004_983_374_917, 1_000_000 * SHARE)
    assert quote.impact < 0


def test_a_buy_needs_one_size():
    with pytest.raises(ValueError, match="names what to spend"):
        quote_buy(market=OCEAN, version=DEFAULTS)


@pytest.mark.parametrize(
    ("size", "refusal"),
    [
        ({"spend_micro": 1}, AmountTooSmall),
        ({"shares_micro": 0}, AmountTooSmall),
        ({"shares_micro": 800_000 * SHARE + 1}, SoldOut),
        ({"spend_micro": 10**18}, SoldOut),
        ({"shares_micro": 800_000 * SHARE}, TradeTooLarge),
    ],
)
def test_buys_that_are_refused(size, refusal):
    with pytest.raises(refusal):
        quote_buy(market=OCEAN, version=DEFAULTS, **size)


@pytest.mark.parametrize(
    ("shares_micro", "refusal"),
    [(200_000 * SHARE + 1, InsufficientShares), (200_000 * SHARE, TradeTooLarge), (0, AmountTooSmall)],
)
def test_sales_that_are_refused(shares_micro, refusal):
    with pytest.raises(refusal):
        quote_sell(market=OCEAN, version=DEFAULTS, shares_micro=shares_micro)


def test_nothing_is_quoted_while_trading_is_paused():
    paused = EconomicSettings(trading_paused=True)

    with pytest.raises(TradingPaused):
        quote_buy(market=OCEAN, version=paused, spend_micro=BDT)
    with pytest.raises(TradingPaused):
        quote_sell(market=OCEAN, version=paused, shares_micro=SHARE)


def test_a_fee_that_eats_the_whole_proceeds_is_refused():
    with pytest.raises(AmountTooSmall):
        quote_sell(market=OCEAN, version=EconomicSettings(trade_fee_bps=10_000), shares_micro=SHARE)


def test_the_value_of_a_sale_ignores_the_limits_on_one_trade():
    # 100,000,000 * (1 - e^-0.2) = 18,126,924.692201814..., less 2 %.
    value = sale_value(market=OCEAN, version=DEFAULTS, shares_micro=200_000 * SHARE)

    assert value == 18_126_924_692_201 - 362_538_493_845


def test_no_shares_are_worth_nothing():
    assert sale_value(market=OCEAN, version=DEFAULTS, shares_micro=0) == 0


def test_no_limit_refuses_nothing():
    Limit().check(quote_buy(market=OCEAN, version=DEFAULTS, spend_micro=BDT))
