"""Limits of one client in a streams process: messages a second, and connections at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from core.errors import RateLimited
from core.web.client_addresses import address_of_scope, household_of


class FloodGate:
    """A gate that lets `limit` messages through in each second."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._second = -1
        self._count = 0

    def lets_through(self, *, now_secs: float) -> bool:
        """Count a message; returns False when there were too many in this second."""
        second = int(now_secs)
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        return self._count <= self._limit


class Seats:
    """The counts of each player's, or each address's, connections, up to a limit."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._taken: Counter[Hashable] = Counter()

    @contextmanager
    def taken_by(self, who: Hashable | None) -> Iterator[None]:
        """Hold a seat of `who` during the block; None needs none. Raises RateLimited."""
        if who is None:
            yield
            return
        if self._taken[who] >= self._limit():
            raise RateLimited("Too many connections are open. Close one, then try again.")
        self._taken[who] += 1
        try:
            yield
        finally:
            self._taken[who] -= 1
            if not self._taken[who]:
                del self._taken[who]


#: This process's seats.
address_seats = Seats(lambda: settings.STREAM_CONNECTIONS_PER_ADDRESS)
player_seats = Seats(lambda: settings.STREAM_CONNECTIONS_PER_PLAYER)


def client_address(scope: Mapping[str, Any]) -> str:
    """Return the address that a connection is counted by, as requests to the API are."""
    return household_of(address_of_scope(scope))
