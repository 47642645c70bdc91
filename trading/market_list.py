"""The list of the seven markets on the exchange's page, each with the player's holding in it. Reads only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from attention.biomes import Biome
from markets.history.price_changes import PriceChanges, price_changes
from markets.history.sparklines import Sparkline, sparklines
from markets.redistribution.pool import Flow, Pool, pool_of
from markets.snapshot import take_snapshot
from trading.positions import Portfolio, Position, portfolio_of


@dataclass(frozen=True, slots=True)
class Row:
    """One market: its current state, its changes, the last cycle's effect, and the player's part in it."""

    biome: Biome
    price: str
    heading_price: str | None
    changes: PriceChanges
    sparkline: Sparkline
    flow: Flow
    position: Position | None


@dataclass(frozen=True, slots=True)
class MarketList:
    """The markets, in the requested order, and whether the player has ever bought shares."""

    snapshot: dict[str, Any]
    pool: Pool
    rows: list[Row]
    has_traded: bool

    @property
    def favourite(self) -> Biome:
        """Return the market with the largest part of attention in the last cycle."""
        return max(self.rows, key=lambda row: Decimal(row.flow.attention or 0)).biome


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


#: What the list can be ordered by, beside the canonical order.
ORDERS: dict[str, Callable[[Row], Decimal | int | None]] = {
    "price": lambda row: Decimal(row.price),
    "5m": lambda row: _decimal(row.changes.five_minutes),
    "1h": lambda row: _decimal(row.changes.hour),
    "24h": lambda row: _decimal(row.changes.day),
    "attention": lambda row: _decimal(row.flow.attention),
    "cycle": lambda row: _decimal(row.flow.added_percent),
    "holding": lambda row: row.position.mark_micro if row.position else None,
}


def take_market_list(*, player_id: int | None, order: str, now: datetime) -> MarketList:
    """Return the list of all markets in their current state.

    `order` is a key of ORDERS, with "-" before it the largest first, or "" for the canonical order. What is not known
    comes last. Raises KeyError for another order, ServiceUnavailable before the markets are opened.
    """
    value_of = ORDERS[order.removeprefix("-")] if order else None
    portfolio = None if player_id is None else portfolio_of(player_id=player_id)
    rows, snapshot, pool = _rows(portfolio, now)
    if value_of is not None:
        rows.sort(key=lambda row: _place(value_of(row), is_descending=order.startswith("-")))
    return MarketList(snapshot, pool, rows, has_traded=portfolio is not None and bool(portfolio.positions))


def _rows(portfolio: Portfolio | None, now: datetime) -> tuple[list[Row], dict[str, Any], Pool]:
    snapshot = take_snapshot()
    markets = {Biome(market["biome"]): market for market in snapshot["markets"]}
    changes = price_changes(now)
    lines = sparklines(
        prices={biome: market["price"] for biome, market in markets.items()},
        prices_hour_ago={biome: changed.hour_from for biome, changed in changes.items()},
        now=now,
    )
    pool = pool_of(snapshot)
    flows = {flow.biome: flow for flow in pool.flows}
    positions = {position.holding.market_id: position for position in portfolio.held} if portfolio else {}
    rows = [
        Row(
            biome=biome,
            price=market["price"],
            heading_price=market["heading_price"],
            changes=changes[biome],
            sparkline=lines[biome],
            flow=flows[biome],
            position=positions.get(biome),
        )
        for biome, market in markets.items()
    ]
    return rows, snapshot, pool


def _place(value: Decimal | int | None, *, is_descending: bool) -> tuple[bool, Decimal | int]:
    if value is None:
        return True, 0
    return False, -value if is_descending else value
