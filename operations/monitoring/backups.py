"""The backups visible to this machine, in BACKUP_DIR."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup's file, and when it was finished, in seconds since 1970."""

    name: str
    made_at_secs: float
    size_bytes: int


def newest() -> Backup | None:
    """Return the newest finished backup that is not empty; None without one, or without the folder."""
    folder = Path(settings.BACKUP_DIR)
    found = [(path, path.stat()) for path in folder.glob("*.dump") if path.is_file()]
    made = [Backup(path.name, stat.st_mtime, stat.st_size) for path, stat in found if stat.st_size > 0]
    return max(made, key=lambda backup: backup.made_at_secs, default=None)
