"""How full disks are."""

from __future__ import annotations

import shutil


def free_percent(path: str) -> float:
    """The part of this path's disk that is free; 0 for a path that cannot be looked at."""
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return 0.0
    return 100 * usage.free / usage.total
