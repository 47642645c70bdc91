"""The database engine `core.database.postgres`, in the module that Django requires."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.db import DatabaseError, OperationalError
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property
from psycopg import errors as pg

from core.observability import database_disk

# A server that is there accepts or refuses a connection within milliseconds.
_SLOW_SECS = 1.0
# For so long nobody else waits for one that did not answer.
_LEFT_ALONE_SECS = 1.0

# Of the servers that did not answer, by address: until when they are left alone, in seconds of the monotonic clock.
_left_alone_until: dict[tuple[Any, Any], float] = {}


class ErrorWrapper(DatabaseErrorWrapper):
    """Django's error wrapper, which recognises an interrupted answer.

    A server that ends and a pooler in front of it may both send an end, and psycopg takes two answers to one command
    for a fault of ours: an InternalError that has no code, as no server sent it.

    A server without room to write is noted, so that it can be reported.
    """

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if isinstance(error, pg.DiskFull):
            database_disk.note_full()
        if isinstance(error, psycopg.InternalError) and error.sqlstate is None:
            self.wrapper.errors_occurred = True  # type: ignore[attr-defined]  # which the stubs leave out
            raise OperationalError(str(error)).with_traceback(traceback) from error
        super().__exit__(kind, error, traceback)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection with other checks for a dead kept connection, or a dead server."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a new connection. Raises OperationalError, at once where another request has just failed to reach the
        server.

        On a host that is cut off, each request would hold a thread for as long as that takes.
        """
        address, started = (conn_params.get("host"), conn_params.get("port")), time.monotonic()
        if address in _left_alone_until:
            if started < _left_alone_until[address]:
                raise psycopg.OperationalError("the server did not answer a moment ago")
            # This one looks; what it finds need not be waited for by the others.
            _left_alone_until[address] = started + _LEFT_ALONE_SECS
        try:
            connection = super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            if time.monotonic() - started >= _SLOW_SECS:
                _left_alone_until[address] = time.monotonic() + _LEFT_ALONE_SECS
            raise
        _left_alone_until.pop(address, None)
        return connection

    # Executes the last statement of the transaction under way.
    _last_words: Callable[[], None] | None = None

    def say_with_commit(self, say: Callable[[], None]) -> None:
        """Call `say`, which executes the transaction's last statement, when it commits: both are one round trip.

        At once where the transaction is part of another. When the statement fails there is no commit.
        """
        if self.savepoint_ids:
            say()
        else:
            self._last_words = say

    def _commit(self) -> None:
        say, self._last_words = self._last_words, None
        if say is None:
            super()._commit()  # type: ignore[misc]  # which the stubs leave out
            return
        with self.wrap_database_errors:
            _in_one_round_trip(self.connection, say)

    def _set_autocommit(self, autocommit: bool) -> None:
        # Begins and ends each transaction: one that was rolled back, or lost its connection, leaves the next nothing.
        self._last_words = None
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # which the stubs leave out

    @cached_property
    def wrap_database_errors(self) -> ErrorWrapper:
        """Return the context manager that turns the driver's errors into Django's."""
        return ErrorWrapper(self)

    def is_usable(self) -> bool:
        """Return whether the server still holds the connection, checked once for each request without a query.

        A server that ends, or ends the session, closes the socket, and that can be read from it. Between two
        requests nothing else is to be read. A network that forgets connections without a word is found by the next
        statement.
        """
        return self._is_silent() or super().is_usable()

    def _is_silent(self) -> bool:
        if self.connection is None:
            return False
        try:
            socket = self.connection.fileno()
        except psycopg.Error:  # closed on our side
            return False
        readable = select.poll()
        readable.register(socket, select.POLLIN)
        return not readable.poll(0)


def _in_one_round_trip(connection: psycopg.Connection[Any], say: Callable[[], None]) -> None:
    """Execute the last statement and the COMMIT together. Raises what the server refused the statement for.

    The refusal may arrive while the COMMIT is being sent. To the pipeline, which then ends with an aborted COMMIT, that
    is no second error to log.
    """
    refusal: Exception | None = None
    try:
        with connection.pipeline():
            try:
                say()
                connection.commit()
            except (psycopg.Error, DatabaseError) as error:
                refusal = error
    except psycopg.Error:
        if refusal is None:
            raise
    if refusal is not None:
        raise refusal
