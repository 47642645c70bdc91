"""Cleaning of players' texts for display. Pure. Pages escape them all the same."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")


def one_line(text: str) -> str:
    """Return a title: normalised, without control and formatting characters, on one line, with single spaces."""
    return " ".join(_visible(text).split())


def many_lines(text: str) -> str:
    """Return a description: as `one_line`, with its lines kept, two empty ones at most."""
    lines = (line.strip() for line in _SPACES.sub(" ", _visible(text)).split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _visible(text: str) -> str:
    # Category C: control characters, and the invisible ones that turn text around or hide in it.
    kept = (
        mark if mark == "\n" or unicodedata.category(mark)[0] != "C" else " " for mark in text.replace("\r\n", "\n")
    )
    return unicodedata.normalize("NFKC", "".join(kept))
