"""How much can be traded at a market as it stands. Pure: integers in micro-units.

Exact by the curve: a trade of the most given here is not refused as too large, and a micro-unit more is.
"""

from __future__ import annotations

from markets.curve import cost_of, shares_for, shares_within
from markets.models import BPS_WHOLE, EconomicSettings, Market
from markets.money import net_of_fee


def buyable(*, market: Market, version: EconomicSettings, spend_micro: int) -> int:
    """The micro-shares that so much money buys in one buy, fee included; the most there can be if it is too much."""
    wanted = shares_for(
        cash_micro=market.cash_micro,
        total_shares_micro=market.total_shares_micro,
        spend_micro=net_of_fee(spend_micro, version.trade_fee_bps),
    )
    return min(wanted, most_to_buy(market=market, version=version))


def spendable(*, market: Market, version: EconomicSettings, spend_micro: int) -> int:
    """So much of the money, in micro-BDT and fee included, as one buy can spend."""
    return min(spend_micro, most_to_spend(market=market, version=version))


def sellable(*, market: Market, version: EconomicSettings, shares_micro: int) -> int:
    """So many of the micro-shares as one sale can sell."""
    return min(shares_micro, most_to_sell(market=market, version=version))


def most_to_buy(*, market: Market, version: EconomicSettings) -> int:
    """The most micro-shares that one buy can get: within the largest trade, and of those that are left."""
    within_size = shares_for(
        cash_micro=market.cash_micro,
        total_shares_micro=market.total_shares_micro,
        spend_micro=_largest_trade(market, version),
    )
    return min(within_size, market.total_shares_micro - market.shares_held_micro)


def most_to_spend(*, market: Market, version: EconomicSettings) -> int:
    """The most micro-BDT, fee included, that one buy can spend."""
    one_too_many = cost_of(
        cash_micro=market.cash_micro,
        total_shares_micro=market.total_shares_micro,
        shares_micro=most_to_buy(market=market, version=version) + 1,
    )
    # The most that, without its fee, is less than that.
    return (one_too_many * (BPS_WHOLE + version.trade_fee_bps) - 1) // BPS_WHOLE


def most_to_sell(*, market: Market, version: EconomicSettings) -> int:
    """The most micro-shares that one sale can sell."""
    return shares_within(
        cash_micro=market.cash_micro,
        total_shares_micro=market.total_shares_micro,
        proceeds_micro=_largest_trade(market, version),
    )


def _largest_trade(market: Market, version: EconomicSettings) -> int:
    return market.cash_micro * version.max_trade_bps // BPS_WHOLE
