"""A user's lease of an embedded service: the first one starts its keeper, the last one has it stopped."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from core.file_locks import locked, try_lock
from embedded.places import CHECKOUT, Address, Folder, ServiceUnavailable, home_of, wait_until
from embedded.servers import end_strays

# The first start makes the database; one after a crash replays what was written since the last checkpoint.
START_SECS = 120.0
STOP_SECS = 15.0


class Lease:
    """While it is held, the service runs, or `is_alive` is false."""

    def __init__(self, *, name: str, state_dir: Path) -> None:
        self._name = name
        self._folder = Folder(home=home_of(state_dir), name=name)
        self._keeper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with locked(self._folder.door_lock):
            # Inherited by nobody unless handed over, and released by the kernel however this process ends.
            self._users = os.open(self._folder.users_lock, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(self._users, fcntl.LOCK_SH)  # waits while a keeper without users stops its server
                self.address = self._running_address()
            except BaseException:
                os.close(self._users)
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            with locked(self._folder.door_lock):
                is_last = try_lock(self._users, fcntl.LOCK_EX)
                if is_last:
                    self._folder.take_back()
                    wait_until(lambda: not self._folder.is_kept, within_secs=STOP_SECS)
                    end_strays(self._folder)
        finally:
            os.close(self._users)
        if self._keeper is None:
            return
        if is_last:
            self._keeper.wait(STOP_SECS)
        else:
            # It outlives this process, and Python would warn of a child that nobody waited for.
            self._keeper.returncode = 0

    @property
    def is_alive(self) -> bool:
        """Return whether the service runs under the keeper that it had when the lease began."""
        return self._folder.announced() == self.address and self._folder.is_kept

    def fileno(self) -> int:
        """Return the file descriptor that holds the lease; a child that inherits it keeps the service up as well."""
        return self._users

    @contextmanager
    def first_time(self) -> Iterator[bool]:
        """Yield whether the block has never been completed on this service's data. One process at a time is in it."""
        with locked(self._folder.first_time_lock):
            yield not self._folder.first_time_done.exists()
            self._folder.first_time_done.touch()

    @property
    def name(self) -> str:
        """Return the service's name: postgres or redis."""
        return self._name

    def _running_address(self) -> Address:
        folder = self._folder
        if folder.is_kept:
            # It serves, or it is on the way out because its server died: then a new one follows.
            wait_until(lambda: folder.announced() or not folder.is_kept, within_secs=START_SECS)
        if folder.is_kept and (address := folder.announced()):
            return address
        folder.take_back()
        keeper = self._start_keeper()
        wait_until(lambda: folder.announced() or keeper.poll() is not None, within_secs=START_SECS)
        if address := folder.announced():
            return address
        keeper.terminate()
        reason = (folder.keeper_log.read_text().strip().splitlines() or ["it did not answer in time"])[-1]
        raise ServiceUnavailable(f"The embedded {self._name} could not be started: {reason} (see {folder.path})")

    def _start_keeper(self) -> subprocess.Popen[bytes]:
        with self._folder.keeper_log.open("wb") as log:
            # A session of its own: Ctrl-C is for its users, and it ends when they have gone.
            keeper = subprocess.Popen(
                [sys.executable, "-m", "embedded.keeper", self._name, str(self._folder.path.parent)],
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._keeper = keeper
        return keeper
