"""Reads from a real standby of the tests' server: one that lags or dies is passed over, and nobody gets an error."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import connection, connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from core.database import replicas
from core.database.replicas import may_be_stale, stale_reads
from embedded.places import STATE_DIR, Folder, account_for, home_of, wait_until
from embedded.ports import free_port
from embedded.servers import ENVIRONMENT, last_line, postgres_bin
from tests.fixtures import WAIT_SECS

REPLICA = "replica_1"
LAG_MAX_SECS = 2.0
SETTINGS = (
    "fsync=off",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "restart_after_crash=off",
)


@dataclass(slots=True)
class Standby:
    """A running standby of the tests' server."""

    process: subprocess.Popen[bytes]
    port: int

    def ask(self, statement: str) -> Any:
        """Return the value of a statement, executed on a session of its own."""
        named = connection.settings_dict
        login = {"dbname": named["NAME"], "user": named["USER"], "password": named["PASSWORD"]}
        with psycopg.connect(host="127.0.0.1", port=self.port, autocommit=True, **login) as session:
            [value] = session.execute(statement).fetchone() or [None]
        return value

    def answers(self) -> bool:
        """Return whether it accepts sessions."""
        try:
            return bool(self.ask("SELECT true"))
        except psycopg.OperationalError:
            return False

    def kill(self) -> None:
        """Kill all of its processes at once."""
        if self.process.poll() is None:
            own = [*psutil.Process(self.process.pid).children(recursive=True), self.process]
            for process in own:
                # The server may have ended one of them since.
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        self.process.wait()


@pytest.fixture
def standby(transactional_db: None) -> Iterator[Standby]:
    """Start a standby that follows the tests' server."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('data_directory')")
        if not Path(cursor.fetchone()[0]).is_relative_to(home_of(STATE_DIR)):
            pytest.skip("the server that DATABASE_URL names is not ours to copy")
    # Not in a folder of pytest's own, which PostgreSQL's account may not enter.
    folder = Folder(home=home_of(STATE_DIR), name=f"standby-{os.getpid()}")
    try:
        with _running(folder) as standby:
            assert wait_until(standby.answers, within_secs=WAIT_SECS), last_line(folder.server_log)
            yield standby
    finally:
        shutil.rmtree(folder.path)


@pytest.fixture
def site(standby: Standby, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set up a site that knows the standby."""
    settings.DATABASE_ROUTERS = ["core.database.replicas.Router"]
    settings.REPLICA_LAG_MAX_SECS = LAG_MAX_SECS
    monkeypatch.setattr(replicas, "_LOOK_SECS", 0.05)
    monkeypatch.setattr(replicas, "_PASS_OVER_SECS", 0.05)
    # It says that its alias is the primary's, which alone a test may connect to.
    replica: Any = connection.copy()
    replica.settings_dict["PORT"] = standby.port
    connections.settings[REPLICA], connections[REPLICA] = replica.settings_dict, replica
    replicas.replicas.cache_clear()
    yield
    replica.close()
    del connections[REPLICA]
    del connections.settings[REPLICA]
    replicas.replicas.cache_clear()


@contextmanager
def _running(folder: Folder) -> Iterator[Standby]:
    primary, account = connection.settings_dict, account_for(folder.data)
    run_as: dict[str, Any] = {"cwd": folder.data, "umask": 0o077}
    folder.data.mkdir(mode=0o700)
    if account:
        os.chown(folder.data, account.uid, account.gid)
        run_as |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    copy = [postgres_bin(folder) / "pg_basebackup", "-D", folder.data, "-c", "fast", "--write-recovery-conf"]
    copy += ["--no-sync", "-h", primary["HOST"], "-p", str(primary["PORT"]), "-U", primary["USER"]]
    subprocess.run(copy, check=True, env=ENVIRONMENT | {"PGPASSWORD": primary["PASSWORD"]}, **run_as)
    port = free_port()
    command = [postgres_bin(folder) / "postgres", "-D", folder.data, "-p", str(port)]
    for setting in SETTINGS:
        command += ["-c", setting]
    with folder.server_log.open("wb") as log:
        server = subprocess.Popen(command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **run_as)
    standby = Standby(server, port)
    try:
        yield standby
    finally:
        standby.kill()


def read(value: str) -> list[str]:
    """Return the values that a request reads where they may be stale."""
    given: list[list[str]] = []

    def view(request: HttpRequest) -> HttpResponse:
        given.append(may_be_stale(lambda: list(Group.objects.values_list(value, flat=True)))())
        return HttpResponse()

    stale_reads(view)(RequestFactory().get("/"))
    return given[0]


def asks_the_standby() -> bool:
    """Return whether a read asks the standby now, on a primary with recent writes."""
    # In one transaction: a standby that is stopped between the two would show the row.
    with transaction.atomic():
        Group.objects.create(name=f"work {time.monotonic()}").delete()
    chosen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        chosen.append(may_be_stale(replicas.reads_from)())
        return HttpResponse()

    stale_reads(view)(RequestFactory().get("/"))
    return chosen == [REPLICA]


def test_one_that_lags_or_dies_is_passed_over(standby: Standby, site: None) -> None:
    Group.objects.create(name="first")
    assert wait_until(asks_the_standby, within_secs=WAIT_SECS)
    assert wait_until(lambda: read("name") == ["first"], within_secs=WAIT_SECS)

    standby.ask("SELECT pg_wal_replay_pause()")
    assert wait_until(lambda: standby.ask("SELECT pg_get_wal_replay_pause_state()") == "paused", within_secs=WAIT_SECS)
    Group.objects.create(name="second")
    changed_at_secs = time.monotonic()
    # What was written so lately may be missing ...
    assert read("name") in (["first"], ["first", "second"])
    assert wait_until(lambda: read("name") == ["first", "second"], within_secs=WAIT_SECS)
    # ... and not for longer than was promised.
    assert time.monotonic() - changed_at_secs < LAG_MAX_SECS + WAIT_SECS / 2
    assert not asks_the_standby()

    standby.ask("SELECT pg_wal_replay_resume()")
    assert wait_until(asks_the_standby, within_secs=WAIT_SECS)
    standby.kill()
    assert read("name") == ["first", "second"]
    assert not asks_the_standby()
