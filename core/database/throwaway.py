"""A database that lasts as long as a block of code, on the server of the default one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from uuid import uuid4

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

# What ends a command: Ctrl-C, `kill`, and a terminal that closes.
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class ThrowawayDatabase:
    """A throwaway database, with the signal that asked the command to end meanwhile, if any."""

    name: str
    ended_by: int | None = None

    def leave_if_ended(self) -> None:
        """Raise SystemExit, with the shell's exit code, when a signal to end has come. Call it often."""
        if self.ended_by is not None:
            raise SystemExit(128 + self.ended_by)


@contextmanager
def throwaway_database(*, purpose: str, template: str | None = None) -> Iterator[ThrowawayDatabase]:
    """Make a new, migrated database the default one of this thread, and drop it in the end, however the end comes.

    A copy of `template`, if given: a migrated database that nobody is connected to. It is called `purpose` (a word)
    with a random part, so that several can run at once. Only for a command's main thread: SIGINT, SIGTERM and SIGHUP
    are noted inside the block, which asks `leave_if_ended` between its steps. Raises django.db.DatabaseError when the
    server cannot be reached or does not let us create a database.
    """
    database = ThrowawayDatabase(f"{purpose}_{uuid4().hex}")
    with _endings_noted(database):
        try:
            # From template0, which nobody can be connected to: a template in use cannot be copied.
            on_server(f'CREATE DATABASE "{database.name}" TEMPLATE "{template or "template0"}"')
            # What will be thrown away need not outlive a crash of the server.
            on_server(f'ALTER DATABASE "{database.name}" SET synchronous_commit = off')
            with _default_connection_to(database.name):
                if template is None:
                    call_command("migrate", verbosity=0, interactive=False)
                database.leave_if_ended()
                yield database
        finally:
            on_server(f'DROP DATABASE IF EXISTS "{database.name}" WITH (FORCE)')


@contextmanager
def _endings_noted(database: ThrowawayDatabase) -> Iterator[None]:
    def note(signum: int, frame: FrameType | None) -> None:
        # Raising here would be lost where Python happens to run a finalizer, and the command would go on.
        database.ended_by = signum

    before = {ending: signal.signal(ending, note) for ending in _ENDINGS}
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, handler)


@contextmanager
def _default_connection_to(name: str) -> Iterator[None]:
    usual = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = _connection_to(name)
    try:
        yield
    finally:
        connection.close()
        connections[DEFAULT_DB_ALIAS] = usual


def _connection_to(name: str) -> BaseDatabaseWrapper:
    copy = connections[DEFAULT_DB_ALIAS].copy()
    copy.settings_dict["NAME"] = name
    return copy


def on_server(statement: str) -> None:
    """Let the server of the default database carry out a statement outside any transaction, such as CREATE DATABASE.

    On a connection of its own to the maintenance database: the usual one may be in a transaction, or not exist yet.
    """
    maintenance = _connection_to("postgres")
    try:
        with maintenance.cursor() as cursor:
            cursor.execute(statement)
    finally:
        maintenance.close()
