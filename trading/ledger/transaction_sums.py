"""SQL of sums over transactions: issued, held by the treasury, traded."""

from __future__ import annotations

#: What one transaction brings into the exchange from outside; less than nothing where it takes it out.
ISSUED_MICRO = "CASE kind WHEN 'topup' THEN amount_micro WHEN 'withdrawal' THEN -amount_micro ELSE 0 END"

#: What one transaction brings the platform beside its fee. The world sells land for the treasury; corrections to or
#: from no player are the treasury's.
TREASURY_MICRO = """(
    CASE WHEN payee_id IS NULL AND kind IN ('fixed_price', 'buy_now', 'auction', 'adjustment', 'refund')
        THEN amount_micro - fee_micro ELSE 0 END
    - CASE WHEN payer_id IS NULL AND kind IN ('adjustment', 'refund') THEN amount_micro ELSE 0 END
)"""

#: What one transaction trades along the curve: a buyer pays the fee on top of it, a seller out of it.
TRADED_MICRO = "CASE kind WHEN 'biome_buy' THEN amount_micro - fee_micro WHEN 'biome_sell' THEN amount_micro ELSE 0 END"
