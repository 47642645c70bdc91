"""Conversion of money and shares between decimal strings and micro-units. Pure: integers in, decimal strings out."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation, Overflow
from fractions import Fraction

#: 1 BDT = 1,000,000 micro-BDT, and 1 share = 1,000,000 micro-shares.
MICRO = 1_000_000
DECIMAL_PLACES = 6
#: One whole in basis points.
BPS_WHOLE = 10_000

# Refuses to round, whatever the caller's own context would do: twice the digits of the largest amount there can be.
_EXACT = Context(prec=40, Emax=40, Emin=-40, traps=[Inexact, Overflow, InvalidOperation])


def to_micro(amount: Decimal) -> int:
    """Return the whole micro-units of an amount in BDT or shares.

    Raises ValueError when it has more than 6 decimal places, or is out of range: infinite, or not a number.
    """
    try:
        return int(_EXACT.multiply(amount, MICRO).to_integral_exact(context=_EXACT))
    except ArithmeticError as error:
        raise ValueError(f"{amount} has more than {DECIMAL_PLACES} decimal places, or is out of range") from error


def micro_text(micro: int) -> str:
    """Format micro-units as a decimal string with two to six places: 1500000 is "1.50", 1 is "0.000001"."""
    sign = "-" if micro < 0 else ""
    whole, part = divmod(abs(micro), MICRO)
    places = f"{part:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole}.{places}"


def price_text(price: Fraction) -> str:
    """Return a price in BDT a share as a decimal string, rounded to 6 places, half to even."""
    return micro_text(round(price * MICRO))


def ratio_text(part: int, whole: int) -> str:
    """Return `price_text` of `part` over `whole`, both 0 or more in the same micro-units: a market's cash over its
    shares.
    """
    return micro_text(ratio_micro(part, whole))


def ratio_micro(part: int, whole: int) -> int:
    """Return `ratio_text` in micro-units.

    Computed in whole numbers, as reducing a fraction costs four times as much.
    """
    micro, rest = divmod(part * MICRO, whole)
    # Half to even, as `round` does.
    if 2 * rest > whole or (2 * rest == whole and micro % 2):
        micro += 1
    return micro


def percent_text(bps: int) -> str:
    """Format basis points as percent: 200 is "2.00"."""
    return str((Decimal(bps) / 100).quantize(Decimal("0.01"), ROUND_HALF_EVEN))


def part_text(part_micro: int, whole_micro: int) -> str | None:
    """Return a part, or a gain or loss, in percent of a whole: 1 of 8 is "12.50". None where there is no whole."""
    return price_text(Fraction(100 * part_micro, whole_micro)) if whole_micro > 0 else None


def fee_of(amount_micro: int, fee_bps: int) -> int:
    """Return the fee on an amount, rounded up: rounding favours the platform, never the trader."""
    return -(-amount_micro * fee_bps // BPS_WHOLE)


def net_of_fee(gross_micro: int, fee_bps: int) -> int:
    """Return the largest amount that, with its fee, does not exceed `gross_micro`."""
    return gross_micro * BPS_WHOLE // (BPS_WHOLE + fee_bps)
