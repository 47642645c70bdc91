"""The exchange's JSON, from the peer's rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from attention.biomes import Biome
from bench.peer.tables import Candle, EconomicSettings, Holding, Market, Transaction, Wallet
from markets.curve import proceeds_of
from markets.money import MICRO, fee_of, micro_text, percent_text, ratio_text


class Land(NamedTuple):
    """A player's land: the number of parcels, the world's asking price for them, and receipts less payments."""

    parcels: int
    value_micro: int
    net_micro: int


def time_text(at: datetime) -> str:
    """Format a time by RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def trade_json(trade: Transaction, total_shares_micro: int) -> dict[str, Any]:
    """Return an executed buy."""
    assert trade.shares_micro is not None
    curve_micro = trade.amount_micro - trade.fee_micro
    return {
        "id": trade.id,
        "operation": str(trade.operation),
        "at": time_text(trade.at),
        "kind": trade.kind,
        "biome": trade.market_id,
        "side": "buy",
        "shares": micro_text(trade.shares_micro),
        "amount": micro_text(trade.amount_micro),
        "traded": micro_text(curve_micro),
        "fee": micro_text(trade.fee_micro),
        "total": micro_text(trade.amount_micro),
        "balance_change": micro_text(-trade.amount_micro),
        "balance_after": micro_text(trade.payer_balance_micro or 0),
        "average_price": ratio_text(curve_micro, trade.shares_micro),
        "price_before": ratio_text(trade.cash_before_micro or 0, total_shares_micro),
        "price_after": ratio_text(trade.cash_after_micro or 0, total_shares_micro),
        "cash_after": micro_text(trade.cash_after_micro or 0),
    }


def markets_json(
    markets: Sequence[Market], version: EconomicSettings, *, cycle: int | None, cycle_at: datetime | None, url: str
) -> dict[str, Any]:
    """Return the seven markets. The peer has no stream, so its position is NOWHERE."""
    by_biome = {market.biome: market for market in markets}
    heading = _heading_prices(markets, floor_micro=version.price_floor_micro)
    return {
        "stream": {"epoch": "", "seq": 0, "url": url},
        "cycle": cycle,
        "cycle_at": cycle_at and time_text(cycle_at),
        "total_cash": micro_text(sum(market.cash_micro for market in markets)),
        "settings": _settings_json(version),
        "markets": [_market_json(by_biome[biome], heading[biome]) for biome in Biome],
    }


def candles_json(candles: Iterable[Candle], *, following: str | None) -> dict[str, Any]:
    """Return a page of candles, oldest first."""
    return {"next": following, "previous": None, "results": [_candle_json(candle) for candle in candles]}


def portfolio_json(
    wallet: Wallet, holdings: Iterable[Holding], versions: dict[int, EconomicSettings], land: Land
) -> dict[str, Any]:
    """Return all property of a player."""
    held = {holding.market_id: holding for holding in holdings}
    valued = [_valued(held[biome], versions) for biome in Biome if biome in held]
    money = wallet.balance_micro + wallet.held_micro
    marks = sum(mark for _, mark, _ in valued)
    shares_gain = marks + sum(holding.realised_micro - holding.cost_micro for holding, _, _ in valued)
    land_gain = land.value_micro + land.net_micro
    return {
        "balance": micro_text(wallet.balance_micro),
        "held": micro_text(wallet.held_micro),
        "total": micro_text(money),
        "worth": micro_text(money + marks + land.value_micro),
        "gain": micro_text(shares_gain + land_gain),
        "mark_value": micro_text(marks),
        "value_if_sold_now": micro_text(sum(sale for _, _, sale in valued)),
        "land_value": micro_text(land.value_micro),
        "land_gain": micro_text(land_gain),
        "land_parcels": land.parcels,
        "unrealised_gain": micro_text(sum(sale - holding.cost_micro for holding, _, sale in valued)),
        "realised_gain": micro_text(sum(holding.realised_micro for holding, _, _ in valued)),
        "holdings": [_position_json(holding, mark, sale) for holding, mark, sale in valued],
    }


def _valued(holding: Holding, versions: dict[int, EconomicSettings]) -> tuple[Holding, int, int]:
    market = holding.market
    mark = holding.shares_micro * market.cash_micro // market.total_shares_micro
    proceeds = proceeds_of(
        cash_micro=market.cash_micro, total_shares_micro=market.total_shares_micro, shares_micro=holding.shares_micro
    )
    return holding, mark, proceeds - fee_of(proceeds, versions[market.settings_id].trade_fee_bps)


def _position_json(holding: Holding, mark_micro: int, sale_micro: int) -> dict[str, Any]:
    return {
        "biome": holding.market_id,
        "shares": micro_text(holding.shares_micro),
        "cost": micro_text(holding.cost_micro),
        "average_cost": ratio_text(holding.cost_micro, holding.shares_micro or 1),
        "price": ratio_text(holding.market.cash_micro, holding.market.total_shares_micro),
        "mark_value": micro_text(mark_micro),
        "value_if_sold_now": micro_text(sale_micro),
        "unrealised_gain": micro_text(sale_micro - holding.cost_micro),
        "realised_gain": micro_text(holding.realised_micro),
    }


def _heading_prices(markets: Sequence[Market], *, floor_micro: int) -> dict[str, str | None]:
    points = sum(market.attention_points for market in markets)
    cash_micro = sum(market.cash_micro for market in markets)
    if not points:
        return dict.fromkeys(Biome)
    return {
        market.biome: micro_text(
            max(floor_micro, cash_micro * market.attention_points * MICRO // (points * market.total_shares_micro))
        )
        for market in markets
    }


def _market_json(market: Market, heading_price: str | None) -> dict[str, Any]:
    return {
        "biome": market.biome,
        "price": ratio_text(market.cash_micro, market.total_shares_micro),
        "heading_price": heading_price,
        "cash": micro_text(market.cash_micro),
        "total_shares": micro_text(market.total_shares_micro),
        "shares_held": micro_text(market.shares_held_micro),
        "shares_available": micro_text(market.total_shares_micro - market.shares_held_micro),
    }


def _candle_json(candle: Candle) -> dict[str, Any]:
    def price(cash_micro: int) -> str:
        return ratio_text(cash_micro, candle.total_shares_micro)

    return {
        "opened_at": time_text(candle.opened_at),
        "open": price(candle.open_micro),
        "high": price(candle.high_micro),
        "low": price(candle.low_micro),
        "close": price(candle.close_micro),
        "volume": micro_text(candle.volume_micro),
        "attention_points": candle.attention_points,
        "amount_added_bdt": micro_text(candle.attention_moved_micro),
        "attention": candle.attention_points,
        "attention_moved": micro_text(candle.attention_moved_micro),
    }


def _settings_json(version: EconomicSettings) -> dict[str, Any]:
    return {
        "version": version.id,
        "redistribution_pool_percent": percent_text(version.redistribution_pool_bps),
        "max_move_percent": percent_text(version.max_move_bps),
        "max_trade_percent": percent_text(version.max_trade_bps),
        "trade_fee_percent": percent_text(version.trade_fee_bps),
        "price_floor": micro_text(version.price_floor_micro),
        "attention_budget": version.attention_budget_points,
        "trading_paused": version.trading_paused,
        "prices_frozen": version.prices_frozen,
    }
