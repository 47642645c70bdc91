"""The exact fill of a trade in a market's current state. Pure: a market and its settings in, integers out.

A quote is the fill: as long as the market has not changed, the quoted integers are the executed integers. Source:
the design's economics, "Trades follow the curve".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

from core.errors import AmountTooSmall, InsufficientShares, PriceMoved, SoldOut, TradeTooLarge, TradingPaused
from markets.curve import cost_of, proceeds_of, shares_for
from markets.money import BPS_WHOLE, MICRO, fee_of, net_of_fee
from trading.pricing.sizing import shares_bringing

if TYPE_CHECKING:
    from markets.models import EconomicSettings, Market


class Side(StrEnum):
    """The direction of a trade, seen from the player."""

    BUY = "buy"
    SELL = "sell"


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a trade in micro-units: shares, BDT to spend with the fee (buys), or to get after it (sales).

    One of the three.
    """

    side: Side
    spend_micro: int | None = None
    shares_micro: int | None = None
    receive_micro: int | None = None

    @property
    def micro(self) -> int:
        """Return the amount that is given."""
        return self.spend_micro or self.shares_micro or self.receive_micro or 0


@dataclass(frozen=True, slots=True)
class Quote:
    """A fill, in micro-units. `curve_micro` is the amount paid into the market (a buy) or out of it (a sale)."""

    side: Side
    biome: str
    shares_micro: int
    curve_micro: int
    fee_micro: int
    cash_before_micro: int
    cash_after_micro: int
    total_shares_micro: int

    @property
    def total_micro(self) -> int:
        """Return the amount that the player pays with the fee (a buy), or gets after it (a sale)."""
        return self.curve_micro + self.fee_micro if self.side is Side.BUY else self.curve_micro - self.fee_micro

    @property
    def average_price(self) -> Fraction:
        """Return the average price in BDT a share over the whole fill, before the fee."""
        return Fraction(self.curve_micro, self.shares_micro)

    @property
    def price_before(self) -> Fraction:
        """Return the price in BDT a share before the fill."""
        return Fraction(self.cash_before_micro, self.total_shares_micro)

    @property
    def price_after(self) -> Fraction:
        """Return the price in BDT a share after the fill."""
        return Fraction(self.cash_after_micro, self.total_shares_micro)

    @property
    def impact(self) -> Fraction:
        """Return the fill's effect on the price, as a part of the price before: 1/100 is 1 % up."""
        return self.price_after / self.price_before - 1


@dataclass(frozen=True, slots=True)
class Limit:
    """The worst fill that a player accepts. None sets no limit. The price is micro-BDT a share, before the fee."""

    least_shares_micro: int | None = None
    least_proceeds_micro: int | None = None
    worst_price_micro: int | None = None

    def check(self, quote: Quote) -> None:
        """Raise PriceMoved when the fill would be worse."""
        if self.least_shares_micro is not None and quote.shares_micro < self.least_shares_micro:
            raise PriceMoved(attr="least_shares")
        if self.least_proceeds_micro is not None and quote.total_micro < self.least_proceeds_micro:
            raise PriceMoved(attr="least_proceeds")
        if self.worst_price_micro is not None and _is_worse(quote, Fraction(self.worst_price_micro, MICRO)):
            raise PriceMoved(attr="worst_price")


NO_LIMIT = Limit()


def limit_around(quote: Quote, size: Size, *, tolerance_bps: int) -> Limit:
    """Return the worst fill within a tolerance of a quote: a price so much higher (buys), or so much less BDT.

    Rounded in the player's favour, so that the quoted fill itself is always within.
    """
    if size.receive_micro is not None:
        return Limit(worst_price_micro=floor(quote.average_price * MICRO * Fraction(_rest(tolerance_bps), BPS_WHOLE)))
    if size.side is Side.SELL:
        return Limit(least_proceeds_micro=quote.total_micro * _rest(tolerance_bps) // BPS_WHOLE)
    if size.spend_micro is not None:
        return Limit(least_shares_micro=quote.shares_micro * BPS_WHOLE // (BPS_WHOLE + tolerance_bps))
    return Limit(worst_price_micro=ceil(quote.average_price * MICRO * Fraction(BPS_WHOLE + tolerance_bps, BPS_WHOLE)))


def quote_size(*, market: Market, version: EconomicSettings, size: Size) -> Quote:
    """Return the quote for a trade of this size now. Raises what `quote_buy` and `quote_sell` raise."""
    if size.side is Side.BUY:
        return quote_buy(market=market, version=version, spend_micro=size.spend_micro, shares_micro=size.shares_micro)
    return quote_sell(market=market, version=version, shares_micro=size.shares_micro, receive_micro=size.receive_micro)


def quote_buy(
    *, market: Market, version: EconomicSettings, spend_micro: int | None = None, shares_micro: int | None = None
) -> Quote:
    """Quote a buy now: the most shares for `spend_micro`, fee included, or the cost of exactly `shares_micro`.

    Name one of the two. Raises TradingPaused, AmountTooSmall, SoldOut, TradeTooLarge.
    """
    if version.trading_paused:
        raise TradingPaused
    cash, total_shares = market.cash_micro, market.total_shares_micro
    if shares_micro is None:
        if spend_micro is None:
            raise ValueError("a buy names what to spend or the shares to get")
        budget = net_of_fee(spend_micro, version.trade_fee_bps)
        shares_micro = shares_for(cash_micro=cash, total_shares_micro=total_shares, spend_micro=budget)
    if shares_micro < 1:
        raise AmountTooSmall
    if shares_micro > total_shares - market.shares_held_micro:
        raise SoldOut
    cost = cost_of(cash_micro=cash, total_shares_micro=total_shares, shares_micro=shares_micro)
    _check_size(cost, cash, version)
    return Quote(
        side=Side.BUY,
        biome=market.biome,
        shares_micro=shares_micro,
        curve_micro=cost,
        fee_micro=fee_of(cost, version.trade_fee_bps),
        cash_before_micro=cash,
        cash_after_micro=cash + cost,
        total_shares_micro=total_shares,
    )


def quote_sell(
    *, market: Market, version: EconomicSettings, shares_micro: int | None = None, receive_micro: int | None = None
) -> Quote:
    """Quote a sale now: of `shares_micro`, or of the fewest shares that bring `receive_micro` after the fee.

    Name one of the two. Raises TradingPaused, InsufficientShares (players hold fewer in all), AmountTooSmall,
    TradeTooLarge.
    """
    if version.trading_paused:
        raise TradingPaused
    if shares_micro is None:
        if receive_micro is None:
            raise ValueError("a sale names the shares or what to get for them")
        shares_micro = shares_bringing(market=market, version=version, receive_micro=receive_micro)
    if shares_micro > market.shares_held_micro:
        raise InsufficientShares(attr="shares")
    cash, total_shares = market.cash_micro, market.total_shares_micro
    proceeds = proceeds_of(cash_micro=cash, total_shares_micro=total_shares, shares_micro=shares_micro)
    fee = fee_of(proceeds, version.trade_fee_bps)
    if proceeds - fee < 1:
        raise AmountTooSmall
    _check_size(proceeds, cash, version)
    return Quote(
        side=Side.SELL,
        biome=market.biome,
        shares_micro=shares_micro,
        curve_micro=proceeds,
        fee_micro=fee,
        cash_before_micro=cash,
        cash_after_micro=cash - proceeds,
        total_shares_micro=total_shares,
    )


def sale_value(*, market: Market, version: EconomicSettings, shares_micro: int) -> int:
    """Return the micro-BDT that selling now would bring after the fee, whatever the limits on a trade.

    0 for no shares.
    """
    proceeds = proceeds_of(
        cash_micro=market.cash_micro, total_shares_micro=market.total_shares_micro, shares_micro=shares_micro
    )
    return proceeds - fee_of(proceeds, version.trade_fee_bps)


def _rest(tolerance_bps: int) -> int:
    return max(0, BPS_WHOLE - tolerance_bps)


def _check_size(curve_micro: int, cash_micro: int, version: EconomicSettings) -> None:
    if curve_micro > cash_micro * version.max_trade_bps // BPS_WHOLE:
        raise TradeTooLarge


def _is_worse(quote: Quote, worst_price: Fraction) -> bool:
    if quote.side is Side.BUY:
        return quote.average_price > worst_price
    return quote.average_price < worst_price
