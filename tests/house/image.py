"""The files that Docker takes from a checkout into the image, by the rules of its `.dockerignore`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

#: What a checkout holds beside its own files, as .gitignore names it.
NOT_OF_THE_CHECKOUT = {".git", ".venv", ".local", "node_modules", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


def image_files(root: Path) -> set[str]:
    """Return the paths from the root of the files that `COPY . .` brings into the image."""
    rules = list(_rules((root / ".dockerignore").read_text().splitlines()))
    return {path for path in _files(root) if not _is_ignored(path, rules)}


def _rules(lines: Iterable[str]) -> Iterator[tuple[re.Pattern[str], bool]]:
    """Yield each pattern and whether it ignores what it matches. A line that begins with `!` takes it in again."""
    for line in lines:
        written = line.strip()
        if written and not written.startswith("#"):
            yield _pattern(written.removeprefix("!").strip("/")), not written.startswith("!")


def _pattern(written: str) -> re.Pattern[str]:
    """Return the pattern as Docker reads it: `*` within a folder, `**` over any number of them."""
    translated = ""
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", written):
        translated += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
    return re.compile(translated)


def _is_ignored(path: str, rules: list[tuple[re.Pattern[str], bool]]) -> bool:
    """Say whether a file stays out: the last rule decides that matches it or a folder above it."""
    above = [str(folder) for folder in PurePosixPath(path).parents if str(folder) != "."]
    ignored = False
    for pattern, ignores in rules:
        if any(pattern.fullmatch(each) for each in (path, *above)):
            ignored = ignores
    return ignored


def _files(root: Path) -> Iterator[str]:
    for each in root.iterdir():
        if each.name in NOT_OF_THE_CHECKOUT:
            continue
        files = each.rglob("*") if each.is_dir() else [each]
        yield from (file.relative_to(root).as_posix() for file in files if file.is_file())
