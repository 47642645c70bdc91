"""Transactions of writers: short, with a bounded wait for locks, and repeated after deadlocks."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connection, connections, transaction
from psycopg import Cursor
from psycopg import errors as pg
from psycopg.types.numeric import Int8

from core.database.postgres.base import DatabaseWrapper
from core.database.replicas import reads_from
from core.errors import MarketBusy
from core.observability.metrics import DEADLOCKS, LOCK_TIMEOUTS

P = ParamSpec("P")
R = TypeVar("R")


#: Bounds how long the transaction waits for a lock, and how long it may say nothing: then the database ends it, for its
#: host may have gone and left its locks held. Takes the parameters of `patience`; lasts until the transaction ends.
SET_PATIENCE = """
    SELECT set_config('lock_timeout', %(patience)s, true),
           set_config('idle_in_transaction_session_timeout', %(silence)s, true)
"""


@contextmanager
def short_transaction() -> Iterator[None]:
    """Open a durable transaction that waits for any lock at most `LOCK_TIMEOUT_MS`; raises MarketBusy beyond that.

    It raises it too when it was silent for more than `TRANSACTION_SILENT_MS`, as a frozen process is.
    """
    with impatient_transaction(), connection.cursor() as cursor:
        cursor.execute(SET_PATIENCE, patience())
        yield


@contextmanager
def impatient_transaction() -> Iterator[None]:
    """Open a `short_transaction` whose first statement contains `SET_PATIENCE`, to save a round trip."""
    try:
        with transaction.atomic(durable=True):
            yield
    except DatabaseError as error:
        if isinstance(error.__cause__, (pg.LockNotAvailable, pg.IdleInTransactionSessionTimeout)):
            LOCK_TIMEOUTS.inc()
            raise MarketBusy from error
        raise


def patience() -> dict[str, str]:
    """Return the parameters of `SET_PATIENCE`, in milliseconds."""
    return {"patience": str(int(settings.LOCK_TIMEOUT_MS)), "silence": str(int(settings.TRANSACTION_SILENT_MS))}


def prepared_row(statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Return the first row of a statement, or None: for frequent reads, where Django's way costs more than the
    statement.

    The server parses and plans it once for each connection; `parameters` are named, `%(name)s`. Raises django.db's
    errors.
    """
    rows = prepared_rows(statement, parameters)
    return rows[0] if rows else None


def prepared_rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return all rows of a statement, as `prepared_row`."""
    # Django's `connection` looks the thread's own up at each use.
    own = connections[reads_from()]
    own.close_if_health_check_failed()
    own.ensure_connection()
    own.validate_no_broken_transaction()
    with own.wrap_database_errors, Cursor(own.connection) as cursor:
        cursor.execute(statement, _typed(parameters), prepare=True)
        return cursor.fetchall()


class LastRow:
    """The row of a prepared statement that goes to the server together with the COMMIT: the transaction's last.

    So all locks are held for a round trip less. What `prepared_row` would raise is raised where the transaction ends.
    """

    def __init__(self, statement: str, parameters: Mapping[str, Any]) -> None:
        own = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
        own.validate_no_broken_transaction()
        self._cursor = Cursor(own.connection)
        typed = _typed(parameters)

        def say() -> None:
            with own.wrap_database_errors:
                self._cursor.execute(statement, typed, prepare=True)

        own.say_with_commit(say)

    def read(self) -> tuple[Any, ...]:
        """Return it, once, after the transaction."""
        with self._cursor as cursor:
            row: tuple[Any, ...] | None = cursor.fetchone()
        assert row is not None
        return row


def _typed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return them with one type for whole numbers: in the smallest each, every mix of types would be prepared again."""
    return {name: Int8(value) if type(value) is int else value for name, value in parameters.items()}


def after_commit(act: Callable[[], None]) -> None:
    """Call `act` when the current transaction has committed. Its exceptions are logged and ignored."""

    # A function of its own: Django logs a failure by the name of the function, which a partial has not.
    def run() -> None:
        act()

    transaction.on_commit(run, robust=True)


def retry_deadlocks(door: Callable[P, R]) -> Callable[P, R]:
    """Call the function again, `DEADLOCK_RETRIES` times at most, when the database ended it to break a deadlock.

    Raises MarketBusy when it still loses. Only for functions whose writes are whole transactions.
    """

    @wraps(door)
    def with_retries(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(settings.DEADLOCK_RETRIES + 1):
            try:
                return door(*args, **kwargs)
            except OperationalError as error:
                if not isinstance(error.__cause__, (pg.DeadlockDetected, pg.SerializationFailure)):
                    raise
                DEADLOCKS.inc()
                time.sleep(random.uniform(0, 0.01 * 2**attempt))
        raise MarketBusy

    return with_retries
