"""The command of `make run`: it runs the whole exchange, and leaves nothing of it behind.

This process starts the embedded services, prepares the database and starts `embedded.processes`. Then it watches: on
Ctrl-C, SIGTERM or SIGHUP, or when any process of the exchange has died, it ends all of them.
"""

from __future__ import annotations

import errno
import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psutil

from embedded.lease import Lease
from embedded.places import CHECKOUT, STATE_DIR, ServiceUnavailable, home_of, make_passable, wait_until
from embedded.processes import commands
from embedded.services import embedded_services, secret_key

# In the environment of every process of this run, so that none is overlooked at the end, whoever its parent is by then.
MARK = "BIOME_EXCHANGE_RUN"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_SECS = 0.25
LEAST_FREE_BYTES = 16 * 1024 * 1024
READY_POLL_SECS = 1.0  # each refusal is a line in the log
START_SECS = 2.0
# honcho kills what has not ended after 5 s.
GENTLE_STOP_SECS = 6.5
KILL_SECS = 3.0


class Refusal(Exception):
    """Raised when the exchange cannot be started. The message is one line for the user."""


class Stopped(BaseException):
    """Raised when a signal asked the exchange to stop."""


def main() -> int:
    """Run the exchange until it is stopped. Returns the exit code: 0 when asked to stop, 1 otherwise."""
    for number in STOP_SIGNALS:  # set even where a script's `make run &` has them ignored
        signal.signal(number, _raise_stopped)
    try:
        web_port, stream_port = _free_port("WEB_PORT", "8000"), _free_port("STREAM_PORT", "8001")
        if web_port == stream_port:
            raise Refusal("WEB_PORT and STREAM_PORT must differ.")
        _refuse_full_disk()
        _check_named_services()
        is_embedded = not os.environ.get("DATABASE_URL")
        with embedded_services() as leases:
            _complete_environment(web_port=web_port, stream_port=stream_port, is_embedded=is_embedded)
            sign_in = _prepare_database(leases)
            death = _run_processes(leases, _welcome(web_port, stream_port, sign_in))
    except (Refusal, ServiceUnavailable) as error:
        return _complain(str(error))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return _complain(f"The disk of {STATE_DIR} is full. Make room, and start again.")
    except Stopped:
        return 0
    return _complain(death)


def _raise_stopped(signum: int, frame: FrameType | None) -> NoReturn:
    _ignore_stop_signals()
    raise Stopped


def _ignore_stop_signals() -> None:
    """Ignore further stop signals, so that the end is not cut short."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _complain(line: str) -> int:
    sys.stderr.write(f"{line}\n")
    return 1


# --- Before anything is started --------------------------------------------------------------------------------------


def _free_port(variable: str, default: str) -> int:
    value = os.environ.get(variable) or default
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise Refusal(f"{variable} must be a port number, not {value!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # an earlier run's closed connections do not count
        try:
            probe.bind(("127.0.0.1", int(value)))
        except OSError as error:
            other = f"choose another one: make run {variable}={int(value) + 10}"
            raise Refusal(f"Port {value} cannot be used ({error.strerror}): stop what uses it, or {other}") from None
    return int(value)


def _refuse_full_disk() -> None:
    there = next(folder for folder in (STATE_DIR, *STATE_DIR.parents) if folder.exists())
    free, least = shutil.disk_usage(there).free, int(os.environ.get("DISK_FULL_BYTES") or LEAST_FREE_BYTES)
    if free < least:
        told = f"{free / 1e6:.1f} MB are free, {least / 1e6:.0f} MB are the least"
        raise Refusal(f"The disk of {STATE_DIR} is full: {told}. Make room, and start again.")


def _check_named_services() -> None:
    if url := os.environ.get("DATABASE_URL"):
        import environ
        import psycopg

        if url.partition("://")[0] not in ("postgres", "postgresql", "psql", "pgsql"):
            raise Refusal("DATABASE_URL is no address of a database: postgres://user:password@host:port/name is.")
        try:
            named = environ.Env.db_url_config(url)
            login = {"host": named["HOST"], "port": named["PORT"], "user": named["USER"], "password": named["PASSWORD"]}
            psycopg.connect(dbname=named["NAME"], connect_timeout=5, **login).close()
        except (psycopg.Error, ValueError) as error:
            raise Refusal(f"The database that DATABASE_URL names cannot be reached: {_one_line(error)}") from None
    if url := os.environ.get("REDIS_URL"):
        import redis

        try:
            with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
                client.ping()
        except (redis.RedisError, ValueError) as error:
            raise Refusal(f"The Redis that REDIS_URL names cannot be reached: {_one_line(error)}") from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


# --- Starting --------------------------------------------------------------------------------------------------------


def _complete_environment(*, web_port: int, stream_port: int, is_embedded: bool) -> None:
    """Set the variables that the settings read, unless the user has set them.

    Simulated money and players only on our own database.
    """
    make_passable(STATE_DIR)
    defaults = {
        "SECRET_KEY": secret_key(),
        "STREAM_URL": f"ws://127.0.0.1:{stream_port}",
        "CROWD_ENABLED": "1" if is_embedded else "0",
        "STARTING_GRANT_BDT": "1000" if is_embedded else "0",
        "STATIC_HASHED": "1",
        # Its own data's disk is watched as well.
        "DISK_PATHS": f"/,{STATE_DIR},{home_of(STATE_DIR)}" if is_embedded else f"/,{STATE_DIR}",
        "METRICS_ADDRESSES": "127.0.0.1,::1",
        "LOG_LEVEL": "WARNING",
        # For developers, not for those who watch: Celery's on running as root, WhiteNoise's on static files.
        "PYTHONWARNINGS": "ignore",
    }
    for variable, value in defaults.items():
        os.environ.setdefault(variable, value)
    os.environ |= {
        "WEB_PORT": str(web_port),
        "STREAM_PORT": str(stream_port),
        MARK: secrets.token_hex(8),
        "PROMETHEUS_MULTIPROC_DIR": str(_empty_folder(STATE_DIR / "metrics")),
        # The Procfile says `python`: it means this one.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
    }


def _empty_folder(folder: Path) -> Path:
    """Return an empty folder for the metrics of all processes of this run."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _prepare_database(leases: list[Lease]) -> str:
    """Migrate, open the markets, make an administrator. Returns instructions for signing in."""
    command = [sys.executable, "manage.py", "prepare", "--administrator", str(STATE_DIR / "admin-password")]
    embedded = next((lease for lease in leases if lease.name == "postgres"), None)
    with embedded.first_time() if embedded else nullcontext():
        # A process of its own, so that this one stays small; in a session of its own, so that Ctrl-C stops us first.
        done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    if done.returncode != 0:
        raise Refusal("The database could not be prepared; see the error above.")
    return done.stdout.strip()


def _welcome(web_port: int, stream_port: int, sign_in: str) -> str:
    site = f"http://127.0.0.1:{web_port}"
    return (
        f"\n  The Biome Exchange is open.\n\n"
        f"  Site      {site}/\n"
        f"  API       {site}/api/docs/\n"
        f"  Streams   ws://127.0.0.1:{stream_port}/\n"
        f"  Admin     {site}/admin/   sign in: {sign_in}\n\n"
        f"  Ctrl-C stops it; the data stays in {STATE_DIR}\n\n"
    )


# --- Running and ending ----------------------------------------------------------------------------------------------


def _run_processes(leases: list[Lease], welcome: str) -> str:
    """Run until a process dies, and return its name; the others have ended then. Raises Stopped, after the same end."""
    has_crowd = os.environ["CROWD_ENABLED"].lower() in ("1", "true", "yes", "on")
    arguments = [str(os.getpid()), *(["--crowd"] if has_crowd else [])]
    # Handing over the leases keeps the services up until the last process has ended, should this one be killed.
    manager = subprocess.Popen(
        [sys.executable, "-m", "embedded.processes", *arguments],
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=[lease.fileno() for lease in leases],
    )
    started, expected = time.monotonic(), 2 * len(commands(with_crowd=has_crowd))
    try:
        threading.Thread(target=_announce, args=(int(os.environ["WEB_PORT"]), welcome), daemon=True).start()
        return _first_death(manager, leases, expected=expected)
    finally:
        _ignore_stop_signals()
        # While it starts them, honcho cannot end its processes.
        if time.monotonic() < started + START_SECS:
            wait_until(lambda: manager.poll() is not None or len(_vital_processes(manager)) == expected, within_secs=2)
        _end_all(manager)


def _announce(web_port: int, welcome: str) -> None:
    while not _is_ready(web_port):
        time.sleep(READY_POLL_SECS)
    sys.stdout.write(welcome)
    sys.stdout.flush()


def _is_ready(web_port: int) -> bool:
    site = http.client.HTTPConnection("127.0.0.1", web_port, timeout=5)
    try:
        site.request("GET", "/readyz")
        return site.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        site.close()


def _first_death(manager: subprocess.Popen[bytes], leases: list[Lease], *, expected: int) -> str:
    """Wait until any process is gone: honcho's manager and its processes, ours below them, the embedded servers."""
    parent_pid = os.getppid()
    known: dict[psutil.Process, str] = {}
    while True:
        if os.getppid() != parent_pid and "MAKELEVEL" in os.environ:
            return "make has died, so everything was stopped."
        if manager.poll() is not None:
            return "A process has ended, so all have: the lines above say which."
        for lease in leases:
            if not lease.is_alive:
                return f"The embedded {lease.name} has died, so everything was stopped."
        if len(known) < expected:
            known |= _vital_processes(manager)
        for process, name in known.items():
            if not _is_running(process):
                return f"{name} (process {process.pid}) has ended, so all have. If another ended first, it is above."
        time.sleep(POLL_SECS)


def _vital_processes(manager: subprocess.Popen[bytes]) -> dict[psutil.Process, str]:
    """Return honcho's process for each of ours, and ours; not their children, for which they are responsible."""
    vital = {}
    with _ignoring_the_dead():
        for reader in psutil.Process(manager.pid).children():
            for ours in reader.children():
                vital[ours] = " ".join(ours.cmdline()[1:4])
                vital[reader] = f"honcho's, for {ours.pid}"
    return vital


def _is_running(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _end_all(manager: subprocess.Popen[bytes]) -> None:
    """End the processes of this run, gently first, and return when none is left."""
    if manager.poll() is None:
        manager.terminate()
    else:
        _signal_marked(signal.SIGTERM, manager)
    deadline = time.monotonic() + GENTLE_STOP_SECS
    while time.monotonic() < deadline and _marked_processes(manager):
        time.sleep(POLL_SECS)
    deadline = time.monotonic() + KILL_SECS
    while time.monotonic() < deadline and _signal_marked(signal.SIGKILL, manager):
        time.sleep(POLL_SECS)
    # honcho waits for ever for a process whose reader was killed.
    manager.kill()
    manager.wait()


def _signal_marked(number: signal.Signals, manager: subprocess.Popen[bytes]) -> bool:
    marked = _marked_processes(manager)
    for process in marked:
        with _ignoring_the_dead():
            process.send_signal(number)
    return bool(marked)


def _marked_processes(manager: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Return every living process of this run, but for this one and honcho's manager."""
    mark, marked = os.environ[MARK], []
    for process in psutil.process_iter():
        with _ignoring_the_dead():
            if process.pid not in (os.getpid(), manager.pid) and process.environ().get(MARK) == mark:
                marked.append(process)
    return [process for process in marked if _is_running(process)]


@contextmanager
def _ignoring_the_dead() -> Iterator[None]:
    try:
        yield
    except (psutil.Error, OSError):
        return


if __name__ == "__main__":
    sys.exit(main())
