"""What every test's database needs."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.backends.base.creation import BaseDatabaseCreation
from django.db.backends.postgresql.operations import DatabaseOperations


@pytest.fixture(scope="session", autouse=True)
def emptied_transactions() -> Iterator[None]:
    """Let Django empty the tables between tests: it truncates, which nobody else may do to the transactions."""
    original = DatabaseOperations.sql_flush

    def sql_flush(*args: Any, **kwargs: Any) -> list[str]:
        return [
            "ALTER TABLE transactions DISABLE TRIGGER transactions_not_truncated",
            *original(*args, **kwargs),
            "ALTER TABLE transactions ENABLE TRIGGER transactions_not_truncated",
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        yield


@pytest.fixture(scope="session", autouse=True)
def dropped_at_once() -> Iterator[None]:
    """Drop the tests' databases at the end, although a program that a test has ended may still be leaving."""

    def destroy(creation: BaseDatabaseCreation, name: str, verbosity: int) -> None:
        with creation._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {creation.connection.ops.quote_name(name)} WITH (FORCE)")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseCreation, "_destroy_test_db", destroy)
        yield
