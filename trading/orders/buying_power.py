"""The basis of a player's trades in one market: the market's current state, the player's money and shares.

Reads only.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from uuid import UUID

from attention.biomes import Biome
from core.errors import InsufficientFunds, InsufficientShares, ServiceUnavailable
from markets.economic_settings import settings_version
from markets.models import EconomicSettings, Market
from trading.models import BIOME_KINDS, Holding, Transaction, Wallet
from trading.pricing.quotes import Quote, Side, Size, quote_size
from trading.pricing.sizing import (
    SHOWN_BDT_MICRO,
    SHOWN_SHARES_MICRO,
    buyable,
    down_to,
    most_to_buy,
    most_to_receive,
    most_to_sell,
    most_to_spend,
    nearest,
    sellable,
    spendable,
)
from trading.wallets.wallets import wallet_or_empty

_PERCENT_WHOLE = 100


@dataclass(frozen=True, slots=True)
class BuyingPower:
    """A market, its settings, and the player's money and shares in it; a guest has no wallet."""

    market: Market
    version: EconomicSettings
    wallet: Wallet | None
    holding: Holding | None

    @property
    def balance_micro(self) -> int:
        """Return the BDT that can be spent, in micro-BDT."""
        return self.wallet.balance_micro if self.wallet else 0

    @property
    def held_micro(self) -> int:
        """Return the shares that can be sold, in micro-shares."""
        return self.holding.shares_micro if self.holding else 0

    def at_cash(self, cash_micro: int) -> BuyingPower:
        """Return the same with the market at another cash, and so at another price, such as an earlier one."""
        market = copy(self.market)
        market.cash_micro = cash_micro
        return replace(self, market=market)

    def quote(self, size: Size) -> Quote:
        """Return the quote for a trade of this size now. Raises the refusals of `trading.pricing.quotes`."""
        return quote_size(market=self.market, version=self.version, size=size)

    def check_means(self, size: Size, quote: Quote | None) -> None:
        """Raise InsufficientFunds or InsufficientShares where the player has less than the trade takes.

        Without a quote, only the size's own amount is checked.
        """
        if size.side is Side.SELL:
            if (quote.shares_micro if quote else size.shares_micro or 0) > self.held_micro:
                raise InsufficientShares(attr="shares")
        elif max(size.spend_micro or 0, quote.total_micro if quote else 0) > self.balance_micro:
            raise InsufficientFunds

    def part(self, side: Side, *, by_shares: bool, percent: int) -> Size:
        """Return the size of a part of the player's money or shares, limited to one trade and rounded down to what
        pages show.

        A sale of 100 % is of all. Raises InsufficientFunds, InsufficientShares for 0.
        """
        market, version = self.market, self.version
        money_micro = self.balance_micro * percent // _PERCENT_WHOLE
        if side is Side.SELL:
            held_micro = self.held_micro * percent // _PERCENT_WHOLE
            sold_micro = sellable(market=market, version=version, shares_micro=held_micro)
            is_all = sold_micro == self.held_micro
            size = Size(side, shares_micro=sold_micro if is_all else down_to(SHOWN_SHARES_MICRO, sold_micro))
        elif by_shares:
            bought_micro = buyable(market=market, version=version, spend_micro=money_micro)
            size = Size(side, shares_micro=down_to(SHOWN_SHARES_MICRO, bought_micro))
        else:
            spent_micro = spendable(market=market, version=version, spend_micro=money_micro)
            size = Size(side, spend_micro=down_to(SHOWN_BDT_MICRO, spent_micro))
        if size.micro == 0:
            raise InsufficientShares if side is Side.SELL else InsufficientFunds
        return size

    def meant(self, size: Size) -> Size:
        """Return the size, reduced to all that the player has where it equals the rounded figure that the page shows
        for that.
        """
        if size.spend_micro is not None and size.spend_micro == nearest(SHOWN_BDT_MICRO, self.balance_micro):
            return replace(size, spend_micro=min(size.spend_micro, self.balance_micro))
        if size.side is Side.SELL and size.shares_micro == nearest(SHOWN_SHARES_MICRO, self.held_micro):
            return replace(size, shares_micro=min(size.shares_micro, self.held_micro))
        return size

    def most(self, size: Size) -> int:
        """Return the size limit of a single trade like this, whatever the player has, in the unit of the size."""
        market, version = self.market, self.version
        if size.side is Side.SELL:
            most_of_sale = most_to_sell if size.receive_micro is None else most_to_receive
            return most_of_sale(market=market, version=version)
        most = most_to_buy if size.spend_micro is None else most_to_spend
        return most(market=market, version=version)


def buying_power_of(*, biome: Biome, player_id: int | None) -> BuyingPower:
    """Return the market with the player's money and shares; those are None for a guest.

    A player without a wallet has no money. Raises ServiceUnavailable before the markets are opened; AccountClosed.
    """
    market = Market.objects.filter(pk=biome).first()
    if market is None:
        raise ServiceUnavailable("The markets are not open yet.")
    version = settings_version(market.settings_id)
    if player_id is None:
        return BuyingPower(market, version, None, None)
    holding = Holding.objects.filter(player=player_id, market=biome).first()
    if holding is not None:
        holding.market = market
    return BuyingPower(market, version, wallet_or_empty(player_id=player_id), holding)


def own_trade(*, player_id: int, biome: Biome, operation: UUID) -> Transaction | None:
    """Return the trade that a player's order resulted in, by its operation id; None where it was not executed."""
    trades = Transaction.objects.filter(initiator=player_id, kind__in=BIOME_KINDS, market=biome)
    return trades.select_related("market").filter(operation=operation).first()
