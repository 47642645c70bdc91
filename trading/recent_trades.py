"""A market's newest trades, as public data. Reads only."""

from __future__ import annotations

from typing import Any

from attention.biomes import Biome
from core.api.timestamps import time_text
from core.database.replicas import may_be_stale
from core.database.transactions import prepared_rows
from markets.money import micro_text, ratio_text
from trading.models import Kind
from trading.pricing.quotes import Side

TRADES = 20
#: An index of transactions by market would cost every trade something. So the newest of all are looked through, at most
#: so many, and a market that had no part in them has no recent trades.
LOOKED_THROUGH = 5_000

_NEWEST = """
    SELECT newest.id, newest.at, newest.kind, newest.shares_micro,
           newest.amount_micro,
           abs(newest.cash_after_micro - newest.cash_before_micro), newest.cash_after_micro, market.total_shares_micro
    FROM (
        SELECT id, at, kind, market_id, shares_micro, amount_micro, cash_before_micro, cash_after_micro
        FROM transactions ORDER BY id DESC LIMIT %(looked_through)s
    ) AS newest
    JOIN markets_market AS market ON market.biome = newest.market_id
    WHERE newest.market_id = %(biome)s
    ORDER BY newest.id DESC LIMIT %(trades)s
"""


@may_be_stale
def recent_trades(biome: Biome) -> list[dict[str, Any]]:
    """Return the market's newest trades, newest first, in the shape of the stream's `biome_trade`."""
    rows = prepared_rows(_NEWEST, {"biome": biome.value, "looked_through": LOOKED_THROUGH, "trades": TRADES})
    return [
        {
            "id": number,
            "at": time_text(at),
            "biome": biome.value,
            "side": Side.BUY if kind == Kind.BIOME_BUY else Side.SELL,
            "shares": micro_text(shares),
            "amount": micro_text(amount),
            "traded": micro_text(traded),
            "price_after": ratio_text(cash_after, total_shares),
            "cash_after": micro_text(cash_after),
        }
        for number, at, kind, shares, amount, traded, cash_after, total_shares in rows
    ]
