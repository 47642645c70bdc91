"""Every migration of our apps can be reversed and applied again, on a database for one test."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from core.database.throwaway import throwaway_database

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


class Observer:
    """Follow an executor through our migrations and those built on them: what each of ours made of the schema."""

    def __init__(self):
        self.executor = MigrationExecutor(connection, self.note)
        graph = self.executor.loader.graph
        built_on_ours = {key for root in graph.root_nodes() if root[0] in OURS for key in graph.backwards_plan(root)}
        plan = self.executor.migration_plan(graph.leaf_nodes(), clean_start=True)
        self.all = [step for step, _ in plan if (step.app_label, step.name) in built_on_ours]
        self.before, self.after, self.remade, self.statements = {}, {}, {}, []

    def note(self, event, migration=None, fake=False):
        if migration is None or migration.app_label not in OURS:
            return
        if event == "unapply_start":
            # The later ones are gone, and those of others made nothing that is looked at.
            self.after[migration] = self.before[self.later] if self.after else schema()
        elif event == "unapply_success":
            self.before[migration], self.later = schema(), migration
        elif event == "apply_start":
            self.statements.clear()
        elif event == "apply_success":
            self.remade[migration] = schema()
            assert (self.before[migration] != self.after[migration]) == self.tells_the_database(), migration

    def remember(self, execute, sql, *args):
        self.statements.append(str(sql))
        return execute(sql, *args)

    def tells_the_database(self):
        """Return whether the last one changed the schema: a new default of a model does not, nor do changed rows."""
        return any(re.match(r"\s*(CREATE|ALTER|DROP|COMMENT)\b", statement) for statement in self.statements)

    def migrate(self, *, is_back):
        plan = [(migration, is_back) for migration in (reversed(self.all) if is_back else self.all)]
        with connection.execute_wrapper(self.remember):
            self.executor.migrate([], plan=plan)


def test_every_migration_goes_back_to_zero_and_forward_again(migrated_template):
    with throwaway_database(purpose="migrations", template=migrated_template):
        observer = Observer()
        assert {step.app_label for step in observer.all} >= {"accounts", "attention", "markets", "trading"}
        observer.migrate(is_back=True)
        assert schema() == set()
        observer.migrate(is_back=False)
        assert set(observer.remade) == {step for step in observer.all if step.app_label in OURS}
        assert observer.remade == observer.after


def test_transactions_are_guarded_by_their_triggers(migrated_template):
    """The triggers are enabled in a migrated database.

    The tests' own one has one of them off: Django empties it by truncation.
    """
    with throwaway_database(purpose="triggers", template=migrated_template):
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
