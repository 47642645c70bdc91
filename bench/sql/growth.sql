-- The exchange after :transactions trades by :players players, with :cycles cycles and :minutes minutes of candles.
-- Consistent: check_ledger finds nothing. References and triggers are not checked row by row, for all of it is ours.
SET session_replication_role = replica;
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';

INSERT INTO transactions (at, kind, initiator_id, operation, request_digest, payer_id, amount_micro, fee_micro,
                          market_id, shares_micro, cash_before_micro, cash_after_micro, reason,
                          payer_balance_micro)
SELECT now() - (:transactions - n) * interval '0.01 s', 'biome_buy', player_id, gen_random_uuid(), gen_random_uuid(),
       player_id, 1020000, 20000,
       (ARRAY['ocean', 'beach', 'plains', 'forest', 'desert', 'mountain', 'snow'])[n % 7 + 1],
       10000, 100000000000000, 100000001000000, '',
       balance_micro + held_micro - 1020000 * row_number() OVER (PARTITION BY player_id ORDER BY n)
FROM (SELECT n, :first + floor(random() * :players)::int AS player_id FROM generate_series(1, :transactions) AS n) AS trades
JOIN trading_wallet USING (player_id)
ORDER BY n;

INSERT INTO trading_holding (player_id, market_id, shares_micro, cost_micro, realised_micro, sold_basis_micro, volume_micro,
                             counted_micro, run_micro, run_at)
SELECT payer_id, market_id, sum(shares_micro), sum(amount_micro), 0, 0, sum(amount_micro - fee_micro),
       sum(amount_micro - fee_micro), sum(amount_micro - fee_micro), max(at)
FROM transactions WHERE kind = 'biome_buy' GROUP BY payer_id, market_id;

UPDATE trading_wallet SET balance_micro = balance_micro - spent
FROM (SELECT player_id, sum(cost_micro)::bigint AS spent FROM trading_holding GROUP BY player_id) AS holdings
WHERE trading_wallet.player_id = holdings.player_id;

UPDATE markets_market
SET cash_micro = cash_micro + paid, shares_held_micro = held, bar_open_micro = cash_micro + paid,
    bar_high_micro = cash_micro + paid, bar_low_micro = cash_micro + paid
FROM (SELECT market_id, sum(shares_micro)::bigint AS held, sum(amount_micro - fee_micro)::bigint AS paid
      FROM transactions WHERE kind = 'biome_buy' GROUP BY market_id) AS trades
WHERE biome = market_id;

INSERT INTO markets_cycle (number, at, settings_id, reason, total_cash_micro, moved_micro)
SELECT n, now() - (:cycles - n) * interval '0.5 s', version.id, 'no_attention', 700000000000000, 0
FROM generate_series(1, :cycles) AS n, (SELECT max(id) AS id FROM markets_economicsettings) AS version;

INSERT INTO markets_tick (cycle_id, market_id, at, attention_points, cash_before_micro, cash_after_micro,
                          total_shares_micro, open_micro, high_micro, low_micro, volume_micro)
SELECT number, biome, at, 0, 100000000000000, 100000000000000, 1000000000000, 100000000000000, 100000000000000,
       100000000000000, 0
FROM markets_cycle, unnest(ARRAY['ocean', 'beach', 'plains', 'forest', 'desert', 'mountain', 'snow']) AS biome
ORDER BY number;

INSERT INTO markets_candle (market_id, interval, opened_at, open_micro, high_micro, low_micro, close_micro,
                            volume_micro, total_shares_micro)
SELECT biome, '1m', date_trunc('minute', now()) - (:minutes - n) * interval '1 min', 100000000000000,
       100000000000000, 100000000000000, 100000000000000, 0, 1000000000000
FROM generate_series(1, :minutes) AS n,
     unnest(ARRAY['ocean', 'beach', 'plains', 'forest', 'desert', 'mountain', 'snow']) AS biome
ORDER BY n;
