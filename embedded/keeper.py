"""The keeper process of one embedded server: it starts it, announces it, and stops it when its last user has gone.

Started by a lease as `python -m embedded.keeper NAME HOME`. It ends when the server is killed, when nobody
holds a lease any more, when the last user has taken the address back, or on SIGTERM; and leaves nothing of the
server behind. A server that has given up by itself, as on a full disk, is started again.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from core.file_locks import open_lock, try_lock
from embedded.places import Address, Folder, ServiceUnavailable, wait_until
from embedded.ports import free_port
from embedded.servers import SERVERS, Server, end_strays, last_line, stop

ATTEMPTS = 5
READY_SECS = 100.0
POLL_SECS = 0.1
AGAIN_SECS = 1.0


def main(name: str, home: str) -> None:
    """Keep the server until it is not needed. Exits with one line that tells why it could not be started."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(0))
    server, folder = SERVERS[name], Folder(home=Path(home), name=name)
    # Never closed, so that it is held to the very end of the process.
    lock = os.open(folder.keeper_lock, os.O_RDWR | os.O_CREAT, 0o600)
    # Somebody may be looking whether it is held; a second keeper there is not, as leases come in one at a time.
    if not wait_until(lambda: try_lock(lock, fcntl.LOCK_EX), within_secs=5):
        sys.exit("another keeper is in the way")
    try:
        _keep(server, folder)
    except (ServiceUnavailable, OSError) as error:
        sys.exit(str(error))


def _keep(server: Server, folder: Folder) -> None:
    end_strays(folder)
    server.prepare(folder)
    try:
        process, port = _start(server, folder)
        try:
            folder.announce(Address(url=server.url(folder, port), keeper=secrets.token_hex(8)))
            with open_lock(folder.users_lock) as users:
                while folder.announced() and not try_lock(users, fcntl.LOCK_EX):
                    if process.poll() is not None:
                        if process.returncode < 0:
                            break  # somebody has killed it
                        process = _start_again(server, folder, port)
                    time.sleep(POLL_SECS)
                # Before the lock is let go: who comes now finds no address, and waits for the next keeper.
                folder.take_back()
        finally:
            folder.take_back()
            stop(process, server.stop_signals)
    finally:
        end_strays(folder)


def _start(server: Server, folder: Folder) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(ATTEMPTS):
        port = free_port()
        process = server.start(folder, port)
        wait_until(partial(_is_settled, server, folder, process, port), within_secs=READY_SECS)
        if process.poll() is None:
            return process, port
        if "in use" not in folder.server_log.read_text(errors="replace"):
            break  # else another program took the port in between
    raise ServiceUnavailable(last_line(folder.server_log))


def _start_again(server: Server, folder: Folder, port: int) -> subprocess.Popen[bytes]:
    """Start a server that has given up, as PostgreSQL does on a full disk, at the same address, until it stays."""
    end_strays(folder)
    process = server.start(folder, port)
    if not wait_until(partial(_is_settled, server, folder, process, port), within_secs=READY_SECS):
        stop(process, server.stop_signals)
    time.sleep(AGAIN_SECS)
    return process


def _is_settled(server: Server, folder: Folder, process: subprocess.Popen[bytes], port: int) -> bool:
    return process.poll() is not None or server.answers(folder, port)


if __name__ == "__main__":
    os.umask(0o077)
    main(*sys.argv[1:])
