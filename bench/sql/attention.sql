-- An accepted event as the exchange writes it, by hand: one waiting row, and the player's total.
\set player random(:first, :last)
\set place random(1, 7)
BEGIN;
INSERT INTO attention_waitingattention (player_id, biome, points)
VALUES (:player, (ARRAY['ocean', 'beach', 'plains', 'forest', 'desert', 'mountain', 'snow'])[:place::int], 1);
INSERT INTO attention_attentiontotal AS total (player_id, biome, points)
VALUES (:player, (ARRAY['ocean', 'beach', 'plains', 'forest', 'desert', 'mountain', 'snow'])[:place::int], 1)
ON CONFLICT (player_id, biome) DO UPDATE SET points = total.points + excluded.points;
COMMIT;
