"""The volume that counts, derived again from the transactions, as the ledger adds it up trade by trade.

Trades of a player in a market of which each comes within a minute of the one before are a run, and a run counts as
much as its buys and its sales differ. The order is that of the rows, as the writer of one holds the market's lock.
"""

from __future__ import annotations

from django.db import connection

from core.database.transactions import short_transaction
from trading.locks import holdings_locked

#: By `player_id` and `market_id`: `counted_micro`, and `run_micro` and `run_at` of the newest run.
COUNTED_BY_HOLDING = """
    SELECT player_id, market_id, sum(abs(run_micro))::bigint AS counted_micro,
           (sum(run_micro) FILTER (WHERE run_at IS NOT NULL))::bigint AS run_micro, max(run_at) AS run_at
    FROM (
        SELECT player_id, market_id, sum(change_micro)::bigint AS run_micro,
               max(at) FILTER (WHERE is_newest) AS run_at
        FROM (
            SELECT *, count(*) FILTER (WHERE begins_run) OVER of_holding AS run
            FROM (
                SELECT id, initiator_id AS player_id, market_id, at,
                       cash_after_micro - cash_before_micro AS change_micro,
                       at > lag(at) OVER of_holding + interval '1 minute' AS begins_run,
                       lead(id) OVER of_holding IS NULL AS is_newest
                FROM transactions WHERE kind IN ('biome_buy', 'biome_sell')
                WINDOW of_holding AS (PARTITION BY initiator_id, market_id ORDER BY id)
            ) AS trades WINDOW of_holding AS (PARTITION BY player_id, market_id ORDER BY id)
        ) AS in_runs GROUP BY player_id, market_id, run
    ) AS runs GROUP BY player_id, market_id
"""

#: What is not as the transactions say. Of holdings that have transactions: the invariant of holdings names the others.
MISCOUNTED = f"""
    SELECT format('player %s in %s has a volume of %s micro-BDT that counts, its newest run %s at %s; transactions say '
                  '%s, %s at %s', player_id, market_id, holding.counted_micro, holding.run_micro, holding.run_at,
                  derived.counted_micro, derived.run_micro, derived.run_at)
    FROM trading_holding AS holding JOIN ({COUNTED_BY_HOLDING}) AS derived USING (player_id, market_id)
    WHERE (holding.counted_micro, holding.run_micro, holding.run_at)
        IS DISTINCT FROM (derived.counted_micro, derived.run_micro, derived.run_at)
"""  # noqa: S608  # all of it is written here

_RECOUNT = f"""
    UPDATE trading_holding AS holding
    SET counted_micro = derived.counted_micro, run_micro = derived.run_micro, run_at = derived.run_at
    FROM ({COUNTED_BY_HOLDING}) AS derived
    WHERE holding.player_id = derived.player_id AND holding.market_id = derived.market_id
        AND (holding.counted_micro, holding.run_micro, holding.run_at)
            IS DISTINCT FROM (derived.counted_micro, derived.run_micro, derived.run_at)
"""  # noqa: S608  # all of it is written here


def recount_volume() -> int:
    """Count all volume anew from the transactions, and return the number of holdings that had another one.

    Nobody trades meanwhile: trades wait, and are refused with `market_busy` where it takes long. Raises MarketBusy.
    """
    with short_transaction(), connection.cursor() as cursor:
        holdings_locked()
        cursor.execute(_RECOUNT)
        mended: int = cursor.rowcount
    return mended
