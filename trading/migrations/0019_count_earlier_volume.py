from django.db import migrations

# What was traded before volume was counted net counted whole: now all of it follows from the transactions, as a law of
# `check_ledger` holds. Nobody trades while it is counted.
COUNTED = """
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
# Earlier snapshots go down by as much, so that the volume of a day or a week that began with one stays what it was.
RECOUNT = f"""
LOCK TABLE trading_holding IN SHARE ROW EXCLUSIVE MODE;
CREATE TEMPORARY TABLE recount ON COMMIT DROP AS
    SELECT holding.id, holding.player_id, holding.counted_micro - derived.counted_micro AS less_micro,
           derived.counted_micro, derived.run_micro, derived.run_at
    FROM trading_holding AS holding JOIN ({COUNTED}) AS derived USING (player_id, market_id)
    WHERE (holding.counted_micro, holding.run_micro, holding.run_at)
        IS DISTINCT FROM (derived.counted_micro, derived.run_micro, derived.run_at);
UPDATE trading_worthsnapshot AS snapshot SET volume_micro = greatest(0, volume_micro - less.micro)
FROM (SELECT player_id, sum(less_micro) AS micro FROM recount GROUP BY player_id) AS less
WHERE snapshot.player_id = less.player_id AND less.micro <> 0;
UPDATE trading_holding AS holding
SET counted_micro = recount.counted_micro, run_micro = recount.run_micro, run_at = recount.run_at
FROM recount WHERE holding.id = recount.id;
"""


class Migration(migrations.Migration):
    dependencies = [("trading", "0018_volume_that_counts")]

    operations = [migrations.RunSQL(RECOUNT, migrations.RunSQL.noop, elidable=True)]
