"""The price curve dC/dn = C/S, in whole micro-units. Pure: no database, no clock, no settings.

C is a market's cash, S its total shares, n shares bought or sold. Buying n costs C * (e^(n/S) - 1), selling n pays
C * (1 - e^(-n/S)). Every rounding favours the market: costs are upper bounds, rounded up; proceeds are lower bounds,
rounded down. So C * e^(-h/S) never falls, and no loop of trades gains.

The exponential is `decimal`'s, which is correctly rounded: the neighbour of its result on either side is a true bound.
Source: the design's economics, "Trades follow the curve".
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

# 60 digits: the money of a market has at most 19, so bounds are wrong by less than 10^-40 micro-units.
_DIGITS = 60
_NEAREST = Context(prec=_DIGITS, rounding=ROUND_HALF_EVEN)
_UP = Context(prec=_DIGITS, rounding=ROUND_CEILING)
_DOWN = Context(prec=_DIGITS, rounding=ROUND_FLOOR)


def cost_of(*, cash_micro: int, total_shares_micro: int, shares_micro: int) -> int:
    """Return the micro-BDT that buying `shares_micro` costs at cash `cash_micro`, rounded up, without the fee."""
    if shares_micro == 0:
        return 0
    exponent = _UP.divide(Decimal(shares_micro), Decimal(total_shares_micro))
    growth = _NEAREST.exp(exponent).next_plus(_NEAREST)
    gain = _UP.multiply(Decimal(cash_micro), _UP.subtract(growth, Decimal(1)))
    return int(gain.to_integral_value(ROUND_CEILING))


def proceeds_of(*, cash_micro: int, total_shares_micro: int, shares_micro: int) -> int:
    """Return the micro-BDT that selling `shares_micro` pays at cash `cash_micro`, rounded down, before the fee."""
    exponent = _DOWN.divide(Decimal(shares_micro), Decimal(total_shares_micro))
    # Not `-exponent`: an operator rounds to the caller's context, to 28 digits and to either side.
    decay = _NEAREST.exp(exponent.copy_negate()).next_plus(_NEAREST)
    loss = _DOWN.multiply(Decimal(cash_micro), max(Decimal(0), _DOWN.subtract(Decimal(1), decay)))
    return int(loss.to_integral_value(ROUND_FLOOR))


def shares_for(*, cash_micro: int, total_shares_micro: int, spend_micro: int) -> int:
    """Return the largest number of micro-shares whose cost does not exceed `spend_micro`."""
    if spend_micro <= 0:
        return 0
    ratio = _NEAREST.divide(Decimal(cash_micro + spend_micro), Decimal(cash_micro))
    estimate = _NEAREST.multiply(Decimal(total_shares_micro), _NEAREST.ln(ratio))
    shares = int(estimate.to_integral_value(ROUND_FLOOR))

    def affordable(count: int) -> bool:
        cost = cost_of(cash_micro=cash_micro, total_shares_micro=total_shares_micro, shares_micro=count)
        return cost <= spend_micro

    while shares > 0 and not affordable(shares):
        shares -= 1
    while affordable(shares + 1):
        shares += 1
    return shares


def shares_within(*, cash_micro: int, total_shares_micro: int, proceeds_micro: int) -> int:
    """Return the largest number of micro-shares, of all there are, whose sale pays no more than `proceeds_micro`."""

    def is_within(count: int) -> bool:
        proceeds = proceeds_of(cash_micro=cash_micro, total_shares_micro=total_shares_micro, shares_micro=count)
        return proceeds <= proceeds_micro

    if is_within(total_shares_micro):
        return total_shares_micro
    # Proceeds are rounded down, so what pays less than one micro-BDT more is still within.
    rest = _NEAREST.divide(Decimal(cash_micro - proceeds_micro - 1), Decimal(cash_micro))
    estimate = _NEAREST.multiply(Decimal(total_shares_micro), _NEAREST.ln(rest).copy_negate())
    shares = int(estimate.to_integral_value(ROUND_FLOOR))
    while shares > 0 and not is_within(shares):
        shares -= 1
    while is_within(shares + 1):
        shares += 1
    return shares
