"""The effect of a trade on its market: the only code outside the cycle that changes a market's cash."""

#: The market's part of a trade, for a market that the caller has locked: a common table expression's body, so that the
#: ledger writes all that a trade changes in one statement, and the market's lock is held for one round trip less.
#: `cash_change` is what flows into the market, `shares_change` what more the players hold. The bar under way follows.
FILL_MARKET = """
    UPDATE markets_market
    SET cash_micro = cash_micro + %(cash_change)s,
        shares_held_micro = shares_held_micro + %(shares_change)s,
        bar_high_micro = greatest(bar_high_micro, cash_micro + %(cash_change)s),
        bar_low_micro = least(bar_low_micro, cash_micro + %(cash_change)s),
        bar_volume_micro = bar_volume_micro + abs(%(cash_change)s)
    WHERE biome = %(market_id)s
"""
