"""Live stream events of trades and money. Published after commit only."""

from __future__ import annotations

from collections.abc import Sequence

from markets.events import ALL_MARKETS, market_room
from streams.event_log import Event, announce, player_room
from trading import payloads
from trading.ledger.posting import Trade
from trading.models import Transaction, Wallet
from trading.positions import valued


def announce_trade(trade: Trade) -> None:
    """Announce a trade's price to everyone, and to the player the trade and what remains. Asks the database nothing."""
    told = payloads.trade_json(trade.transaction)
    market = trade.holding.market
    assert trade.transaction.cash_after_micro is not None
    market.cash_micro = trade.transaction.cash_after_micro
    room = (player_room(trade.wallet.pk),)
    announce(
        Event(
            "biome_trade",
            (ALL_MARKETS, market_room(market.biome)),
            {key: told[key] for key in payloads.PUBLIC_OF_TRADE},
        ),
        Event("transaction", room, {"transaction": told}),
        Event(
            "portfolio_update",
            room,
            {"wallet": payloads.wallet_json(trade.wallet), "holding": payloads.position_json(valued(trade.holding))},
        ),
    )


def announce_movement(movement: Transaction) -> None:
    """Announce a movement of money to payer and payee, and to no one else."""
    for wallet in Wallet.objects.filter(pk__in=(movement.payer_id, movement.payee_id)):
        room = (player_room(wallet.pk),)
        told = payloads.movement_json(movement, player_id=wallet.pk)
        announce(
            Event("transaction", room, {"transaction": told}),
            Event("portfolio_update", room, {"wallet": payloads.wallet_json(wallet), "holding": None}),
        )


def announce_wallets(player_ids: Sequence[int]) -> None:
    """Announce to each of the players the own balance and reserved money."""
    for wallet in Wallet.objects.filter(pk__in=player_ids):
        announce(
            Event(
                "portfolio_update", (player_room(wallet.pk),), {"wallet": payloads.wallet_json(wallet), "holding": None}
            )
        )
