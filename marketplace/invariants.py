"""Queries about land for the invariants of money. `trading.invariants.rules` runs them."""

#: Who has reserved how much by leading an auction.
RESERVED_BY_BIDS = """
    SELECT top_bidder_id AS player_id, top_max_micro AS micro
    FROM marketplace_listing WHERE status = 'active' AND top_bidder_id IS NOT NULL
"""

# Who paid in a parcel's newest transaction got it; a refund gives it back to who was paid. Of the two rows of a refund
# either says the same.
_OWNERS = """
    SELECT format('parcel %s is owned by %s, transactions say %s', land.id, coalesce(land.owner_id::text, 'the world'),
                  coalesce(derived.owner_id::text, 'the world'))
    FROM marketplace_land AS land FULL JOIN (
        SELECT DISTINCT ON (land_id) land_id,
            CASE WHEN refund_id IS NULL THEN payer_id ELSE payee_id END AS owner_id
        FROM transactions AS sale LEFT JOIN (
            SELECT corrects_id AS sale_id, max(id) AS refund_id
            FROM transactions WHERE corrects_id IS NOT NULL GROUP BY corrects_id
        ) AS refunds ON sale_id = sale.id
        WHERE land_id IS NOT NULL ORDER BY land_id, id DESC
    ) AS derived ON derived.land_id = land.id
    WHERE land.owner_id IS DISTINCT FROM derived.owner_id
"""

LAND_INVARIANT = ("land", "every parcel's owner follows from the transactions", _OWNERS)

# Each change of hands took the price from who got the parcel, and brought it, without the fee, to who gave it; a gift
# counts at its value then, less its fee. What was refunded never happened.
_ACCOUNTS = """
    SELECT format('land brought player %s %s micro-BDT, transactions say %s', player_id,
                  coalesce(account.net_micro, 0), coalesce(derived.net_micro, 0))
    FROM marketplace_landaccount AS account FULL JOIN (
        SELECT player_id, sum(change)::bigint AS net_micro
        FROM (
            SELECT payer_id AS player_id, -coalesce(value_micro, amount_micro) AS change, id FROM transactions
            LEFT JOIN marketplace_giftvalue ON transaction_id = id WHERE land_id IS NOT NULL
            UNION ALL
            SELECT payee_id, coalesce(value_micro, amount_micro) - fee_micro, id FROM transactions
            LEFT JOIN marketplace_giftvalue ON transaction_id = id WHERE land_id IS NOT NULL AND payee_id IS NOT NULL
        ) AS changes
        WHERE NOT EXISTS (SELECT FROM transactions AS refund WHERE refund.corrects_id = changes.id)
        GROUP BY player_id
    ) AS derived USING (player_id)
    WHERE coalesce(account.net_micro, 0) <> coalesce(derived.net_micro, 0)
"""

LAND_ACCOUNTS_INVARIANT = ("land accounts", "what land brought every player follows from the transactions", _ACCOUNTS)
