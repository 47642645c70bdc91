"""Results of checking one part of the exchange."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """The severity of a finding. Warnings need no immediate action."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """The severity of a finding, and its description."""

    level: Level
    words: str


Look = Callable[[], Finding]


def ok(words: str) -> Finding:
    """Make a finding of a part in order."""
    return Finding(Level.OK, words)


def warning(words: str) -> Finding:
    """Make a finding of a part that works, with something to know."""
    return Finding(Level.WARNING, words)


def failed(words: str) -> Finding:
    """Make a finding of a part that does not work, or soon will not."""
    return Finding(Level.FAILED, words)
