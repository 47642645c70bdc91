-- A cycle as the exchange writes it, by hand. What is before BEGIN makes the attention that waits, and is not counted.
INSERT INTO attention_waitingattention (player_id, biome, points)
SELECT :first + n, (ARRAY['ocean', 'beach', 'plains', 'forest', 'desert', 'mountain', 'snow'])[n % 7 + 1], 1 + n % 10
FROM generate_series(0, :waiting - 1) AS n;
SELECT coalesce(max(number), 0) + 1 AS number FROM markets_cycle \gset
BEGIN;
SET LOCAL lock_timeout = 3000;
INSERT INTO markets_cycle (number, at, settings_id, reason, total_cash_micro, moved_micro)
SELECT :number, now(), max(id), 'redistributed', 0, 0 FROM markets_economicsettings;
WITH taken AS (DELETE FROM attention_waitingattention RETURNING biome, points)
SELECT biome, sum(points)::bigint FROM taken GROUP BY biome;
SELECT * FROM markets_market ORDER BY biome FOR NO KEY UPDATE;
WITH before AS (
    SELECT * FROM markets_market
), market AS (
    UPDATE markets_market
    SET cash_micro = cash_micro + 7 - 14 * (:number % 2), bar_open_micro = cash_micro + 7 - 14 * (:number % 2),
        bar_high_micro = cash_micro + 7 - 14 * (:number % 2), bar_low_micro = cash_micro + 7 - 14 * (:number % 2),
        bar_volume_micro = 0
), cycle AS (
    UPDATE markets_cycle SET total_cash_micro = 1, moved_micro = 1 WHERE number = :number
)
INSERT INTO markets_tick (cycle_id, market_id, at, attention_points, cash_before_micro, cash_after_micro,
                          total_shares_micro, open_micro, high_micro, low_micro, volume_micro)
SELECT :number, biome, now(), 1, cash_micro, cash_micro, total_shares_micro, bar_open_micro, bar_high_micro,
       bar_low_micro, bar_volume_micro
FROM before;
COMMIT;
