"""One process of a service, and what it starts in its turn."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from embedded.places import Account

HEALTH_SECS = 10.0
HEALTH_POLL_SECS = 0.5


class Replica:
    """Runs from its making until it ends or is ended."""

    def __init__(
        self,
        *,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        cwd: Path,
        log_folder: Path,
        account: Account | None,
        port: int | None,
        health: Sequence[str] | None,
        stop_signal: signal.Signals,
        stop_secs: float,
    ) -> None:
        self.name = name
        self.port = port
        self.log = log_folder / f"{name}.log"
        self._environment = dict(environment)
        self._cwd = cwd
        self._health = health
        self._asked_at = 0.0
        self._stop_signal = stop_signal
        self._stop_secs = stop_secs
        with self.log.open("ab") as log:
            if account:
                os.chown(self.log, account.uid, account.gid)
            self.process = subprocess.Popen(
                # Should whoever started it be killed, it ends too.
                ["setpriv", "--pdeathsig", "TERM", *command],
                cwd=cwd,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the one who started all, and ends them in order.
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )

    @property
    def said(self) -> str:
        """What it has written so far."""
        return self.log.read_text(errors="replace")

    def is_healthy(self) -> bool:
        """Ask its health check, which may be a process: not more often than twice a second.

        Raises RuntimeError when it has ended.
        """
        if (code := self.process.poll()) is not None:
            raise RuntimeError(f"{self.name} has ended with {code}; it said:\n{self.said}")
        if self.port and not _answers(self.port):
            return False
        if self._health is None:
            return True
        if time.monotonic() < self._asked_at + HEALTH_POLL_SECS:
            return False
        self._asked_at = time.monotonic()
        return self._says_health(self._health)

    def _says_health(self, command: Sequence[str]) -> bool:
        try:
            done = subprocess.run(
                list(command), cwd=self._cwd, env=self._environment, capture_output=True, timeout=HEALTH_SECS
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0

    def wait(self) -> int:
        """Its exit code, when it has ended by itself."""
        return self.process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process and all below it."""
        for member in self._family():
            with suppress(psutil.NoSuchProcess):
                member.send_signal(number)

    def signal_stop(self) -> None:
        """Ask it to end. To be followed by `wait_for_stop`."""
        self._below = self._family()
        if self.process.poll() is None:
            self.process.send_signal(self._stop_signal)

    def wait_for_stop(self) -> None:
        """Wait for its end, which is forced after the compose file's time."""
        try:
            self.process.wait(self._stop_secs)
        except subprocess.TimeoutExpired:
            self.kill()
        for member in self._below:
            with suppress(psutil.NoSuchProcess):
                member.kill()

    def kill(self) -> None:
        """End it, and all below it, at once."""
        self.send(signal.SIGKILL)
        self.process.wait()

    def _family(self) -> list[psutil.Process]:
        try:
            first = psutil.Process(self.process.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
