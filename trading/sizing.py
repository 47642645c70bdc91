"""How much can be traded at a market as it stands, of what a player has. Pure: integers in micro-units.

Exact by the curve: a trade of the size given here is not refused for its size, and a micro-unit more would be.
"""

from __future__ import annotations

from markets.curve import cost_of, shares_for, shares_within
from markets.models import BPS_WHOLE, EconomicSettings, Market
from markets.money import fee_of, net_of_fee

PERCENT_WHOLE = 100


def part_to_spend(*, market: Market, version: EconomicSettings, balance_micro: int, percent: int) -> int:
    """Micro-BDT, fee included: so much of a balance as one buy can spend."""
    wanted = balance_micro * percent // PERCENT_WHOLE
    most = _most_buyable(market, version)
    if _bought_for(wanted, market, version) <= most:
        return wanted
    cost = cost_of(cash_micro=market.cash_micro, total_shares_micro=market.total_shares_micro, shares_micro=most)
    return cost + fee_of(cost, version.trade_fee_bps)


def part_to_buy(*, market: Market, version: EconomicSettings, balance_micro: int, percent: int) -> int:
    """Micro-shares that so much of a balance buys, in one buy."""
    wanted = balance_micro * percent // PERCENT_WHOLE
    return min(_bought_for(wanted, market, version), _most_buyable(market, version))


def part_to_sell(*, market: Market, version: EconomicSettings, held_micro: int, percent: int) -> int:
    """So much of the micro-shares held as one sale can sell."""
    most = shares_within(
        cash_micro=market.cash_micro,
        total_shares_micro=market.total_shares_micro,
        proceeds_micro=_largest_trade(market, version),
    )
    return min(held_micro * percent // PERCENT_WHOLE, most)


def _bought_for(spend_micro: int, market: Market, version: EconomicSettings) -> int:
    return shares_for(
        cash_micro=market.cash_micro,
        total_shares_micro=market.total_shares_micro,
        spend_micro=net_of_fee(spend_micro, version.trade_fee_bps),
    )


def _most_buyable(market: Market, version: EconomicSettings) -> int:
    within_size = shares_for(
        cash_micro=market.cash_micro,
        total_shares_micro=market.total_shares_micro,
        spend_micro=_largest_trade(market, version),
    )
    return min(within_size, market.total_shares_micro - market.shares_held_micro)


def _largest_trade(market: Market, version: EconomicSettings) -> int:
    return market.cash_micro * version.max_trade_bps // BPS_WHOLE
