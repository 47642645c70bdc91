"""The JSON of trades and money, the same in the REST API and in the streams. Pure.

`trading.serializers` describes these shapes for the API's documentation.
"""

from __future__ import annotations

from typing import Any

from accounts.models import User
from core.api.timestamps import time_text
from markets.models import Market
from markets.money import micro_text, price_text, ratio_text
from trading.models import Kind, Transaction, Wallet
from trading.positions import Portfolio, Position
from trading.pricing.quotes import Quote, Side

#: What of a trade everyone may know.
PUBLIC_OF_TRADE = ("id", "biome", "side", "shares", "amount", "traded", "price_after", "cash_after")


def quote_json(quote: Quote) -> dict[str, Any]:
    """Return a quote: the fill that a trade would get now."""
    is_buy = quote.side == Side.BUY
    return {
        "biome": quote.biome,
        "side": quote.side,
        "shares": micro_text(quote.shares_micro),
        "amount": micro_text(quote.total_micro if is_buy else quote.curve_micro),
        "traded": micro_text(quote.curve_micro),
        "fee": micro_text(quote.fee_micro),
        "total": micro_text(quote.total_micro),
        "average_price": ratio_text(quote.curve_micro, quote.shares_micro),
        "price_before": ratio_text(quote.cash_before_micro, quote.total_shares_micro),
        "price_after": ratio_text(quote.cash_after_micro, quote.total_shares_micro),
        "price_impact_percent": price_text(quote.impact * 100),
    }


def trade_json(trade: Transaction) -> dict[str, Any]:
    """Return an executed buy or sale, with the field names of its quote."""
    assert trade.shares_micro is not None
    is_buy = trade.kind == Kind.BIOME_BUY
    net_micro = trade.amount_micro - trade.fee_micro
    curve_micro = net_micro if is_buy else trade.amount_micro
    return {
        "id": trade.pk,
        "operation": str(trade.operation),
        "at": time_text(trade.at),
        "kind": trade.kind,
        "biome": trade.market_id,
        "side": Side.BUY if is_buy else Side.SELL,
        "shares": micro_text(trade.shares_micro),
        "amount": micro_text(trade.amount_micro),
        "traded": micro_text(curve_micro),
        "fee": micro_text(trade.fee_micro),
        "total": micro_text(trade.amount_micro if is_buy else net_micro),
        **balance_json(trade, trade.initiator_id),
        "average_price": ratio_text(curve_micro, trade.shares_micro),
        "price_before": _price(trade.cash_before_micro, trade.market),
        "price_after": _price(trade.cash_after_micro, trade.market),
        "cash_after": micro_text(trade.cash_after_micro or 0),
    }


def movement_json(movement: Transaction, *, player_id: int | None = None) -> dict[str, Any]:
    """Return money or land that moved without shares. A payer or payee of null is the world outside.

    The effect on a balance is given for `player_id` alone, and for nobody without.
    """
    return {
        "id": movement.pk,
        "operation": str(movement.operation),
        "at": time_text(movement.at),
        "kind": movement.kind,
        "payer": movement.payer.username if movement.payer else None,
        "payee": movement.payee.username if movement.payee else None,
        "amount": micro_text(movement.amount_micro),
        "fee": micro_text(movement.fee_micro),
        **balance_json(movement, player_id),
        "land": movement.land_id,
        "listing": movement.listing_id,
        "corrects": movement.corrects_id,
        "reason": movement.reason,
    }


def balance_json(moved: Transaction, player_id: int | None) -> dict[str, str | None]:
    """Return a transaction's effect on the balance of one of its players, and the balance after it; nulls for
    others.
    """
    if player_id is None or player_id not in (moved.payer_id, moved.payee_id):
        return {"balance_change": None, "balance_after": None}
    is_payer = moved.payer_id == player_id
    change_micro = -moved.amount_micro if is_payer else moved.amount_micro - moved.fee_micro
    left_micro = moved.payer_balance_micro if is_payer else moved.payee_balance_micro
    return {
        "balance_change": micro_text(change_micro),
        "balance_after": None if left_micro is None else micro_text(left_micro),
    }


def wallet_json(wallet: Wallet) -> dict[str, Any]:
    """Return a player's BDT: what can be spent, what is reserved, and both together."""
    return {
        "balance": micro_text(wallet.balance_micro),
        "held": micro_text(wallet.held_micro),
        "total": micro_text(wallet.balance_micro + wallet.held_micro),
    }


def portfolio_json(portfolio: Portfolio) -> dict[str, Any]:
    """Return all property of a player.

    Worth is all of it; marks and values if sold now are of shares, as in holdings.
    """
    return {
        **wallet_json(portfolio.wallet),
        "worth": micro_text(portfolio.worth_micro),
        "gain": micro_text(portfolio.gain_micro),
        "mark_value": micro_text(portfolio.shares_mark_micro),
        "value_if_sold_now": micro_text(portfolio.shares_sale_value_micro),
        "land_value": micro_text(portfolio.land_micro),
        "land_gain": micro_text(portfolio.land_gain_micro),
        "land_parcels": portfolio.parcels_count,
        "unrealised_gain": micro_text(portfolio.unrealised_micro),
        "realised_gain": micro_text(portfolio.realised_micro),
        "holdings": [position_json(position) for position in portfolio.positions],
    }


def position_json(position: Position) -> dict[str, Any]:
    """Return one holding.

    The mark is shares times price; a sale now pays less, as it moves the price and bears the fee.
    """
    holding = position.holding
    return {
        "biome": holding.market_id,
        "shares": micro_text(holding.shares_micro),
        "cost": micro_text(holding.cost_micro),
        "average_cost": ratio_text(holding.cost_micro, holding.shares_micro or 1),
        "price": ratio_text(holding.market.cash_micro, holding.market.total_shares_micro),
        "mark_value": micro_text(position.mark_micro),
        "value_if_sold_now": micro_text(position.sale_value_micro),
        "unrealised_gain": micro_text(position.unrealised_micro),
        "realised_gain": micro_text(holding.realised_micro),
    }


def public_name(player: User) -> str:
    """Return the public name of a player: the username, cut before an @ where earlier rules allowed an address."""
    return player.username.partition("@")[0] or f"player {player.pk}"


def _price(cash_micro: int | None, market: Market | None) -> str:
    assert cash_micro is not None
    assert market is not None
    return ratio_text(cash_micro, market.total_shares_micro)
