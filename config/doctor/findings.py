"""What a look at one part of the exchange comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. Whoever runs the exchange can sleep with warnings."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """How bad it is, and in words what it is."""

    level: Level
    words: str


Look = Callable[[], Finding]


def ok(words: str) -> Finding:
    """It is in order."""
    return Finding(Level.OK, words)


def warning(words: str) -> Finding:
    """It works, and somebody should know of it."""
    return Finding(Level.WARNING, words)


def failed(words: str) -> Finding:
    """It does not work, or soon will not."""
    return Finding(Level.FAILED, words)
