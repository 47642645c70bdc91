"""A player's property and its worth: at the current price, and if it were sold now. Reads only.

Worth is the balance, reserved money, shares at their price, and land at the world's current asking price, listed or
not. `analytics.equity.snapshots` computes the same over all players.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import starmap
from typing import Any, NamedTuple

from django.db import connection

from attention.biomes import Biome
from core.database.transactions import prepared_rows
from markets.economic_settings import settings_version
from markets.models import Market
from markets.money import part_text
from trading.land import land_accounts, parcels_owned
from trading.models import Holding, Wallet
from trading.pricing.quotes import sale_value

_WALLET_COLUMNS = ["player_id", "balance_micro", "held_micro", "opened_at"]
_HOLDING_COLUMNS = [
    "id", "player_id", "market_id", "shares_micro", "cost_micro", "realised_micro", "sold_basis_micro", "volume_micro"
]  # fmt: skip
_MARKET_COLUMNS = ["biome", "cash_micro", "total_shares_micro", "settings_id"]
_WALLET_WIDTH, _HOLDING_WIDTH, _MARKET_WIDTH = map(len, (_WALLET_COLUMNS, _HOLDING_COLUMNS, _MARKET_COLUMNS))

# One statement, so that all of it belongs together: between two, a trade could move money into shares or land. Not
# through the ORM: players ask this after every trade, and to put the query together takes longer than to answer it.
_PORTFOLIO = """
    SELECT wallet.player_id, wallet.balance_micro, wallet.held_micro, wallet.opened_at,
           holding.id, holding.player_id, holding.market_id, holding.shares_micro, holding.cost_micro,
           holding.realised_micro, holding.sold_basis_micro, holding.volume_micro,
           market.biome, market.cash_micro, market.total_shares_micro, market.settings_id,
           (SELECT json_agg(json_build_array(biome, weight, parcels, value_micro))
            FROM ({parcels}) AS land WHERE player_id = %(player)s),
           (SELECT coalesce(sum(net_micro), 0)::bigint FROM ({accounts}) AS land WHERE player_id = %(player)s)
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
        """Return the average cost in BDT a share of the shares held now, fees included; 0 without shares."""
        return Fraction(self.holding.cost_micro, self.holding.shares_micro or 1)

    @property
    def unrealised_micro(self) -> int:
        """Return the gain or loss, against the cost, of selling now."""
        return self.sale_value_micro - self.holding.cost_micro

    @property
    def unrealised_percent(self) -> str | None:
        """Return the unrealised gain or loss in percent of the cost; None without shares."""
        return part_text(self.unrealised_micro, self.holding.cost_micro)

    @property
    def realised_percent(self) -> str | None:
        """Return the gain or loss of all sales in percent of the cost of the shares sold; None before the first
        sale.
        """
        return part_text(self.holding.realised_micro, self.holding.sold_basis_micro)


class Parcels(NamedTuple):
    """Parcels of the same price: their number, their factor in the price, and their worth together."""

    biome: str
    weight: int
    number: int
    value_micro: int


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All property of a player, in canonical order of the biomes. In micro-BDT.

    `land_net_micro` is the receipts from land less the payments for it, gifts at their value then.
    """

    wallet: Wallet
    positions: list[Position]
    parcels: list[Parcels] = field(default_factory=list)
    land_net_micro: int = 0

    @property
    def held(self) -> list[Position]:
        """Return the positions with shares."""
        return [position for position in self.positions if position.holding.shares_micro]

    @property
    def sold_out(self) -> list[Position]:
        """Return the positions of which no share is left."""
        return [position for position in self.positions if not position.holding.shares_micro]

    @property
    def money_micro(self) -> int:
        """Return the balance and reserved money together, in micro-BDT."""
        return self.wallet.balance_micro + self.wallet.held_micro

    @property
    def shares_mark_micro(self) -> int:
        """Return the value of all shares at their price."""
        return sum(position.mark_micro for position in self.positions)

    @property
    def shares_sale_value_micro(self) -> int:
        """Return the proceeds of all shares if they were sold now, each market's by itself."""
        return sum(position.sale_value_micro for position in self.positions)

    @property
    def parcels_count(self) -> int:
        """Return the number of parcels."""
        return sum(parcels.number for parcels in self.parcels)

    @property
    def land_micro(self) -> int:
        """Return the world's asking price for all land now."""
        return sum(parcels.value_micro for parcels in self.parcels)

    @property
    def worth_micro(self) -> int:
        """Return the worth: the money, the shares at their price, and the land."""
        return self.money_micro + self.shares_mark_micro + self.land_micro

    @property
    def cost_micro(self) -> int:
        """Return the cost of the shares held now, fees included."""
        return sum(position.holding.cost_micro for position in self.positions)

    @property
    def unrealised_micro(self) -> int:
        """Return the gain or loss of selling all now."""
        return sum(position.unrealised_micro for position in self.positions)

    @property
    def unrealised_percent(self) -> str | None:
        """Return the unrealised gain or loss in percent of the cost; None without shares."""
        return part_text(self.unrealised_micro, self.cost_micro)

    @property
    def realised_micro(self) -> int:
        """Return the gain or loss of all sales so far."""
        return sum(position.holding.realised_micro for position in self.positions)

    @property
    def realised_percent(self) -> str | None:
        """Return the realised gain or loss in percent of the cost of the shares sold; None before the first sale."""
        return part_text(self.realised_micro, sum(position.holding.sold_basis_micro for position in self.positions))

    @property
    def shares_gain_micro(self) -> int:
        """Return the gain or loss of all sales of shares so far, and of the shares held at their price."""
        return self.realised_micro + self.shares_mark_micro - self.cost_micro

    @property
    def land_gain_micro(self) -> int:
        """Return the gain or loss of all land so far: receipts and current worth, less payments."""
        return self.land_micro + self.land_net_micro

    @property
    def gain_micro(self) -> int:
        """Return the gain or loss so far: the worth, less all money and gifts that came, and with all that went."""
        return self.shares_gain_micro + self.land_gain_micro


def portfolio_of(*, player_id: int) -> Portfolio | None:
    """Return a player's portfolio; None before the wallet is opened.

    Biomes once held stay, with their realised gain.
    """
    rows = prepared_rows(_statement(), {"player": player_id})
    if not rows:
        return None
    wallet = Wallet.from_db(connection.alias, _WALLET_COLUMNS, rows[0][:_WALLET_WIDTH])
    held = {holding.market_id: holding for holding in map(_holding_of, rows) if holding is not None}
    parcels, land_net_micro = rows[0][-2:]
    return Portfolio(
        wallet,
        [valued(held[biome]) for biome in Biome if biome in held],
        sorted(starmap(Parcels, parcels or ())),
        land_net_micro,
    )


def valued(holding: Holding) -> Position:
    """Return a holding with its value at the market's price, and the proceeds of selling it now."""
    market = holding.market
    return Position(
        holding=holding,
        mark_micro=holding.shares_micro * market.cash_micro // market.total_shares_micro,
        sale_value_micro=sale_value(
            market=market, version=settings_version(market.settings_id), shares_micro=holding.shares_micro
        ),
    )


@cache
def _statement() -> str:
    # Once all apps are ready: the text stays the same, so that connections know it.
    return _PORTFOLIO.format(parcels=parcels_owned(), accounts=land_accounts())


def _holding_of(row: tuple[Any, ...]) -> Holding | None:
    """Return the holding in a row of `_PORTFOLIO`; None in the only row of a player without any."""
    values, rest = row[_WALLET_WIDTH : _WALLET_WIDTH + _HOLDING_WIDTH], row[_WALLET_WIDTH + _HOLDING_WIDTH :]
    if values[0] is None:
        return None
    holding = Holding.from_db(connection.alias, _HOLDING_COLUMNS, values)
    holding.market = Market.from_db(connection.alias, _MARKET_COLUMNS, rest[:_MARKET_WIDTH])
    return holding
