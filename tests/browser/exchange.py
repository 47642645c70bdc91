"""A whole exchange for browsers to visit: all processes of `make run`, on free ports and a database of their own.

Users know the exchange as players do, by its pages and its API; nothing here imports the site.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn
from urllib.parse import urlsplit, urlunsplit

import httpx
import psutil
import psycopg
import redis

from embedded.places import CHECKOUT, wait_until
from embedded.ports import free_port
from embedded.processes import commands
from embedded.services import embedded_services

START_SECS = 120.0
STOP_SECS = 10.0

#: What differs from `make run`: so that a short visit sees all of it, and is not taken for a flood.
HURRY = {
    "STARTING_GRANT_BDT": "1000",
    "CANDLE_UPDATE_SECS": "1",
    "STANDINGS_SECS": "2",
    "WORTH_SNAPSHOT_SECS": "5",
    "RATE_LIMIT_PLAYER": "100000/min",
    "RATE_LIMIT_GUEST": "100000/min",
    "RATE_LIMIT_ADDRESS": "100000/min",
    "RATE_LIMIT_MONEY": "100000/min",
    "RATE_LIMIT_SIGN_IN": "100000/min",
    "RATE_LIMIT_REGISTER": "100000/min",
}


class Exchange:
    """A running exchange. Its servers can be stopped and started again on the same ports."""

    def __init__(self, environment: Mapping[str, str], log: IO[bytes]) -> None:
        self._ports = {"web": free_port(), "streams": free_port()}
        self._environment = {
            **environment,
            "WEB_PORT": str(self._ports["web"]),
            "STREAM_PORT": str(self._ports["streams"]),
            "STREAM_URL": f"ws://127.0.0.1:{self._ports['streams']}",
        }
        self._log = log
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Return the site's address, without a slash at the end."""
        return f"http://127.0.0.1:{self._ports['web']}"

    @property
    def said(self) -> str:
        """Return the output of the processes so far."""
        return Path(self._log.name).read_text(errors="replace")

    def open(self) -> None:
        """Start all processes, and return when cycles run and players can come."""
        for name in commands(with_crowd=True):
            self._start(name)
        if not wait_until(self._is_open, within_secs=START_SECS):
            raise RuntimeError(f"the exchange is not open after {START_SECS} s; it said:\n{self.said}")

    def close(self) -> None:
        """End all processes."""
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self._processes.values():
            _wait_for_end(process)

    def stop(self, name: str) -> None:
        """End one of the processes, by its name in the Procfile, as a planned stop does."""
        process = self._processes.pop(name)
        process.terminate()
        _wait_for_end(process)

    def kill(self, name: str) -> None:
        """Kill one of the processes, as a crash does."""
        _kill(self._processes.pop(name))

    def end_auction(self, listing_id: int) -> None:
        """Set a listing's end to a moment ago: the first one to read it settles it."""
        end_auction(self._environment["DATABASE_URL"], listing_id)

    def make_administrator(self, name: str, password: str) -> None:
        """Create an administrator with all permissions."""
        make_administrator(self._environment, name, password)

    def forget_events(self) -> None:
        """Delete the log of events, as in a Redis that was emptied: no client can be told what it missed."""
        forget_events(self._environment)

    def freeze(self, name: str) -> None:
        """Freeze one of the processes, until `thaw`."""
        self._processes[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Continue a frozen process."""
        self._processes[name].send_signal(signal.SIGCONT)

    def start(self, name: str) -> None:
        """Start a server that was stopped, and return when it answers."""
        self._start(name)
        if not wait_until(lambda: self._answers(name), within_secs=START_SECS):
            raise RuntimeError(f"{name} does not answer after {START_SECS} s; it said:\n{self.said}")

    def _start(self, name: str) -> None:
        # The Procfile's commands are a shell's, and begin with `exec`: the process is the server itself.
        command = ["sh", "-c", commands(with_crowd=True)[name]]
        self._processes[name] = subprocess.Popen(
            command, cwd=CHECKOUT, env=self._environment, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )

    def _is_open(self) -> bool:
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise RuntimeError(f"{name} has ended with {process.returncode}; it said:\n{self.said}")
        return self._answers("streams") and self._is_ready()

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def _answers(self, name: str) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._ports[name])) == 0


@contextmanager
def exchange_at(url: str | None) -> Iterator[str]:
    """Give the address of the exchange that runs at `url`, or of a new one for the block."""
    if url is not None:
        yield url
        return
    with running_exchange() as exchange:
        yield exchange.url


@contextmanager
def running_exchange(**variables: str) -> Iterator[Exchange]:
    """Run an exchange with a simulated crowd and these environment variables, and remove all of it in the end.

    Only for a program's main thread: SIGTERM is Ctrl-C meanwhile.
    """
    with ExitStack() as things:
        things.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, _interrupt))
        things.enter_context(embedded_services())
        log = things.enter_context(tempfile.NamedTemporaryFile(prefix="exchange-", suffix=".log"))
        name = f"browser_{secrets.token_hex(6)}"
        environment = {
            **os.environ,
            **HURRY,
            "DATABASE_URL": things.enter_context(_new_database(name)),
            "REDIS_PREFIX": name,
            "SECRET_KEY": secrets.token_urlsafe(24),
            "CROWD_ENABLED": "1",
            "STATIC_HASHED": "1",
            "LOG_LEVEL": "WARNING",
            "PYTHONWARNINGS": "ignore",
            # The Procfile's `python` is the one that runs this.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            **variables,
        }
        subprocess.run([sys.executable, "manage.py", "prepare"], cwd=CHECKOUT, env=environment, check=True)
        exchange = Exchange(environment, log)
        things.callback(exchange.close)
        exchange.open()
        yield exchange


def end_auction(database_url: str, listing_id: int) -> None:
    """Set a listing's end to a moment ago."""
    with psycopg.connect(database_url, autocommit=True) as session:
        session.execute(
            "UPDATE marketplace_listing SET opened_at = opened_at - interval '30 days',"
            " ends_at = clock_timestamp(), latest_end_at = clock_timestamp() WHERE id = %s",
            [listing_id],
        )


def forget_events(environment: Mapping[str, str]) -> None:
    """Delete the log of events, as in a Redis that was emptied."""
    prefix = environment.get("REDIS_PREFIX") or "biome-exchange"
    with redis.Redis.from_url(environment["REDIS_URL"]) as client:
        client.delete(*client.keys(f"{prefix}:live:*"))


def make_administrator(environment: Mapping[str, str], name: str, password: str) -> None:
    """Create an administrator with all permissions."""
    command = [sys.executable, "manage.py", "createsuperuser", "--noinput", "--username", name]
    subprocess.run(
        [*command, "--email", f"{name}@example.com"],
        cwd=CHECKOUT,
        env={**environment, "DJANGO_SUPERUSER_PASSWORD": password},
        check=True,
        capture_output=True,
    )


def _interrupt(signum: int, frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: the end must not be cut short
    raise KeyboardInterrupt


@contextmanager
def _new_database(name: str) -> Iterator[str]:
    """Create a database on the server that DATABASE_URL names, and yield its address."""
    server_url = os.environ["DATABASE_URL"]
    _on_server(server_url, f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        _on_server(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')


def _on_server(url: str, statement: str) -> None:
    maintenance = urlunsplit(urlsplit(url)._replace(path="/postgres"))
    with psycopg.connect(maintenance, autocommit=True) as session:
        session.execute(statement)


def _wait_for_end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(STOP_SECS)
    except subprocess.TimeoutExpired:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    first = psutil.Process(process.pid)
    # Its workers too: they would go on without it.
    family = [first, *first.children(recursive=True)]
    for member in family:
        member.kill()
    process.wait()
    psutil.wait_procs(family, timeout=STOP_SECS)
