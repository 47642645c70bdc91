"""Limits of a trade's size in a market's current state. Pure: integers in micro-units.

Exact by the curve: a trade of the most given here is not refused as too large, and a micro-unit more is.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from markets.curve import cost_of, proceeds_of, shares_for, shares_within
from markets.money import BPS_WHOLE, fee_of, net_of_fee

if TYPE_CHECKING:
    from markets.models import EconomicSettings, Market

#: The least that pages show: 0.01 BDT and 0.0001 shares.
SHOWN_BDT_MICRO = 10_000
SHOWN_SHARES_MICRO = 100


def down_to(step_micro: int, amount_micro: int) -> int:
    """Return the amount rounded down to the step that pages show; unchanged where that would leave nothing."""
    return amount_micro // step_micro * step_micro or amount_micro


def nearest(step_micro: int, amount_micro: int) -> int:
    """Return the amount as pages show it: rounded, half to even."""
    return round(Fraction(amount_micro, step_micro)) * step_micro


def buyable(*, market: Market, version: EconomicSettings, spend_micro: int) -> int:
    """Return the micro-shares that one buy gets for so much money, fee included, limited to the largest possible
    buy.
    """
    wanted = shares_for(
        cash_micro=market.cash_micro,
        total_shares_micro=market.total_shares_micro,
        spend_micro=net_of_fee(spend_micro, version.trade_fee_bps),
    )
    return min(wanted, most_to_buy(market=market, version=version))


def spendable(*, market: Market, version: EconomicSettings, spend_micro: int) -> int:
    """Return the part of the money, in micro-BDT and fee included, that one buy can spend."""
    return min(spend_micro, most_to_spend(market=market, version=version))


def sellable(*, market: Market, version: EconomicSettings, shares_micro: int) -> int:
    """Return the part of the micro-shares that one sale can sell."""
    return min(shares_micro, most_to_sell(market=market, version=version))


def shares_bringing(*, market: Market, version: EconomicSettings, receive_micro: int) -> int:
    """Return the fewest micro-shares whose sale brings so much after the fee; one more than exist where none do."""
    total_shares_micro = market.total_shares_micro
    left_bps = BPS_WHOLE - version.trade_fee_bps
    all_micro = proceeds_of(
        cash_micro=market.cash_micro, total_shares_micro=total_shares_micro, shares_micro=total_shares_micro
    )
    if receive_micro * BPS_WHOLE > all_micro * left_bps:
        return total_shares_micro + 1
    # The least that, without its fee, is no less.
    proceeds_micro = -(-receive_micro * BPS_WHOLE // left_bps)
    short_of_it = shares_within(
        cash_micro=market.cash_micro, total_shares_micro=total_shares_micro, proceeds_micro=proceeds_micro - 1
    )
    return short_of_it + 1


def most_to_buy(*, market: Market, version: EconomicSettings) -> int:
    """Return the most micro-shares that one buy can get: within the largest trade, and of those that are left."""
    within_size = shares_for(
        cash_micro=market.cash_micro,
        total_shares_micro=market.total_shares_micro,
        spend_micro=_largest_trade(market, version),
    )
    return min(within_size, market.total_shares_micro - market.shares_held_micro)


def most_to_spend(*, market: Market, version: EconomicSettings) -> int:
    """Return the most micro-BDT, fee included, that one buy can spend."""
    one_too_many = cost_of(
        cash_micro=market.cash_micro,
        total_shares_micro=market.total_shares_micro,
        shares_micro=most_to_buy(market=market, version=version) + 1,
    )
    # The most that, without its fee, is less than that.
    return (one_too_many * (BPS_WHOLE + version.trade_fee_bps) - 1) // BPS_WHOLE


def most_to_sell(*, market: Market, version: EconomicSettings) -> int:
    """Return the most micro-shares that one sale can sell."""
    return shares_within(
        cash_micro=market.cash_micro,
        total_shares_micro=market.total_shares_micro,
        proceeds_micro=_largest_trade(market, version),
    )


def most_to_receive(*, market: Market, version: EconomicSettings) -> int:
    """Return the most micro-BDT, after the fee, that one sale can bring."""
    proceeds_micro = proceeds_of(
        cash_micro=market.cash_micro,
        total_shares_micro=market.total_shares_micro,
        shares_micro=most_to_sell(market=market, version=version),
    )
    return proceeds_micro - fee_of(proceeds_micro, version.trade_fee_bps)


def _largest_trade(market: Market, version: EconomicSettings) -> int:
    return market.cash_micro * version.max_trade_bps // BPS_WHOLE
