-- The plans of docs/query-plans.md: what the exchange sends for its history, on a day of ticks and a year of candles.
-- On a migrated database of its own with open markets; see there.
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
SET jit = off;

-- A day: 172,800 cycles with 1,209,600 ticks. A year of minutes before it: 3,679,200 candles.
INSERT INTO markets_cycle (number, at, settings_id, reason, total_cash_micro, moved_micro)
SELECT n, timestamptz '2026-01-01 00:00:00+00' + n * interval '0.5 s', (SELECT max(id) FROM markets_economicsettings),
       'redistributed', 7000, 0
FROM generate_series(1, 172800) AS n;

INSERT INTO markets_tick (cycle_id, market_id, at, attention_points, cash_before_micro, cash_after_micro,
                          total_shares_micro, open_micro, high_micro, low_micro, volume_micro)
SELECT n, biome, timestamptz '2026-01-01 00:00:00+00' + n * interval '0.5 s', n % 10, 1000 + n % 97, 1000 + n % 97,
       1000000000000, 1000 + n % 97, 1100, 900, n % 13
FROM generate_series(1, 172800) AS n, (SELECT biome FROM markets_market) AS market;

INSERT INTO markets_candle (market_id, interval, opened_at, open_micro, high_micro, low_micro, close_micro,
                            volume_micro, total_shares_micro)
SELECT biome, '1m', at, 1000, 1100, 900, 1000, 7, 1000000000000
FROM generate_series(timestamptz '2025-01-01 00:00:00+00', '2025-12-31 23:59:00+00', '1 min') AS at,
     (SELECT biome FROM markets_market) AS market;

VACUUM (ANALYZE) markets_cycle, markets_tick, markets_candle;

\echo '== Price history: the newest 500 of a market'
EXPLAIN (ANALYZE, BUFFERS)
SELECT * FROM markets_tick WHERE market_id = 'snow' ORDER BY cycle_id DESC LIMIT 500;

\echo '== Price history: an hour of a market, from since to until'
EXPLAIN (ANALYZE, BUFFERS)
SELECT * FROM markets_tick
WHERE market_id = 'snow'
  AND cycle_id >= (SELECT number FROM markets_cycle WHERE at >= '2026-01-01 12:00:00+00' ORDER BY at LIMIT 1)
  AND cycle_id <= (SELECT number FROM markets_cycle WHERE at < '2026-01-01 13:00:00+00' ORDER BY at DESC LIMIT 1)
ORDER BY cycle_id DESC LIMIT 500;

\echo '== Candles: the newest 500 minutes of a market'
EXPLAIN (ANALYZE, BUFFERS)
SELECT * FROM markets_candle WHERE market_id = 'snow' AND interval = '1m' ORDER BY opened_at DESC LIMIT 500;

\echo '== Candles: a day of minutes of a market'
EXPLAIN (ANALYZE, BUFFERS)
SELECT * FROM markets_candle
WHERE market_id = 'snow' AND interval = '1m'
  AND opened_at >= '2025-07-01 00:00:00+00' AND opened_at < '2025-07-02 00:00:00+00'
ORDER BY opened_at DESC LIMIT 500;

\echo '== Candles of ticks: the newest 301 of 15 seconds'
EXPLAIN (ANALYZE, BUFFERS)
WITH RECURSIVE opened (at, place) AS (
    SELECT (SELECT date_bin('15 s', at, '2000-01-01 00:00:00+00') FROM markets_cycle ORDER BY at DESC LIMIT 1), 1
    UNION ALL
    SELECT (SELECT date_bin('15 s', cycle.at, '2000-01-01 00:00:00+00') FROM markets_cycle AS cycle
            WHERE cycle.at < opened.at ORDER BY cycle.at DESC LIMIT 1), opened.place + 1
    FROM opened WHERE opened.at IS NOT NULL AND opened.place < 301
), page AS (
    SELECT min(at) AS since, max(at) + interval '15 s' AS until FROM opened WHERE at IS NOT NULL
)
SELECT date_bin('15 s', at, '2000-01-01 00:00:00+00') AS bucket,
       (array_agg(open_micro ORDER BY cycle_id))[1], max(high_micro), min(low_micro),
       (array_agg(cash_after_micro ORDER BY cycle_id))[count(*)], sum(volume_micro)::bigint
FROM markets_tick
WHERE market_id = 'snow'
  AND cycle_id >= (SELECT number FROM markets_cycle WHERE at >= (SELECT since FROM page) ORDER BY at LIMIT 1)
  AND cycle_id <= (SELECT number FROM markets_cycle WHERE at < (SELECT until FROM page) ORDER BY at DESC LIMIT 1)
GROUP BY bucket ORDER BY bucket DESC;

-- As the exchange prepares them, without knowing the times.
SET plan_cache_mode = force_generic_plan;
PREPARE price_changes (timestamptz[]) AS
SELECT market.biome, market.cash_micro, market.total_shares_micro,
       coalesce(tick.cash_after_micro, candle.cash_micro), coalesce(tick.total_shares_micro, candle.shares_micro)
FROM unnest($1) WITH ORDINALITY AS age (at, place)
LEFT JOIN LATERAL (
    SELECT number FROM markets_cycle WHERE at <= age.at ORDER BY at DESC LIMIT 1
) AS cycle ON true
CROSS JOIN markets_market AS market
LEFT JOIN markets_tick AS tick ON tick.cycle_id = cycle.number AND tick.market_id = market.biome
LEFT JOIN LATERAL (
    SELECT CASE WHEN opened_at > age.at - interval '1 minute' THEN open_micro ELSE close_micro END AS cash_micro,
           total_shares_micro AS shares_micro
    FROM markets_candle
    WHERE tick.cycle_id IS NULL AND market_id = market.biome AND interval = '1m' AND opened_at <= age.at
    ORDER BY opened_at DESC LIMIT 1
) AS candle ON true
ORDER BY age.place;

\echo '== Price changes: 5 minutes and an hour ago in ticks, a day ago in candles, of all markets'
EXPLAIN (ANALYZE, BUFFERS)
EXECUTE price_changes ('{2026-01-01 23:54:59+00,2026-01-01 22:59:59+00,2025-12-31 23:59:59+00}');

PREPARE closes (text[], timestamptz, timestamptz) AS
SELECT market_id, extract(epoch FROM opened_at)::bigint, close_micro::float8 / total_shares_micro
FROM markets_candle
WHERE market_id = ANY($1) AND interval = '1m' AND opened_at >= $2 AND opened_at < $3
ORDER BY opened_at;

\echo '== Sparklines: the last hour of all markets'
EXPLAIN (ANALYZE, BUFFERS)
EXECUTE closes ('{ocean,beach,plains,forest,desert,mountain,snow}', '2025-12-31 22:59:59+00', '2025-12-31 23:58:59+00');
RESET plan_cache_mode;

\echo '== One cycle: its seven ticks'
EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM markets_tick WHERE cycle_id = 86400;

\echo '== The last cycle'
EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM markets_cycle ORDER BY number DESC LIMIT 1;

\echo '== Cycles: the newest 51 receipts, with their settings'
EXPLAIN (ANALYZE, BUFFERS)
SELECT cycle.*, version.* FROM markets_cycle AS cycle JOIN markets_economicsettings AS version ON version.id = settings_id
ORDER BY number DESC LIMIT 51;

\echo '== Cycles: the ticks of 51 receipts'
EXPLAIN (ANALYZE, BUFFERS)
SELECT * FROM markets_tick WHERE cycle_id = ANY (ARRAY(SELECT 100000 - n FROM generate_series(0, 50) AS n));

\echo '== Cycles: 51 receipts of an hour, twelve hours back'
EXPLAIN (ANALYZE, BUFFERS)
SELECT cycle.*, version.* FROM markets_cycle AS cycle JOIN markets_economicsettings AS version ON version.id = settings_id
WHERE at >= '2026-01-01 12:00:00+00' AND at < '2026-01-01 13:00:00+00'
  AND number >= (SELECT min(number) FROM (SELECT number FROM markets_cycle WHERE at >= '2026-01-01 12:00:00+00'
                                          ORDER BY at LIMIT 8) AS nearest)
  AND number <= (SELECT max(number) FROM (SELECT number FROM markets_cycle WHERE at < '2026-01-01 13:00:00+00'
                                          ORDER BY at DESC LIMIT 8) AS nearest)
ORDER BY number DESC LIMIT 51;

\echo '== Candle update: the newest candle'
EXPLAIN (ANALYZE, BUFFERS)
SELECT opened_at FROM markets_candle WHERE market_id = 'ocean' AND interval = '1m' ORDER BY opened_at DESC LIMIT 1;

\echo '== Candle update: the first cycle of its minute'
EXPLAIN (ANALYZE, BUFFERS)
SELECT number FROM markets_cycle WHERE at >= '2026-01-01 23:59:00+00' ORDER BY at LIMIT 1;

\echo '== Candle update: a minute from its 120 cycles'
EXPLAIN (ANALYZE, BUFFERS)
INSERT INTO markets_candle AS candle (market_id, interval, opened_at, open_micro, high_micro, low_micro, close_micro,
                                      volume_micro, total_shares_micro, attention_points, attention_moved_micro)
SELECT market_id, '1m', date_bin('1 min', at, '2000-01-01 00:00:00+00') AS bucket,
       (array_agg(open_micro ORDER BY cycle_id))[1], max(high_micro), min(low_micro),
       (array_agg(cash_after_micro ORDER BY cycle_id))[count(*)], sum(volume_micro)::bigint,
       (array_agg(total_shares_micro ORDER BY cycle_id))[count(*)], sum(attention_points)::bigint,
       sum(cash_after_micro - cash_before_micro)::bigint
FROM markets_tick WHERE cycle_id >= 172680 GROUP BY market_id, bucket
ON CONFLICT (market_id, interval, opened_at) DO UPDATE SET close_micro = excluded.close_micro;

\echo '== Candle update: five minutes from their minutes'
EXPLAIN (ANALYZE, BUFFERS)
INSERT INTO markets_candle AS candle (market_id, interval, opened_at, open_micro, high_micro, low_micro, close_micro,
                                      volume_micro, total_shares_micro, attention_points, attention_moved_micro)
SELECT market_id, '5m', date_bin('5 min', opened_at, '2000-01-01 00:00:00+00') AS bucket,
       (array_agg(open_micro ORDER BY opened_at))[1], max(high_micro), min(low_micro),
       (array_agg(close_micro ORDER BY opened_at))[count(*)], sum(volume_micro)::bigint,
       (array_agg(total_shares_micro ORDER BY opened_at))[count(*)], sum(attention_points)::bigint,
       sum(attention_moved_micro)::bigint
FROM markets_candle
WHERE market_id = ANY('{ocean,beach,plains,forest,desert,mountain,snow}') AND interval = '1m'
  AND opened_at >= '2025-12-31 23:55:00+00'
GROUP BY market_id, bucket
ON CONFLICT (market_id, interval, opened_at) DO UPDATE SET close_micro = excluded.close_micro;

\echo '== Retention: the last cycle that is too old'
EXPLAIN (ANALYZE, BUFFERS)
SELECT number FROM markets_cycle WHERE at < '2026-01-01 00:17:00+00' ORDER BY at DESC LIMIT 1;

BEGIN;
-- The foreign key of the ticks is checked when the transaction ends; here it shows in the plan.
SET CONSTRAINTS ALL IMMEDIATE;
\echo '== Retention: a batch of 2,000 cycles, the ticks'
EXPLAIN (ANALYZE, BUFFERS) DELETE FROM markets_tick WHERE cycle_id BETWEEN 1 AND 2000;
\echo '== Retention: a batch of 2,000 cycles, the cycles'
EXPLAIN (ANALYZE, BUFFERS) DELETE FROM markets_cycle WHERE number BETWEEN 1 AND 2000;
COMMIT;

-- After many batches, before any vacuum: what is deleted already is not read again.
DELETE FROM markets_tick WHERE cycle_id BETWEEN 2001 AND 40000;
DELETE FROM markets_cycle WHERE number BETWEEN 2001 AND 40000;
\echo '== Retention: the next minute, with 280,000 dead ticks before it'
EXPLAIN (ANALYZE, BUFFERS) SELECT number FROM markets_cycle ORDER BY number LIMIT 1;
EXPLAIN (ANALYZE, BUFFERS) DELETE FROM markets_tick WHERE cycle_id BETWEEN 40001 AND 40120;

-- A million transactions: a player with 100,000 of them among 100,000 others.
INSERT INTO accounts_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active,
                           date_joined, display_name, theme, motion, default_tolerance_bps, is_simulated, sign_outs)
SELECT n, '!', false, 'player' || n, '', '', n || '@example.com', false, true, now(), '', 'system', 'system', 100, false, 0
FROM generate_series(1, 100001) AS n;

INSERT INTO transactions (at, kind, initiator_id, operation, request_digest, payer_id, payee_id, amount_micro,
                          fee_micro, market_id, shares_micro, cash_before_micro, cash_after_micro, basis_micro, reason,
                          payer_balance_micro, payee_balance_micro)
SELECT timestamptz '2025-01-01 00:00:00+00' + n * interval '30 s', kind, player, gen_random_uuid(), gen_random_uuid(),
       CASE WHEN kind <> 'biome_sell' THEN player END,
       CASE kind WHEN 'biome_sell' THEN player WHEN 'transfer' THEN 100001 END,
       2000, CASE WHEN is_trade THEN 10 ELSE 0 END,
       CASE WHEN is_trade THEN biome END, CASE WHEN is_trade THEN 7 END, CASE WHEN is_trade THEN 100000 END,
       CASE kind WHEN 'biome_buy' THEN 101990 WHEN 'biome_sell' THEN 98000 END,
       CASE kind WHEN 'biome_sell' THEN 2000 END, '',
       CASE WHEN kind <> 'biome_sell' THEN 1000000 END, CASE WHEN kind <> 'biome_buy' THEN 1000000 END
FROM (
    SELECT n, CASE WHEN n % 10 = 0 THEN 1 ELSE 2 + n % 99999 END AS player, n % 1000 <> 0 AS is_trade,
           CASE WHEN n % 1000 = 0 THEN 'transfer' WHEN n / 10 % 2 = 0 THEN 'biome_buy' ELSE 'biome_sell' END AS kind,
           ('{ocean,beach,plains,forest,desert,mountain,snow}'::text[])[1 + n / 10 % 7] AS biome
    FROM generate_series(1, 1000000) AS n
) AS made;

VACUUM (ANALYZE) accounts_user, transactions;

\echo '== Transactions: the newest 51 of a player with 100,000'
EXPLAIN (ANALYZE, BUFFERS)
(SELECT id FROM transactions WHERE payer_id = 1 ORDER BY id DESC LIMIT 51)
UNION ALL
(SELECT id FROM transactions WHERE payee_id = 1 ORDER BY id DESC LIMIT 51)
ORDER BY id DESC LIMIT 51;

\echo '== Transactions: 51 that are 50,000 back'
EXPLAIN (ANALYZE, BUFFERS)
(SELECT id FROM transactions WHERE payer_id = 1 AND id < 500000 ORDER BY id DESC LIMIT 51)
UNION ALL
(SELECT id FROM transactions WHERE payee_id = 1 AND id < 500000 ORDER BY id DESC LIMIT 51)
ORDER BY id DESC LIMIT 51;

\echo '== Transactions: those of a kind that the player has none of'
EXPLAIN (ANALYZE, BUFFERS)
(SELECT id FROM transactions WHERE kind IN ('topup') AND payer_id = 1 ORDER BY id DESC LIMIT 51)
UNION ALL
(SELECT id FROM transactions WHERE kind IN ('topup') AND payee_id = 1 ORDER BY id DESC LIMIT 51)
ORDER BY id DESC LIMIT 51;

\echo '== Transactions: the first day of the year, below 100,000 newer ones'
EXPLAIN (ANALYZE, BUFFERS)
(SELECT id FROM transactions
 WHERE at >= '2025-01-01 00:00:00+00' AND at < '2025-01-02 00:00:00+00' AND payer_id = 1 ORDER BY id DESC LIMIT 51)
UNION ALL
(SELECT id FROM transactions
 WHERE at >= '2025-01-01 00:00:00+00' AND at < '2025-01-02 00:00:00+00' AND payee_id = 1 ORDER BY id DESC LIMIT 51)
ORDER BY id DESC LIMIT 51;

\echo '== Transactions: the rows of a page'
EXPLAIN (ANALYZE, BUFFERS)
SELECT transactions.*, initiator.username, payer.username, payee.username, market.total_shares_micro
FROM transactions JOIN accounts_user AS initiator ON initiator.id = initiator_id
LEFT JOIN accounts_user AS payer ON payer.id = payer_id LEFT JOIN accounts_user AS payee ON payee.id = payee_id
LEFT JOIN markets_market AS market ON market.biome = market_id
WHERE transactions.id = ANY (ARRAY(SELECT 1000000 - 10 * n FROM generate_series(0, 50) AS n)) ORDER BY transactions.id DESC;

\echo '== Running balance: the rows of a page that is 50,000 back'
EXPLAIN (ANALYZE, BUFFERS)
SELECT id, at, amount_micro, fee_micro, payer_balance_micro, payee_balance_micro
FROM transactions WHERE id = ANY (ARRAY(SELECT 500000 - 10 * n FROM generate_series(0, 50) AS n)) ORDER BY id DESC;

\echo '== Trades: the newest 51 of a player with 100,000'
EXPLAIN (ANALYZE, BUFFERS)
SELECT transactions.*, market.* FROM transactions JOIN markets_market AS market ON market.biome = market_id
WHERE initiator_id = 1 AND kind IN ('biome_buy', 'biome_sell') ORDER BY id DESC LIMIT 51;

\echo '== Trades: of a biome and a side, 50,000 back'
EXPLAIN (ANALYZE, BUFFERS)
SELECT transactions.*, market.* FROM transactions JOIN markets_market AS market ON market.biome = market_id
WHERE initiator_id = 1 AND kind IN ('biome_buy') AND market_id = 'snow' AND id < 500000 ORDER BY id DESC LIMIT 51;

\echo '== Trades: of a week of the past, below 90,000 newer ones'
EXPLAIN (ANALYZE, BUFFERS)
SELECT transactions.*, market.* FROM transactions JOIN markets_market AS market ON market.biome = market_id
WHERE initiator_id = 1 AND kind IN ('biome_buy', 'biome_sell')
  AND at >= '2025-02-01 00:00:00+00' AND at <= '2025-02-08 00:00:00+00'
  AND id >= (SELECT min(id) FROM transactions) + 88900 AND id < (SELECT min(id) FROM transactions) + 109900
ORDER BY id DESC LIMIT 51;

\echo '== Recent trades: the newest 20 of a market'
EXPLAIN (ANALYZE, BUFFERS)
SELECT newest.id, newest.at, newest.kind, newest.shares_micro,
       abs(newest.cash_after_micro - newest.cash_before_micro), newest.cash_after_micro, market.total_shares_micro
FROM (SELECT id, at, kind, market_id, shares_micro, cash_before_micro, cash_after_micro
      FROM transactions ORDER BY id DESC LIMIT 5000) AS newest
JOIN markets_market AS market ON market.biome = newest.market_id
WHERE newest.market_id = 'snow' ORDER BY newest.id DESC LIMIT 20;

\echo '== Recent trades: of a market that has none among the newest 5,000 transactions'
EXPLAIN (ANALYZE, BUFFERS)
SELECT newest.id FROM (SELECT id, market_id FROM transactions ORDER BY id DESC LIMIT 5000) AS newest
WHERE newest.market_id = 'none' ORDER BY newest.id DESC LIMIT 20;

-- Land: 512 x 512 parcels, most of them owned; 240,000 listings, 40,000 of them active; 200,000 more transactions, of land.
INSERT INTO marketplace_region (id, market_id, parcels)
SELECT n, ('{ocean,beach,plains,forest,desert,mountain,snow}'::text[])[1 + n % 7], 512 FROM generate_series(0, 511) AS n;

INSERT INTO marketplace_land (id, x, y, market_id, region_id, elevation_m, owner_id, owned_since)
SELECT n + 1, n % 512, n / 512, ('{ocean,beach,plains,forest,desert,mountain,snow}'::text[])[1 + n / 512 % 7], n / 512, n % 3000,
       CASE WHEN n < 200000 THEN 1 + n % 50000 END, CASE WHEN n < 200000 THEN now() END
FROM generate_series(0, 262143) AS n;

INSERT INTO marketplace_listing (id, land_id, market_id, region_parcels, seller_id, operation, request_digest, kind, status,
                                 title, words, price_micro, top_bidder_id, top_max_micro, bids_count, opened_at, ends_at,
                                 latest_end_at, closed_at, sold_micro)
SELECT n + 1, land.id, land.market_id, 1 + n % 900, land.owner_id, gen_random_uuid(), gen_random_uuid(),
       CASE WHEN n % 2 = 0 THEN 'auction' ELSE 'fixed_price' END,
       CASE WHEN n >= 200000 THEN 'active' WHEN n % 4 = 0 THEN 'expired' ELSE 'sold' END, 'By the river', '',
       1000000 + n * 7919 % 900000000,
       CASE WHEN n >= 200000 AND n % 4 = 0 THEN 60000 + n % 40000 END, CASE WHEN n >= 200000 AND n % 4 = 0 THEN 1000000000 END,
       CASE WHEN n % 4 = 0 THEN 1 ELSE 0 END, timestamptz '2026-01-01 00:00:00+00',
       timestamptz '2026-01-02 00:00:00+00' + n % 100000 * interval '6 s',
       timestamptz '2026-01-12 00:00:00+00', CASE WHEN n < 200000 THEN timestamptz '2026-01-01 00:00:01+00' + n * interval '1 s' END,
       CASE WHEN n < 200000 AND n % 4 <> 0 THEN 1000000 END
FROM generate_series(0, 239999) AS n JOIN marketplace_land AS land ON land.id = 1 + n % 200000;

INSERT INTO transactions (at, kind, initiator_id, operation, request_digest, payer_id, payee_id, amount_micro, fee_micro,
                          land_id, listing_id, reason, payer_balance_micro, payee_balance_micro)
SELECT timestamptz '2025-12-15 00:00:00+00' + n * interval '5 s', CASE WHEN n % 2 = 0 THEN 'auction' ELSE 'fixed_price' END,
       1 + n % 50000, gen_random_uuid(), gen_random_uuid(), 1 + n % 50000, 50001 + n % 50000, 1000000, 50000, 1 + n % 200000,
       n + 1, '', 1000000, 1000000
FROM generate_series(0, 199999) AS n;

-- A million bids: a player with 10,000 of them among 50,000 others.
INSERT INTO marketplace_bid (listing_id, bidder_id, operation, request_digest, at, max_micro, price_micro, is_leading)
SELECT 1 + n % 120000 * 2, CASE WHEN n % 100 = 0 THEN 1 ELSE 2 + n % 50000 END, gen_random_uuid(), gen_random_uuid(),
       timestamptz '2026-01-01 00:00:00+00' + n * interval '0.1 s', 2000000, 1000000, n % 3 = 0
FROM generate_series(1, 1000000) AS n;

VACUUM (ANALYZE) marketplace_land, marketplace_listing, marketplace_bid, transactions;

SELECT operation AS "key" FROM transactions WHERE initiator_id = 1 ORDER BY id LIMIT 1 OFFSET 40000 \gset
\echo '== Outcome of a key: a transaction'
EXPLAIN (ANALYZE, BUFFERS)
SELECT id FROM transactions WHERE initiator_id = 1 AND operation = :'key' ORDER BY id LIMIT 1;

\echo '== Outcome of a key that made none: is it a bid, or a listing?'
EXPLAIN (ANALYZE, BUFFERS)
SELECT * FROM marketplace_bid WHERE bidder_id = 1 AND operation = :'key' ORDER BY id LIMIT 1;
EXPLAIN (ANALYZE, BUFFERS)
SELECT * FROM marketplace_listing WHERE seller_id = 1 AND operation = :'key' ORDER BY id LIMIT 1;

\echo '== Own bids: the newest 51 of a player with 10,000'
EXPLAIN (ANALYZE, BUFFERS)
SELECT bid.*, bidder.username, listing.* FROM marketplace_bid AS bid JOIN accounts_user AS bidder ON bidder.id = bidder_id
JOIN marketplace_listing AS listing ON listing.id = listing_id
WHERE bidder_id = 1 ORDER BY bid.id DESC LIMIT 51;

\echo '== Audit trail: everybody''s, a day of a year ago: where it begins'
EXPLAIN (ANALYZE, BUFFERS)
WITH RECURSIVE search (low, high) AS (
    SELECT min(id), max(id) + 1 FROM transactions
    UNION ALL
    SELECT CASE WHEN middle.at < moment THEN middle.id + 1 ELSE low END,
           CASE WHEN middle.at < moment THEN high ELSE (low + high) / 2 END
    FROM search, (SELECT timestamptz '2025-03-02 00:00:00+00' - interval '1 hour' AS moment) AS sought,
         LATERAL (SELECT id, at FROM transactions WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1) AS middle
    WHERE low < high
)
SELECT max(low) FROM search;

\echo '== Audit trail: everybody''s, of that day, between the numbers found'
EXPLAIN (ANALYZE, BUFFERS)
SELECT id FROM transactions
WHERE id >= (SELECT min(id) FROM transactions) + 172700 AND id < (SELECT min(id) FROM transactions) + 175900
  AND at >= '2025-03-02 00:00:00+00' AND at <= '2025-03-03 00:00:00+00' AND market_id = 'snow'
ORDER BY id DESC LIMIT 51;

\echo '== Audit trail: everybody''s, of land'
EXPLAIN (ANALYZE, BUFFERS)
SELECT id FROM transactions WHERE kind IN ('fixed_price', 'buy_now', 'auction', 'gift') ORDER BY id DESC LIMIT 51;

\echo '== Audit trail: of one parcel'
EXPLAIN (ANALYZE, BUFFERS)
SELECT id FROM transactions WHERE land_id = 77 ORDER BY id DESC LIMIT 51;

\echo '== Audit trail: what a player with 100,000 bought of a biome in a week of the past'
EXPLAIN (ANALYZE, BUFFERS)
SELECT id FROM transactions
WHERE payer_id = 1 AND kind IN ('biome_buy', 'biome_sell') AND market_id = 'snow'
  AND at >= '2025-02-01 00:00:00+00' AND at <= '2025-02-08 00:00:00+00'
ORDER BY id DESC LIMIT 51;

\echo '== Listings: the active ones that end first'
EXPLAIN (ANALYZE, BUFFERS)
SELECT * FROM marketplace_listing WHERE status = 'active' AND ends_at > '2026-01-02 01:00:00+00'
ORDER BY ends_at, id LIMIT 51;

\echo '== Listings: the cheapest of a biome'
EXPLAIN (ANALYZE, BUFFERS)
SELECT * FROM marketplace_listing WHERE status = 'active' AND ends_at > '2026-01-02 01:00:00+00' AND market_id = 'snow'
ORDER BY price_micro, id LIMIT 51;

\echo '== Listings: the newest within a range of prices'
EXPLAIN (ANALYZE, BUFFERS)
SELECT * FROM marketplace_listing
WHERE status = 'active' AND ends_at > '2026-01-02 01:00:00+00' AND price_micro BETWEEN 500000000 AND 510000000
ORDER BY id DESC LIMIT 51;

\echo '== Listings: the dearest of those that were sold'
EXPLAIN (ANALYZE, BUFFERS)
SELECT * FROM marketplace_listing WHERE status = 'sold' ORDER BY price_micro DESC, id DESC LIMIT 51;

\echo '== Map: the owned'
EXPLAIN (ANALYZE, BUFFERS)
SELECT x, y FROM marketplace_land WHERE owner_id IS NOT NULL;

\echo '== Map: those for sale'
EXPLAIN (ANALYZE, BUFFERS)
SELECT land.x, land.y FROM marketplace_listing JOIN marketplace_land AS land ON land.id = land_id
WHERE status = 'active' AND land.owner_id IS NOT NULL;

\echo '== Parcels: those that nobody owns'
EXPLAIN (ANALYZE, BUFFERS)
SELECT * FROM marketplace_land WHERE owner_id IS NULL ORDER BY id LIMIT 51;

\echo '== Parcels: the history of one'
EXPLAIN (ANALYZE, BUFFERS)
SELECT transactions.*, payer.username, payee.username
FROM transactions LEFT JOIN accounts_user AS payer ON payer.id = payer_id
LEFT JOIN accounts_user AS payee ON payee.id = payee_id
WHERE land_id = 77 ORDER BY transactions.id DESC LIMIT 20;
