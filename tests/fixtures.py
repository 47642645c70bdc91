"""Fixtures that the tests of several apps share: a fixed cast, and rivals in threads of their own.

A pytest plugin: pytest imports it before Django is set up, so nothing of the site is imported at the top.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from importlib import import_module
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

# Every run tries something new and remembers nothing; a slow machine is no failure.
hypothesis.settings.register_profile("exchange", database=None, deadline=None)
hypothesis.settings.load_profile("exchange")

#: No test waits longer than this for anything: far above what a step takes, and above the lock timeout.
WAIT_SECS = 10.0

Action = Callable[[], Any]
StartThread = Callable[[Action], Future[Any]]
RunTogether = Callable[[Sequence[Action]], list[Any]]
Interpose = Callable[[str, Action], None]
UntilBlocked = Callable[..., None]
AssertMaxQueries = Callable[[int], AbstractContextManager[None]]


def at_this_load(secs: float) -> float:
    """Return for how many seconds to wait for what takes so many on a machine of one's own: longer beside others."""
    return secs * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@pytest.fixture
def now() -> datetime:
    """Return the time at which every test's story begins."""
    return datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def markets(db: None, now: datetime) -> None:
    """Open the seven markets: 1,000,000 shares each at 100 BDT."""
    from markets.economic_settings import settings_version
    from markets.management.opening import open_markets

    settings_version.cache_clear()
    open_markets(now=now)


@pytest.fixture
def alice(db: None) -> User:
    """Create a player who cannot sign in with a password."""
    return _player("alice")


@pytest.fixture
def bob(db: None) -> User:
    """Create another player."""
    return _player("bob")


@pytest.fixture
def root(db: None) -> User:
    """Create a superuser."""
    from accounts.models import User

    return User.objects.create_superuser("root", "root@example.com")


@pytest.fixture
def administrator(client: Client, root: User) -> Client:
    """Return the browser of a superuser."""
    client.force_login(root)
    return client


@pytest.fixture
def clerk(client: Client, db: None) -> Client:
    """Return the browser of staff who may view everything and change nothing."""
    from django.contrib.auth.models import Permission

    from accounts.models import User

    clerk = User.objects.create_user("clerk", "clerk@example.com", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(clerk)
    return client


@pytest.fixture
def in_thread(transactional_db: None) -> Iterator[StartThread]:
    """Return a function that starts an action in a thread with a database connection of its own.

    The test ends only after its threads did.
    """
    futures: list[Future[Any]] = []

    def start(action: Action) -> Future[Any]:
        futures.append(_started(action))
        return futures[-1]

    yield start
    for future in futures:
        future.exception(timeout=WAIT_SECS)


@pytest.fixture
def run_together(in_thread: StartThread) -> RunTogether:
    """Return a function that runs actions at once, each in a thread of its own, and returns their results in order.

    A refusal (a DomainError, a ValidationError or an error of the database) is a result like any other; anything
    else that an action raises, such as a failed assertion, is raised.
    """
    from django.core.exceptions import ValidationError
    from django.db import Error

    from core.errors import DomainError

    def run(actions: Sequence[Action]) -> list[Any]:
        barrier = Barrier(len(actions), timeout=WAIT_SECS)
        futures = [in_thread(_after_waiting(barrier, action)) for action in actions]
        return [result_of(future) for future in futures]

    def result_of(future: Future[Any]) -> Any:
        try:
            return future.result(timeout=WAIT_SECS)
        except (DomainError, ValidationError, Error) as refusal:
            return refusal

    return run


@pytest.fixture
def run_before(monkeypatch: pytest.MonkeyPatch) -> Interpose:
    """Return a function that runs an action once, just before the function at a dotted path: a rival at an exact
    point.
    """
    return lambda path, action: _interpose(monkeypatch, path, before=action)


@pytest.fixture
def run_after(monkeypatch: pytest.MonkeyPatch) -> Interpose:
    """Return a function that runs an action once, just after the function at a dotted path returned."""
    return lambda path, action: _interpose(monkeypatch, path, after=action)


@pytest.fixture
def until_blocked(transactional_db: None) -> UntilBlocked:
    """Return a function that waits until one other connection of this database, or a number of them, waits for a
    lock.
    """
    return _wait_until_blocked


@pytest.fixture
def assert_max_queries(db: None, monkeypatch: pytest.MonkeyPatch) -> AssertMaxQueries:
    """Return a context manager that limits the statements of its block: Django's, and the prepared ones it does not
    know.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from psycopg import Cursor

    prepared: list[str] = []

    class Counting(Cursor[Any]):
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            prepared.append(str(query))
            return super().execute(query, *args, **kwargs)

    @contextmanager
    def count(most: int) -> Iterator[None]:
        prepared.clear()
        with CaptureQueriesContext(connection) as captured:
            yield
        sent = [query["sql"] for query in captured] + prepared
        assert len(sent) <= most, "\n\n".join(sent)

    monkeypatch.setattr("core.database.transactions.Cursor", Counting)
    return count


def _player(name: str) -> User:
    from accounts.models import User

    return User.objects.create_user(name, f"{name}@example.com")


def _started(action: Action) -> Future[Any]:
    from django.db import connections

    future: Future[Any] = Future()

    def run() -> None:
        try:
            try:
                result = action()
            finally:
                connections.close_all()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    # A daemon: should a test give up on it, pytest can still end.
    Thread(target=run, daemon=True).start()
    return future


def _after_waiting(barrier: Barrier, action: Action) -> Action:
    def run() -> Any:
        from django.db import connection

        connection.ensure_connection()
        barrier.wait()
        return action()

    return run


def _interpose(
    monkeypatch: pytest.MonkeyPatch, path: str, *, before: Action | None = None, after: Action | None = None
) -> None:
    module, name = path.rsplit(".", 1)
    original = getattr(import_module(module), name)

    def step(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(path, original)
        if before is not None:
            before()
        result = original(*args, **kwargs)
        if after is not None:
            after()
        return result

    monkeypatch.setattr(path, step)


def _wait_until_blocked(connections: int = 1) -> None:
    from django.db import connection

    deadline = time.monotonic() + WAIT_SECS
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            # Within a transaction, PostgreSQL would show the first answer again and again.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE NOT granted AND datname = current_database()"
            )
            if cursor.fetchone()[0] >= connections:
                return
    raise TimeoutError(f"not {connections} connections wait for a lock after {WAIT_SECS} s")
