"""An exchange as `make run` starts it, whose clock can be set and whose disk can be filled."""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from embedded.places import CHECKOUT, wait_until
from embedded.ports import free_port

START_SECS, STOP_SECS = 240.0, 60.0
_OWN = ("DATABASE_URL", "REDIS_URL", "REDIS_PREFIX", "MAKELEVEL", "SECRET_KEY")


class Unlucky:
    """The exchange, until the block ends. Its servers' clock is true; that of its own processes is set in a file."""

    def __init__(self, state: Path, *, clock: Path) -> None:
        self.state, self._clock = state, clock
        self._log = clock.with_name("log")
        self._library = clock_library(clock.parent)
        self._ports = {"WEB_PORT": str(free_port()), "STREAM_PORT": str(free_port())}
        self.set_clock(0)

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "embedded.run"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=CHECKOUT, env=self._environment(), stdout=log, stderr=log, start_new_session=True
            )
        if (
            not wait_until(lambda: self.is_ready() or not self.is_running, within_secs=START_SECS)
            or not self.is_running
        ):
            self._end()
            raise RuntimeError(f"the exchange is not open; it said:\n{self.said}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    @property
    def has_clock(self) -> bool:
        """Return whether its clock can be set."""
        return self._library is not None

    @property
    def is_running(self) -> bool:
        """Return whether `make run` goes on."""
        return self._process.poll() is None

    @property
    def said(self) -> str:
        """Return what it has written so far."""
        return self._log.read_text(errors="replace")

    def set_clock(self, ahead_secs: int) -> None:
        """Set the clock of all processes, those of commands too, so far ahead of the true one."""
        # In place, as the processes have it mapped.
        with self._clock.open("r+b" if self._clock.exists() else "wb") as file:
            file.write(struct.pack("q", ahead_secs))

    def readiness(self) -> str:
        """Return what /readyz has to say, problem and notice; empty where it says nothing or does not answer."""
        told = self._ready()
        return " ".join(text for text in (told.get("problem"), told.get("notice")) if text)

    def is_ready(self) -> bool:
        """Return whether /readyz has no problem."""
        return self._ready().get("status") == "ready"

    def cycle_number(self) -> int:
        """Return the number of the last cycle, as /readyz tells it; 0 where it does not."""
        return int(self._ready().get("checks", {}).get("last_cycle", {}).get("number") or 0)

    def sample(self, name: str) -> float:
        """Return the least sample of a metric but for 0 in a disk, as alerts read it; NaN where there is none."""
        lines = [line.rsplit(" ", 1) for line in self._get("/metrics").splitlines() if line.startswith(name)]
        found = [float(value) for labelled, value in lines if labelled.partition("{")[0] == name]
        return min(found, default=float("nan"))

    def doctor(self) -> dict[str, str]:
        """Return what doctor says of each part."""
        findings: dict[str, dict[str, str]] = json.loads(self.manage("doctor", "--json").stdout)
        return {name: finding["words"] for name, finding in findings.items()}

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py on it."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=CHECKOUT, env=self._environment(), capture_output=True, text=True)

    def _environment(self) -> dict[str, str]:
        environment = {name: value for name, value in os.environ.items() if name not in _OWN}
        environment |= self._ports | {"EXCHANGE_STATE_DIR": str(self.state), "DISK_PATHS": str(self.state.parent)}
        if self._library is not None:
            environment |= {"LD_PRELOAD": str(self._library), "CLOCK_FILE": str(self._clock)}
        return environment

    def _ready(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._get("/readyz"))
        except ValueError:
            return {}
        return found

    def _get(self, path: str) -> str:
        try:
            return httpx.get(f"http://127.0.0.1:{self._ports['WEB_PORT']}{path}", timeout=5, trust_env=False).text
        except httpx.HTTPError:
            return ""

    def _end(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def clock_library(folder: Path) -> Path | None:
    """Make the library that sets processes' clocks; None where there is no compiler."""
    compiler, library = shutil.which("cc"), folder / "clock.so"
    if compiler is None:
        return None
    source = str(Path(__file__).with_name("clock.c"))
    made = subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", str(library), source], capture_output=True)
    return library if made.returncode == 0 else None


@contextmanager
def small_disk(folder: Path, size_mib: int) -> Iterator[Path | None]:
    """A disk of its own for the block; None where none can be mounted."""
    place = folder / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        yield None
        return
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)
