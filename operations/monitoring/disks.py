"""The free space of disks."""

from __future__ import annotations

import shutil

from django.conf import settings

from core.observability.database_disk import database_disk_problem


def free_percent(path: str) -> float:
    """Return the free part of this path's disk in percent; 0 for a path that cannot be read."""
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return 0.0
    return 100 * usage.free / usage.total


def free_bytes(path: str) -> int:
    """Return the free bytes of this path's disk; 0 for a path that cannot be read."""
    try:
        return shutil.disk_usage(path).free
    except OSError:
        return 0


def disk_problem() -> str | None:
    """Return which of the watched disks are full, or that the database's is, in words; None where none is."""
    full = {path: free for path in settings.DISK_PATHS if (free := free_bytes(path)) < settings.DISK_FULL_BYTES}
    if not full:
        return database_disk_problem()
    words = ", ".join(f"{path} has {free / 1e6:.1f} MB free" for path, free in full.items())
    return f"The disk is full: {words}. Make room; all goes on by itself then."
