"""The exchange's web server and its peer, on ports of their own, on the benchmark's database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from django.conf import settings
from honcho.environ import parse_procfile

from embedded.ports import free_port
from trading.land import land_accounts, parcels_owned

CHECKOUT = Path(__file__).resolve().parents[2]
WORKERS = 2
START_SECS = 30.0
STOP_SECS = 10.0
#: All requests come from one address, in seconds more than it may send in a minute. They are counted all the same.
UNLIMITED = {
    "RATE_LIMIT_ADDRESS": "1000000000/min",
    "RATE_LIMIT_PLAYER": "1000000000/min",
    "RATE_LIMIT_MONEY": "1000000000/min",
    "RATE_LIMIT_SIGN_IN": "1000000000/min",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port, and its first process."""

    port: int
    process: psutil.Process

    def cpu_secs(self) -> float:
        """Return the seconds of CPU time that the server's processes have used."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(times.user + times.system for times in (process.cpu_times() for process in family))


@contextmanager
def exchange_server() -> Iterator[Server]:
    """Start the web server as the Procfile does."""
    port = free_port()
    command: str = parse_procfile((CHECKOUT / "Procfile").read_text()).processes["web"]
    with _running(
        ["sh", "-c", command], port, {"WEB_PORT": str(port), "WEB_WORKERS": str(WORKERS), **UNLIMITED}
    ) as server:
        yield server


@contextmanager
def peer_server() -> Iterator[Server]:
    """Start the peer under uvicorn, with uvloop and httptools, and as many workers."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bench.peer.service:app", "--port", str(port)]
    command += ["--workers", str(WORKERS), "--loop", "uvloop", "--http", "httptools"]
    command += ["--no-access-log", "--log-level", "warning"]
    # What land is worth is asked for by queries of an app that the peer has not.
    land = {"LAND_PARCELS": parcels_owned(), "LAND_ACCOUNTS": land_accounts()}
    with _running(command, port, {"SECRET_KEY": settings.SECRET_KEY, **land}) as server:
        yield server


@contextmanager
def _running(command: list[str], port: int, variables: dict[str, str]) -> Iterator[Server]:
    # The Procfile's "python" is the one that runs this.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    server = subprocess.Popen(command, cwd=CHECKOUT, env=os.environ | {"PATH": path} | variables)
    try:
        _wait_for(server, port)
        yield Server(port, psutil.Process(server.pid))
    finally:
        server.terminate()
        try:
            server.wait(timeout=STOP_SECS)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the server on port {port} ended with {server.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port} after {START_SECS} s")
