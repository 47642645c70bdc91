"""What a rehearsal demands, said line by line."""

from __future__ import annotations

import sys


class Verdict:
    """Collects what held and what did not."""

    def __init__(self) -> None:
        self._failures = 0

    def demand(self, what: str, found: object, *, holds: bool) -> None:
        """Say whether something holds, and what was found."""
        self._failures += not holds
        say(f"{'ok    ' if holds else 'FAILED'}  {what}: {found}")

    @property
    def exit_code(self) -> int:
        """0 when everything held."""
        return 1 if self._failures else 0


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
