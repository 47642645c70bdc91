from django.apps.registry import Apps
from django.db import connection, migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PLAYERS_A_TIME = 500

# What a player had after the newest transaction before this one. Where that does not say it, all of them are summed up.
BALANCES = """
CREATE OR REPLACE FUNCTION transactions_balance_before(player bigint, number bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    newest record;
BEGIN
    SELECT id, balance INTO newest FROM (
        (SELECT id, payer_balance_micro AS balance FROM transactions
         WHERE payer_id = player AND id < number ORDER BY id DESC LIMIT 1)
        UNION ALL
        (SELECT id, payee_balance_micro FROM transactions
         WHERE payee_id = player AND id < number ORDER BY id DESC LIMIT 1)
    ) AS sides ORDER BY id DESC LIMIT 1;
    IF newest.id IS NULL OR newest.balance IS NOT NULL THEN
        RETURN coalesce(newest.balance, 0);
    END IF;
    RETURN (SELECT coalesce(sum(amount_micro - fee_micro), 0) FROM transactions
            WHERE payee_id = player AND id < number)
         - (SELECT coalesce(sum(amount_micro), 0) FROM transactions WHERE payer_id = player AND id < number);
END $$;

CREATE OR REPLACE FUNCTION transactions_fill_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.payer_id IS NOT NULL AND NEW.payer_balance_micro IS NULL THEN
        NEW.payer_balance_micro := transactions_balance_before(NEW.payer_id, NEW.id) - NEW.amount_micro;
    END IF;
    IF NEW.payee_id IS NOT NULL AND NEW.payee_balance_micro IS NULL THEN
        NEW.payee_balance_micro :=
            transactions_balance_before(NEW.payee_id, NEW.id) + NEW.amount_micro - NEW.fee_micro;
    END IF;
    RETURN NEW;
END $$;

-- Programs of an earlier release, which run beside this one for a while, do not say them.
CREATE OR REPLACE TRIGGER transactions_balances_filled BEFORE INSERT ON transactions FOR EACH ROW
    WHEN ((NEW.payer_id IS NOT NULL AND NEW.payer_balance_micro IS NULL)
          OR (NEW.payee_id IS NOT NULL AND NEW.payee_balance_micro IS NULL))
    EXECUTE FUNCTION transactions_fill_balances();

-- The one change that there is: a balance that was not said is filled in.
CREATE OR REPLACE FUNCTION transactions_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free CONSTANT text[] := ARRAY['payer_balance_micro', 'payee_balance_micro', 'source'];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - free = to_jsonb(OLD) - free
           AND coalesce(NEW.payer_balance_micro = OLD.payer_balance_micro, OLD.payer_balance_micro IS NULL)
           AND coalesce(NEW.payee_balance_micro = OLD.payee_balance_micro, OLD.payee_balance_micro IS NULL)
           AND (NEW.payer_id IS NOT NULL OR NEW.payer_balance_micro IS NULL)
           AND (NEW.payee_id IS NOT NULL OR NEW.payee_balance_micro IS NULL)
           AND (OLD.payer_balance_micro, OLD.payee_balance_micro)
               IS DISTINCT FROM (NEW.payer_balance_micro, NEW.payee_balance_micro)
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'transactions are appended, never changed or deleted: record a correction instead'
        USING ERRCODE = 'restrict_violation';
END $$;
"""

WITHOUT_BALANCES = """
DROP TRIGGER transactions_balances_filled ON transactions;
DROP FUNCTION transactions_fill_balances();
DROP FUNCTION transactions_balance_before(bigint, bigint);
CREATE OR REPLACE FUNCTION transactions_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'transactions are appended, never changed or deleted: record a correction instead'
        USING ERRCODE = 'restrict_violation';
END $$;
"""

FILL = """
WITH changes AS (
    SELECT id, payer_id AS player, -amount_micro AS change, payer_balance_micro AS said
    FROM transactions WHERE payer_id = ANY(%(players)s)
    UNION ALL
    SELECT id, payee_id, amount_micro - fee_micro, payee_balance_micro
    FROM transactions WHERE payee_id = ANY(%(players)s)
), running AS (
    SELECT id, said, sum(change) OVER (PARTITION BY player ORDER BY id)::bigint AS balance,
           player
    FROM changes
)
UPDATE transactions AS row SET {side}_balance_micro = balance
FROM running WHERE row.id = running.id AND row.{side}_id = player AND said IS NULL
"""


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Store the balances after each earlier transaction, some players at a time, so that nobody waits for long."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT player_id FROM trading_wallet ORDER BY player_id")
        players = [player for (player,) in cursor.fetchall()]
        for start in range(0, len(players), PLAYERS_A_TIME):
            for side in ("payer", "payee"):
                cursor.execute(FILL.format(side=side), {"players": players[start : start + PLAYERS_A_TIME]})


class Migration(migrations.Migration):
    """Runs beside trades; the next attempt completes an interrupted one."""

    atomic = False

    dependencies = [
        ("trading", "0013_one_sale_a_listing"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"ALTER TABLE transactions ADD COLUMN IF NOT EXISTS {side}_balance_micro bigint",
                    f"ALTER TABLE transactions DROP COLUMN {side}_balance_micro",
                )
            ],
            state_operations=[
                migrations.AddField(
                    model_name="transaction",
                    name=f"{side}_balance_micro",
                    field=models.BigIntegerField(
                        editable=False,
                        help_text=f"All money of the {side} after it: what is held is in it.",
                        null=True,
                    ),
                )
            ],
        )
        for side in ("payer", "payee")
    ] + [
        migrations.RunSQL(BALANCES, WITHOUT_BALANCES),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
