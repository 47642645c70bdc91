"""The ledger's own SQL: opening a wallet, changing a balance, trading. For `trading.ledger.posting` alone."""

from __future__ import annotations

from markets.trade_statements import FILL_MARKET

OPEN_WALLET = """
    INSERT INTO trading_wallet (player_id, balance_micro, held_micro, opened_at) VALUES (%s, 0, 0, %s)
    ON CONFLICT (player_id) DO NOTHING
"""

CHANGE_BALANCE = """
    UPDATE trading_wallet SET balance_micro = balance_micro + %s WHERE player_id = %s
    RETURNING balance_micro + held_micro
"""

# Trades of a player in a market of which each comes within a minute of the one before are a run. It counts for volume
# as much as its buys and its sales differ: what is traded back counts for nothing.
_EARLIER_RUN = "CASE WHEN %(at)s <= holding.run_at + interval '1 minute' THEN holding.run_micro ELSE 0 END"
_COUNT_RUN = f"""
    counted_micro = holding.counted_micro + abs({_EARLIER_RUN} + %(cash_change)s) - abs({_EARLIER_RUN}),
    run_micro = {_EARLIER_RUN} + %(cash_change)s,
    run_at = %(at)s
"""

_BUY_SHARES = """
    INSERT INTO trading_holding AS holding (
        player_id, market_id, shares_micro, cost_micro, realised_micro, sold_basis_micro, volume_micro,
        counted_micro, run_micro, run_at
    )
    VALUES (
        %(initiator_id)s, %(market_id)s, %(shares_micro)s, %(total_micro)s, 0, 0, %(curve_micro)s,
        %(curve_micro)s, %(curve_micro)s, %(at)s
    )
    ON CONFLICT (player_id, market_id) DO UPDATE
    SET shares_micro = holding.shares_micro + excluded.shares_micro,
        cost_micro = holding.cost_micro + excluded.cost_micro,
        volume_micro = holding.volume_micro + excluded.volume_micro,
        {run}
    RETURNING id, shares_micro, cost_micro, realised_micro, sold_basis_micro, volume_micro
"""

_SELL_SHARES = """
    UPDATE trading_holding AS holding
    SET shares_micro = shares_micro - %(shares_micro)s,
        cost_micro = cost_micro - %(basis_micro)s,
        realised_micro = realised_micro + %(total_micro)s - %(basis_micro)s,
        sold_basis_micro = sold_basis_micro + %(basis_micro)s,
        volume_micro = volume_micro + %(curve_micro)s,
        {run}
    WHERE player_id = %(initiator_id)s AND market_id = %(market_id)s
    RETURNING id, shares_micro, cost_micro, realised_micro, sold_basis_micro, volume_micro
"""

# All that a trade changes, in one statement: a round trip each would hold the market's lock four times as long.
_TRADE = """
    WITH wallet AS (
        UPDATE trading_wallet SET balance_micro = balance_micro + %(balance_change)s WHERE player_id = %(initiator_id)s
        RETURNING balance_micro, held_micro, opened_at
    ), holding AS (
        {shares}
    ), market AS (
        {market}
    ), posted AS (
        INSERT INTO transactions (
            at, kind, initiator_id, operation, request_digest, payer_id, payee_id, amount_micro, fee_micro,
            market_id, shares_micro, cash_before_micro, cash_after_micro, basis_micro, reason, {party}_balance_micro
        ) VALUES (
            %(at)s, %(kind)s, %(initiator_id)s, %(operation)s, %(request_digest)s, %(payer_id)s, %(payee_id)s,
            %(amount_micro)s, %(fee_micro)s, %(market_id)s, %(shares_micro)s, %(cash_before_micro)s,
            %(cash_after_micro)s, %(basis_micro)s, '', (SELECT balance_micro + held_micro FROM wallet)
        )
        RETURNING id
    )
    SELECT posted.id, wallet.balance_micro, wallet.held_micro, wallet.opened_at,
           holding.id, holding.shares_micro, holding.cost_micro, holding.realised_micro,
           holding.sold_basis_micro, holding.volume_micro
    FROM posted, wallet, holding
"""

#: A buy and a sale, with the parameters that `trading.ledger.posting` gives them.
BUY = _TRADE.format(shares=_BUY_SHARES.format(run=_COUNT_RUN), market=FILL_MARKET, party="payer")
SELL = _TRADE.format(shares=_SELL_SHARES.format(run=_COUNT_RUN), market=FILL_MARKET, party="payee")
