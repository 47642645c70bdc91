"""The number of requests that this process may still admit for each client, taken from the shared counter in Redis in
parts.

Every process counts in one window's counter, so all together admit no more than the limit. Unused requests that a
process has taken are lost with the window: at most `RATE_LIMIT_TAKEN_PERCENT` of the limit for each process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock


@dataclass(slots=True)
class Allowance:
    """A client's allowance: the requests taken and not yet used, and those that the counter has beyond them."""

    taken: int
    beyond: int


class Allowances:
    """The clients' allowances in the newest window; those of earlier windows are dropped."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._window = -1
        self._of: dict[str, Allowance] = {}

    def use(self, client: str, *, window: int, limit: int, share: int, take: Callable[[int], int | None]) -> int | None:
        """Use one request, and return the rest of `limit`, -1 when none was left, None when the counter is away.

        `take(share)` adds to the counter and returns its value before; it is called when this process has none left.
        """
        with self._lock:
            if window != self._window:
                self._window, self._of = window, {}
            allowance = self._of.get(client)
            if allowance is not None and allowance.taken:
                allowance.taken -= 1
                return allowance.taken + allowance.beyond
        used_before = take(share)
        if used_before is None:
            return None
        left = max(0, limit - used_before)
        if not left:
            return -1
        taken = min(share, left) - 1
        with self._lock:
            if window == self._window:
                self._add(client, taken, beyond=left - taken - 1)
        return left - 1

    def _add(self, client: str, taken: int, *, beyond: int) -> None:
        # Another thread may have taken some at the same time.
        allowance = self._of.setdefault(client, Allowance(0, beyond))
        allowance.taken += taken
        allowance.beyond = min(allowance.beyond, beyond)
