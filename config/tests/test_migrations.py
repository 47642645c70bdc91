"""Every migration of our apps can be taken back and made again, on a database that lasts for one test."""

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from config.throwaway import throwaway_database

pytestmark = pytest.mark.django_db

OURS = {app.label for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR}

# What the migrations made, apart from rows: of our tables, and all functions, for Django and its packages have none.
SCHEMA = """
    WITH ours AS (
        SELECT oid, relname::text, relkind::text, reloptions FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relname ~ %s
    )
    SELECT relname, 'relation ' || relkind, coalesce(reloptions::text, '') FROM ours
    UNION ALL
    SELECT relname, 'column ' || attname, format('%%s %%s %%s', atttypid::regtype, attnotnull, attgenerated)
        FROM ours JOIN pg_attribute ON attrelid = oid WHERE attnum > 0 AND NOT attisdropped AND relkind = 'r'
    UNION ALL
    SELECT relname, 'constraint ' || conname, pg_get_constraintdef(pg_constraint.oid)
        FROM ours JOIN pg_constraint ON conrelid = ours.oid
    UNION ALL
    SELECT relname, 'index', pg_get_indexdef(indexrelid) FROM ours JOIN pg_index ON indrelid = oid
    UNION ALL
    SELECT relname, 'trigger ' || tgenabled::text, pg_get_triggerdef(pg_trigger.oid)
        FROM ours JOIN pg_trigger ON tgrelid = ours.oid WHERE NOT tgisinternal
    UNION ALL
    SELECT proname::text, 'function', pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


def schema():
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA, [f"^({'|'.join(sorted(OURS))})_|^transactions"])
        return set(cursor.fetchall())


def migrate(app, name):
    MigrationExecutor(connection).migrate([(app, name)])


def our_migrations():
    """Ours, as pairs of app and name, in an order in which they can be made."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
    return [(migration.app_label, migration.name) for migration, _ in plan if migration.app_label in OURS]


def tells_the_database(app, name):
    """Return whether a migration changes the schema.

    A new default of a model does not, nor does one that changes rows alone.
    """
    loader = MigrationLoader(connection, replace_migrations=False)
    if all(operation.elidable for operation in loader.get_migration(app, name).operations):
        return False
    sql = loader.collect_sql([(loader.get_migration(app, name), False)])
    return any(line and not line.startswith("--") and line not in ("BEGIN;", "COMMIT;") for line in sql)


def test_every_migration_goes_back_to_zero_and_forward_again():
    with throwaway_database(purpose="migrations"):
        migrations = our_migrations()
        assert {app for app, _ in migrations} >= {"accounts", "attention", "markets", "trading"}
        schemas = {}
        for place in reversed(range(len(migrations))):
            app, name = migrations[place]
            schemas[app, name] = schema()
            earlier = [other for other in migrations[:place] if other[0] == app]
            migrate(app, earlier[-1][1] if earlier else None)
            assert (schema() != schemas[app, name]) == tells_the_database(app, name)
        assert schema() == set()
        for app, name in migrations:
            migrate(app, name)
            assert schema() == schemas[app, name]


def test_transactions_are_guarded_by_their_triggers():
    """The tests' own database has one of them off: Django empties it by truncation."""
    with throwaway_database(purpose="triggers"):
        triggers = {
            definition for table, kind, definition in schema() if (table, kind) == ("transactions", "trigger O")
        }
    assert triggers == {
        "CREATE TRIGGER transactions_append_only BEFORE DELETE OR UPDATE ON public.transactions"
        " FOR EACH ROW EXECUTE FUNCTION transactions_append_only()",
        "CREATE TRIGGER transactions_balances_filled BEFORE INSERT ON public.transactions FOR EACH ROW"
        " WHEN ((((new.payer_id IS NOT NULL) AND (new.payer_balance_micro IS NULL))"
        " OR ((new.payee_id IS NOT NULL) AND (new.payee_balance_micro IS NULL))))"
        " EXECUTE FUNCTION transactions_fill_balances()",
        "CREATE TRIGGER transactions_not_truncated BEFORE TRUNCATE ON public.transactions"
        " FOR EACH STATEMENT EXECUTE FUNCTION transactions_append_only()",
    }
