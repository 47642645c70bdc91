"""What the live stream says of trades and money. Called after commit only."""

from __future__ import annotations

from typing import Any

from markets.live import ALL_MARKETS, Event, announce, market_room, player_room
from trading import wire
from trading.models import Transaction, Wallet
from trading.portfolio import portfolio_of


def announce_trade(trade: Transaction) -> None:
    """Tell everyone that a trade moved the price, and the player what it did."""
    told = wire.trade_json(trade)
    public = {key: told[key] for key in ("biome", "side", "shares", "price_after")}
    rooms = (ALL_MARKETS, market_room(told["biome"]))
    announce(Event("biome_trade", rooms, public), *_private(trade.initiator_id, told))


def announce_movement(movement: Transaction) -> None:
    """Tell payer and payee, and no one else, that money moved."""
    told = wire.movement_json(movement)
    players = (player_id for player_id in (movement.payer_id, movement.payee_id) if player_id is not None)
    announce(*(event for player_id in players for event in _private(player_id, told)))


def _private(player_id: int, told: dict[str, Any]) -> tuple[Event, Event]:
    room = (player_room(player_id),)
    portfolio = portfolio_of(Wallet.objects.get(pk=player_id))
    return (
        Event("transaction", room, {"transaction": told}),
        Event("portfolio_update", room, {"portfolio": wire.portfolio_json(portfolio)}),
    )
