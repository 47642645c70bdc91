-- A buy as the exchange makes it, by hand: lock the wallet, lock the market, then write the four rows.
\set player random(:first, :last)
\set place random(1, 7)
\set operation random(1, 9000000000000000000)
BEGIN;
SET LOCAL lock_timeout = 3000;
SELECT balance_micro + held_micro AS balance FROM trading_wallet WHERE player_id = :player FOR NO KEY UPDATE \gset
SELECT cash_micro AS cash, total_shares_micro AS total FROM markets_market
WHERE biome = (ARRAY['ocean', 'beach', 'plains', 'forest', 'desert', 'mountain', 'snow'])[:place::int]
FOR NO KEY UPDATE \gset
\set cost :spend * 10000 / 10200
\set fee (:cost * 200 + 9999) / 10000
\set paid :cost + :fee
\set after :cash + :cost
\set shares int(:total * ln(1.0 + double(:cost) / :cash))
WITH wallet AS (
    UPDATE trading_wallet SET balance_micro = balance_micro - :paid WHERE player_id = :player
), holding AS (
    INSERT INTO trading_holding AS holding (player_id, market_id, shares_micro, cost_micro, realised_micro,
                                            sold_basis_micro, volume_micro, counted_micro, run_micro, run_at)
    VALUES (:player, (ARRAY['ocean', 'beach', 'plains', 'forest', 'desert', 'mountain', 'snow'])[:place::int],
            :shares, :paid, 0, 0, :cost, :cost, :cost, now())
    ON CONFLICT (player_id, market_id) DO UPDATE
    SET shares_micro = holding.shares_micro + excluded.shares_micro,
        cost_micro = holding.cost_micro + excluded.cost_micro,
        volume_micro = holding.volume_micro + excluded.volume_micro,
        counted_micro = holding.counted_micro
            + abs(CASE WHEN now() <= holding.run_at + interval '1 minute' THEN holding.run_micro ELSE 0 END + :cost)
            - abs(CASE WHEN now() <= holding.run_at + interval '1 minute' THEN holding.run_micro ELSE 0 END),
        run_micro = CASE WHEN now() <= holding.run_at + interval '1 minute' THEN holding.run_micro ELSE 0 END + :cost,
        run_at = now()
), market AS (
    UPDATE markets_market
    SET cash_micro = cash_micro + :cost, shares_held_micro = shares_held_micro + :shares,
        bar_high_micro = greatest(bar_high_micro, cash_micro + :cost),
        bar_low_micro = least(bar_low_micro, cash_micro + :cost),
        bar_volume_micro = bar_volume_micro + :cost
    WHERE biome = (ARRAY['ocean', 'beach', 'plains', 'forest', 'desert', 'mountain', 'snow'])[:place::int]
)
INSERT INTO transactions (at, kind, initiator_id, operation, request_digest, payer_id, amount_micro, fee_micro,
                          market_id, shares_micro, cash_before_micro, cash_after_micro, payer_balance_micro, reason)
VALUES (now(), 'biome_buy', :player, lpad(to_hex(:operation::bigint), 32, '0')::uuid,
        lpad(to_hex(:operation::bigint), 32, '0')::uuid, :player, :paid, :fee,
        (ARRAY['ocean', 'beach', 'plains', 'forest', 'desert', 'mountain', 'snow'])[:place::int],
        :shares, :cash, :after, :balance::bigint - :paid::bigint, '')
RETURNING id;
COMMIT;
