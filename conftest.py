"""Fixtures that every test with a database needs."""

from collections.abc import Iterator
from typing import Any

import pytest
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
