"""Static files with STATIC_HASHED: named by their content, so kept for ever, and compressed, also by Brotli.

Brotli takes a seventh off what gzip leaves. Our own scripts and styles are collected without comments and indents, a
quarter of what is left. Without STATIC_HASHED files are served from where they lie, which the tests and an editor need.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.core.management import call_command
from rcssmin import cssmin
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

from core.file_locks import locked

#: Of other packages, for what we do not use: it would take most of the time and of the space.
UNUSED = ["rest_framework", "*.map"]

#: Where our own are, and what takes out of them what is there for those who read the source.
_LEAN = {("js", ".js"): jsmin, ("css", ".css"): cssmin}

_URLS_IN_STYLES = HashedFilesMixin.patterns[0][1][:2]
_IMPORTS_IN_SCRIPTS = HashedFilesMixin._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]


class StaticFiles(StaticFilesConfig):
    """The configuration of static files, with the patterns to leave out."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, *UNUSED]


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it has no types
    """A storage that names each file by its content, and rewrites the references of styles and our own modules.

    The scripts of other packages stay as they are: some import what is not there.
    """

    patterns = (("*.css", _URLS_IN_STYLES), ("js/*.js", _IMPORTS_IN_SCRIPTS))

    def post_process(self, paths: Mapping[str, tuple[Storage, str]], **options: Any) -> Iterator[tuple[str, str, bool]]:
        """Yield each file's name, its new name, and whether it was processed."""
        lean = {name: (_LeanFiles(storage), path) for name, (storage, path) in paths.items()}
        yield from super().post_process(lean, **options)


class _LeanFiles:
    """Read files from where they lie, our own scripts and styles without comments and indents."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def open(self, path: str) -> Any:
        """Return the file, to be read."""
        place = Path(path)
        lean = _LEAN.get((str(place.parent), place.suffix))
        if lean is None:
            return self._storage.open(path)
        with self._storage.open(path) as file:
            return ContentFile(lean(file.read().decode()).encode())


def collect_static_files() -> bool:
    """Collect all static files in STATIC_ROOT, unless they are up to date. Returns whether it was needed.

    An image has collected them when it was built, and lets nobody write.
    """
    root = Path(settings.STATIC_ROOT)
    if (root / "staticfiles.json").exists() and not os.access(root, os.W_OK):
        return False
    root.mkdir(exist_ok=True)
    collected, now = root / ".collected", _fingerprint()
    with locked(root / ".lock"):
        if collected.exists() and collected.read_text() == now:
            return False
        call_command("collectstatic", interactive=False, verbosity=0)
        collected.write_text(now)
        return True


def _fingerprint() -> str:
    """Return a hash of all files' names, sizes and times, and of this module."""
    facts = [Path(__file__).stat().st_mtime_ns, *sorted(_files())]
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _files() -> Iterator[tuple[str, int, int]]:
    for finder in get_finders():
        for path, storage in finder.list(StaticFiles.ignore_patterns):
            stat = os.stat(storage.path(path))
            yield storage.path(path), stat.st_size, stat.st_mtime_ns
