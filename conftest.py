"""Fixtures that every test with a database needs."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from core.database.throwaway import on_server

# What `migrate` writes anew from the code whenever it has run: no test changes it.
KEPT_TABLES = {"django_content_type", "auth_permission"}
# A truncation writes new files for all tables and their indexes. Up to so many rows of a table are deleted sooner.
DELETED_ROWS_MAX = 500


@pytest.fixture(scope="session", autouse=True)
def emptied_tables() -> Iterator[None]:
    """Let Django empty the tables between tests quickly, the transactions too, which nobody else may empty."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", _sql_flush)
        patch.setattr("django.core.management.commands.flush.emit_post_migrate_signal", lambda *args: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Hash passwords at the least cost: nobody guesses those of tests."""
    with override_settings(PASSWORD_HASHERS=["accounts.tests.cast.QuickArgon2PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Make the database as pytest-django does; what is in it need not outlive a crash of the server."""
    with django_db_blocker.unblock():
        on_server(f'ALTER DATABASE "{connection.settings_dict["NAME"]}" SET synchronous_commit = off')
        # The setting is that of sessions to come.
        connection.close()


@pytest.fixture(scope="session")
def migrated_template(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Make a migrated database that nobody is connected to, to be copied, and return its name."""
    tests_own = connection.settings_dict["NAME"]
    name = f"template_{tests_own}"
    with django_db_blocker.unblock():
        connections.close_all()
        on_server(f'DROP DATABASE IF EXISTS "{name}"')
        on_server(f'CREATE DATABASE "{name}" TEMPLATE "{tests_own}"')
    yield name
    with django_db_blocker.unblock():
        on_server(f'DROP DATABASE "{name}"')


def _sql_flush(self: DatabaseOperations, style: Any, tables: list[str], **options: Any) -> list[str]:
    emptied = [self.quote_name(table) for table in tables if table not in KEPT_TABLES]
    if _most_rows(self, emptied) > DELETED_ROWS_MAX:
        emptying = f"TRUNCATE {', '.join(emptied)}"
    else:
        emptying = "; ".join(f"DELETE FROM {table}" for table in emptied)
    return [
        # Whoever is in the middle of a write ends it first, as a truncation would have it.
        f"LOCK TABLE {', '.join(emptied)} IN EXCLUSIVE MODE",
        "ALTER TABLE transactions DISABLE TRIGGER USER",
        emptying,
        "SET CONSTRAINTS ALL IMMEDIATE",
        "ALTER TABLE transactions ENABLE TRIGGER USER",
    ]


def _most_rows(operations: DatabaseOperations, tables: list[str]) -> int:
    """Return how many rows the fullest of the tables has, as far as that matters."""
    few = DELETED_ROWS_MAX + 1
    counts = [f"(SELECT count(*) FROM (SELECT FROM {table} LIMIT {few}) AS first_rows)" for table in tables]
    with operations.connection.cursor() as cursor:
        cursor.execute(f"SELECT greatest({', '.join(counts)})")
        return int(cursor.fetchone()[0])
