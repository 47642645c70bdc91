"""The largest trade size computed is not refused, and a micro-unit more is."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attention.biomes import Biome
from core.errors import AmountTooSmall, SoldOut, TradeTooLarge
from markets.models import EconomicSettings, Market
from trading.pricing.quotes import quote_buy, quote_sell
from trading.pricing.sizing import buyable, most_to_buy, most_to_sell, most_to_spend, sellable, spendable
from trading.tests.conftest import BDT, SHARE

DEFAULTS = EconomicSettings()


def ocean(held=200_000 * SHARE, cash=100_000_000 * BDT, total=1_000_000 * SHARE):
    return Market(biome=Biome.OCEAN, cash_micro=cash, total_shares_micro=total, shares_held_micro=held)


def test_the_most_of_one_trade_at_the_opening_price():
    # 10 % of the cash is 10,000,000 BDT: n = 10^12 * ln(1.1) to buy, -10^12 * ln(0.9) to sell.
    sizes = {"market": ocean(), "version": DEFAULTS}

    assert most_to_buy(**sizes) == 95_310_179_804
    assert most_to_spend(**sizes) == 10_200_000_000_076
    assert most_to_sell(**sizes) == 105_360_515_657


def test_all_of_a_balance_can_be_spent():
    sizes = {"market": ocean(), "version": DEFAULTS}

    assert spendable(**sizes, spend_micro=1_000 * BDT) == 1_000 * BDT
    assert buyable(**sizes, spend_micro=1_000 * BDT) == quote_buy(**sizes, spend_micro=1_000 * BDT).shares_micro
    assert sellable(**sizes, shares_micro=5 * SHARE) == 5 * SHARE


def test_no_more_than_one_trade_takes():
    sizes = {"market": ocean(), "version": DEFAULTS}

    assert spendable(**sizes, spend_micro=10**18) == most_to_spend(**sizes)
    assert buyable(**sizes, spend_micro=10**18) == most_to_buy(**sizes)
    assert sellable(**sizes, shares_micro=10**12) == most_to_sell(**sizes)


def test_no_more_than_is_left():
    sizes = {"market": ocean(held=1_000_000 * SHARE - 7), "version": DEFAULTS}

    assert most_to_buy(**sizes) == 7
    assert quote_buy(**sizes, spend_micro=most_to_spend(**sizes)).shares_micro == 7
    with pytest.raises(SoldOut):
        quote_buy(**sizes, spend_micro=most_to_spend(**sizes) + 1)


@st.composite
def markets_to_size(draw):
    total = draw(st.integers(10**6, 10**13))
    # From the lowest price floor to far above the opening price.
    cash = draw(st.integers(max(total // 10**6, 10**4), total * 10**4))
    version = EconomicSettings(
        trade_fee_bps=draw(st.sampled_from([0, 1, 200, 3333, 10_000])),
        max_trade_bps=draw(st.sampled_from([1, 1_000, 9_999, 10_000])),
    )
    return {"market": ocean(draw(st.integers(0, total)), cash, total), "version": version}


@given(markets_to_size())
def test_the_most_to_buy_is_the_most(sizes):
    shares_micro = most_to_buy(**sizes)

    if shares_micro:
        quote_buy(**sizes, shares_micro=shares_micro)
    with pytest.raises((SoldOut, TradeTooLarge)):
        quote_buy(**sizes, shares_micro=shares_micro + 1)


@given(markets_to_size())
def test_the_most_to_spend_is_the_most(sizes):
    spend_micro = most_to_spend(**sizes)

    # Below 1 BDT a share, several micro-shares cost the same micro-BDT, and not every number can be met.
    if most_to_buy(**sizes) and sizes["market"].cash_micro >= sizes["market"].total_shares_micro:
        assert quote_buy(**sizes, spend_micro=spend_micro).shares_micro == most_to_buy(**sizes)
    with pytest.raises((SoldOut, TradeTooLarge)):
        quote_buy(**sizes, spend_micro=spend_micro + 1)


@given(markets_to_size())
def test_the_most_to_sell_is_the_most(sizes):
    market = sizes["market"]
    market.shares_held_micro = market.total_shares_micro
    shares_micro = most_to_sell(**sizes)

    # Where the fee takes it all, no size is right.
    with suppress(AmountTooSmall):
        quote_sell(**sizes, shares_micro=shares_micro)
    if shares_micro < market.total_shares_micro:
        with pytest.raises((AmountTooSmall, TradeTooLarge)):
            quote_sell(**sizes, shares_micro=shares_micro + 1)
