"""What a player owns, and what it is worth: at the mark, and if it were sold now. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from attention.biomes import Biome
from markets.economy import settings_version
from trading.models import Holding, Wallet
from trading.quotes import sale_value


@dataclass(frozen=True, slots=True)
class Position:
    """One holding, valued. In micro-BDT."""

    holding: Holding
    mark_micro: int
    sale_value_micro: int

    @property
    def average_cost(self) -> Fraction:
        """BDT a share that the shares held now cost, fees included; 0 without shares."""
        return Fraction(self.holding.cost_micro, self.holding.shares_micro or 1)

    @property
    def unrealised_micro(self) -> int:
        """What selling now would gain or lose against the cost."""
        return self.sale_value_micro - self.holding.cost_micro


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All that a player owns, in canonical order of the biomes. In micro-BDT."""

    wallet: Wallet
    positions: list[Position]

    @property
    def mark_micro(self) -> int:
        """All shares at their price, and the money."""
        return self._money_micro + sum(position.mark_micro for position in self.positions)

    @property
    def sale_value_micro(self) -> int:
        """The money if all shares were sold now, each market's by itself."""
        return self._money_micro + sum(position.sale_value_micro for position in self.positions)

    @property
    def unrealised_micro(self) -> int:
        """Gain or loss that selling all now would realise."""
        return sum(position.unrealised_micro for position in self.positions)

    @property
    def realised_micro(self) -> int:
        """Gain or loss of all sales so far."""
        return sum(position.holding.realised_micro for position in self.positions)

    @property
    def _money_micro(self) -> int:
        return self.wallet.balance_micro + self.wallet.held_micro


def portfolio_of(wallet: Wallet) -> Portfolio:
    """The portfolio of the wallet's player. Biomes that the player once held stay, with their realised gain."""
    holdings = Holding.objects.filter(player_id=wallet.pk).select_related("market")
    held = {holding.market_id: holding for holding in holdings}
    return Portfolio(wallet, [valued(held[biome]) for biome in Biome if biome in held])


def valued(holding: Holding) -> Position:
    """A holding at its market's price, and at what selling it now would bring."""
    market = holding.market
    return Position(
        holding=holding,
        mark_micro=holding.shares_micro * market.cash_micro // market.total_shares_micro,
        sale_value_micro=sale_value(
            market=market, version=settings_version(market.settings_id), shares_micro=holding.shares_micro
        ),
    )
