"""Counts in files shared by processes, made safe: a full disk ends no process.

prometheus_client maps sparse files: where the disk is full, the first write to such a page is a SIGBUS. Here every
page is reserved before it is mapped; what cannot be reserved is counted in memory, and moves to its file when there
is room.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

FIRST_BYTES = 1 << 16
#: For one more entry: its key, two floats, and what is between.
_ENTRY_BYTES = 32
AGAIN_SECS = 10.0


class ReservedDict(MmapedDict):
    """A mapped file whose every page is reserved on the disk, with a dict beside it for values without room."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        self._path = filename
        self._waiting: dict[str, tuple[float, float]] = {}
        self._is_mapped = False
        self._again_at_secs = 0.0
        if read_mode:
            super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]
            self._is_mapped = True
        else:
            self._map()

    def read_value(self, key: str) -> tuple[float, float]:
        """Return a value and its time, 0 for a new one."""
        if self._has_place(key):
            value: tuple[float, float] = super().read_value(key)  # type: ignore[no-untyped-call]
            return value
        return self._waiting.setdefault(key, (0.0, 0.0))

    def write_value(self, key: str, value: float, timestamp: float) -> None:
        """Store a value, in the file where there is room."""
        if self._has_place(key):
            super().write_value(key, value, timestamp)  # type: ignore[no-untyped-call]
            self._waiting.pop(key, None)
        else:
            self._waiting[key] = (value, timestamp)

    def close(self) -> None:
        """Close the file, where there is one."""
        if self._is_mapped:
            super().close()  # type: ignore[no-untyped-call]

    def _map(self) -> None:
        try:
            _reserve_new(Path(self._path))
            super().__init__(self._path)  # type: ignore[no-untyped-call]
        except OSError:
            self._again_at_secs = time.monotonic() + AGAIN_SECS
        else:
            self._is_mapped = True

    def _has_place(self, key: str) -> bool:
        """Return whether the file has this key, or room for it by now."""
        if self._is_mapped and key in self._positions:
            return True
        if time.monotonic() < self._again_at_secs:
            return False
        if not self._is_mapped:
            self._map()
        return self._is_mapped and self._has_grown_for(key)

    def _has_grown_for(self, key: str) -> bool:
        needed, capacity = self._used + len(key.encode()) + _ENTRY_BYTES, self._capacity
        while needed > capacity:
            capacity *= 2
        if capacity == self._capacity:
            return True
        try:
            os.posix_fallocate(self._f.fileno(), 0, capacity)
        except OSError:
            self._again_at_secs = time.monotonic() + AGAIN_SECS
            return False
        return True


def keep_processes_alive() -> None:
    """Make prometheus_client count in such files. Called before the first metric is made."""
    values.MmapedDict = ReservedDict  # type: ignore[attr-defined]


def _reserve_new(path: Path) -> None:
    """Make the file whole, or not at all: a reader never finds it empty. Raises OSError where there is no room."""
    size = path.stat().st_size if path.exists() else 0
    if size:
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, size)
        return
    new = path.with_name(f"{path.name}.new")
    try:
        with new.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, FIRST_BYTES)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
