"""Live stream events of trades and money. Published after commit only."""

from __future__ import annotations

from collections.abc import Sequence

from markets.live import ALL_MARKETS, Event, announce, market_room, player_room
from trading import wire
from trading.ledger import Trade
from trading.models import Transaction, Wallet
from trading.portfolio import valued


def announce_trade(trade: Trade) -> None:
    """Tell everyone that a trade moved the price, and the player what it did and left. Asks the database nothing."""
    told = wire.trade_json(trade.transaction)
    market = trade.holding.market
    assert trade.transaction.cash_after_micro is not None
    market.cash_micro = trade.transaction.cash_after_micro
    room = (player_room(trade.wallet.pk),)
    announce(
        Event(
            "biome_trade", (ALL_MARKETS, market_room(market.biome)), {key: told[key] for key in wire.PUBLIC_OF_TRADE}
        ),
        Event("transaction", room, {"transaction": told}),
        Event(
            "portfolio_update",
            room,
            {"wallet": wire.wallet_json(trade.wallet), "holding": wire.position_json(valued(trade.holding))},
        ),
    )


def announce_movement(movement: Transaction) -> None:
    """Tell payer and payee, and no one else, that money moved."""
    for wallet in Wallet.objects.filter(pk__in=(movement.payer_id, movement.payee_id)):
        room = (player_room(wallet.pk),)
        told = wire.movement_json(movement, player_id=wallet.pk)
        announce(
            Event("transaction", room, {"transaction": told}),
            Event("portfolio_update", room, {"wallet": wire.wallet_json(wallet), "holding": None}),
        )


def announce_wallets(player_ids: Sequence[int]) -> None:
    """Tell players, each the own, what is held and what can be spent."""
    for wallet in Wallet.objects.filter(pk__in=player_ids):
        announce(
            Event("portfolio_update", (player_room(wallet.pk),), {"wallet": wire.wallet_json(wallet), "holding": None})
        )
