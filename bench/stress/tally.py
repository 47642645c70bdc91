"""The results of all attempts, counted by action and outcome."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import OperationalError
from psycopg import errors as pg

from core.errors import DomainError

DONE = "done"
NOTHING_TO_DO = "nothing to do"
DEADLOCK = "DEADLOCK"
_ERROR = "ERROR "

Attempt = Callable[[], Any] | None


@dataclass(slots=True)
class Tally:
    """Counts by action and outcome: done, a refusal's code, or a failure, in capitals."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    traces: dict[str, str] = field(default_factory=dict)

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.counts + other.counts, other.traces | self.traces)

    def carry_out(self, action: str, attempt: Attempt) -> None:
        """Make an attempt, and count its outcome. Catches everything that the exchange raises."""
        self.counts[action, NOTHING_TO_DO if attempt is None else self._outcome(attempt)] += 1

    def actions(self) -> set[str]:
        """Return the names of all attempted actions."""
        return {action for action, _ in self.counts}

    def of(self, action: str) -> Counter[str]:
        """Return the outcomes of one action."""
        return Counter({outcome: count for (tried, outcome), count in self.counts.items() if tried == action})

    def failures(self) -> Iterator[str]:
        """Yield the outcomes that must not happen, with the first traceback of each."""
        for (action, outcome), count in sorted(self.counts.items()):
            if outcome == DEADLOCK or outcome.startswith(_ERROR):
                yield f"{action}: {outcome}, {count} times\n{self.traces.get(outcome, '')}"

    def _outcome(self, attempt: Callable[[], Any]) -> str:
        try:
            attempt()
        except DomainError as refusal:
            return refusal.code
        except Exception as error:  # whatever it is, it is counted, and ends the run with exit 1
            is_deadlock = isinstance(error, OperationalError) and isinstance(error.__cause__, pg.DeadlockDetected)
            outcome = DEADLOCK if is_deadlock else f"{_ERROR}{type(error).__name__}"
            self.traces.setdefault(outcome, traceback.format_exc())
            return outcome
        return DONE
