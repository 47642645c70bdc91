"""What a player owns, and what it is worth: at the mark, and if it were sold now. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db import connection

from attention.biomes import Biome
from config.database import prepared_rows
from markets.economy import settings_version
from markets.models import Market
from markets.money import part_text
from trading.models import Holding, Wallet
from trading.quotes import sale_value

_WALLET_COLUMNS = ["player_id", "balance_micro", "held_micro", "opened_at"]
_HOLDING_COLUMNS = [
    "id", "player_id", "market_id", "shares_micro", "cost_micro", "realised_micro", "sold_basis_micro", "volume_micro"
]  # fmt: skip
_MARKET_COLUMNS = ["biome", "cash_micro", "total_shares_micro", "settings_id"]
_WALLET_WIDTH = len(_WALLET_COLUMNS)

# One statement, so that money and shares belong together: between two, a trade could move one into the other. Not
# through the ORM: players ask this after every trade, and to put the query together takes longer than to answer it.
_PORTFOLIO = """
    SELECT wallet.player_id, wallet.balance_micro, wallet.held_micro, wallet.opened_at,
           holding.id, holding.player_id, holding.market_id, holding.shares_micro, holding.cost_micro,
           holding.realised_micro, holding.sold_basis_micro, holding.volume_micro,
           market.biome, market.cash_micro, market.total_shares_micro, market.settings_id
    FROM trading_wallet AS wallet
    LEFT JOIN trading_holding AS holding ON holding.player_id = wallet.player_id
    LEFT JOIN markets_market AS market ON market.biome = holding.market_id
    WHERE wallet.player_id = %(player)s
"""


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

    @property
    def unrealised_percent(self) -> str | None:
        """The same in percent of the cost; None without shares."""
        return part_text(self.unrealised_micro, self.holding.cost_micro)

    @property
    def realised_percent(self) -> str | None:
        """The gain or loss of all sales in percent of what the shares sold had cost; None before the first."""
        return part_text(self.holding.realised_micro, self.holding.sold_basis_micro)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All that a player owns, in canonical order of the biomes. In micro-BDT."""

    wallet: Wallet
    positions: list[Position]

    @property
    def held(self) -> list[Position]:
        """Those with shares."""
        return [position for position in self.positions if position.holding.shares_micro]

    @property
    def sold_out(self) -> list[Position]:
        """Those of which no share is left."""
        return [position for position in self.positions if not position.holding.shares_micro]

    @property
    def money_micro(self) -> int:
        """What can be spent, and what is reserved."""
        return self.wallet.balance_micro + self.wallet.held_micro

    @property
    def shares_mark_micro(self) -> int:
        """All shares at their price."""
        return sum(position.mark_micro for position in self.positions)

    @property
    def shares_sale_value_micro(self) -> int:
        """All shares if they were sold now, each market's by itself."""
        return sum(position.sale_value_micro for position in self.positions)

    @property
    def mark_micro(self) -> int:
        """All shares at their price, and the money."""
        return self.money_micro + self.shares_mark_micro

    @property
    def sale_value_micro(self) -> int:
        """The money if all shares were sold now."""
        return self.money_micro + self.shares_sale_value_micro

    @property
    def cost_micro(self) -> int:
        """What the shares held now cost, fees included."""
        return sum(position.holding.cost_micro for position in self.positions)

    @property
    def unrealised_micro(self) -> int:
        """Gain or loss that selling all now would realise."""
        return sum(position.unrealised_micro for position in self.positions)

    @property
    def unrealised_percent(self) -> str | None:
        """The same in percent of the cost; None without shares."""
        return part_text(self.unrealised_micro, self.cost_micro)

    @property
    def realised_micro(self) -> int:
        """Gain or loss of all sales so far."""
        return sum(position.holding.realised_micro for position in self.positions)

    @property
    def realised_percent(self) -> str | None:
        """The same in percent of what the shares sold had cost; None before the first sale."""
        return part_text(self.realised_micro, sum(position.holding.sold_basis_micro for position in self.positions))

    @property
    def gain_micro(self) -> int:
        """Gain or loss of all sales so far, and of the shares held at their price."""
        return self.realised_micro + self.shares_mark_micro - self.cost_micro


def portfolio_of(*, player_id: int) -> Portfolio | None:
    """A player's portfolio; None before the wallet is opened. Biomes once held stay, with their realised gain."""
    rows = prepared_rows(_PORTFOLIO, {"player": player_id})
    if not rows:
        return None
    wallet = Wallet.from_db(connection.alias, _WALLET_COLUMNS, rows[0][:_WALLET_WIDTH])
    held = {holding.market_id: holding for holding in map(_holding_of, rows) if holding is not None}
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


def _holding_of(row: tuple[Any, ...]) -> Holding | None:
    """The holding in a row of `_PORTFOLIO`; None in the only row of a player without any."""
    values = row[_WALLET_WIDTH : _WALLET_WIDTH + len(_HOLDING_COLUMNS)]
    if values[0] is None:
        return None
    holding = Holding.from_db(connection.alias, _HOLDING_COLUMNS, values)
    holding.market = Market.from_db(connection.alias, _MARKET_COLUMNS, row[-len(_MARKET_COLUMNS) :])
    return holding
