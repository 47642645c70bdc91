"""Players who trade through one host after the other, and repeat with the same key what they have no answer to."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Event, Lock, Thread
from uuid import UUID, uuid4

import httpx

from attention.biomes import Biome
from operations.load.client_api import API

BIOMES = [biome.value for biome in Biome]
#: How long an answer is waited for, and how long a host is left alone that gave none, or a 503: as a balancer does it.
ANSWER_SECS = 5.0
LEFT_ALONE_SECS = 2.0
PAUSE_SECS = 0.4
BUY, SELL = f"{API}/buy", f"{API}/sell"


@dataclass(frozen=True, slots=True)
class Player:
    """Who trades."""

    name: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """Who asks, for a request."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True, slots=True)
class Try:
    """One request: when it was sent, in seconds of the monotonic clock, and how it ended; 0 without any answer."""

    host: str
    at_secs: float
    took_secs: float
    status: int


class Ledger:
    """What the players know of their trades."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.tries: list[Try] = []
        #: The transaction's number that was answered, by operation.
        self.accepted: dict[UUID, int] = {}

    def note(self, one: Try) -> None:
        """Remember a try."""
        with self._lock:
            self.tries.append(one)

    def accept(self, operation: UUID, number: int) -> None:
        """Remember an answer."""
        with self._lock:
            self.accepted[operation] = number

    def between(self, since_secs: float, until_secs: float, hosts: Iterable[str]) -> list[Try]:
        """The tries that were sent in a period through some hosts."""
        chosen = set(hosts)
        with self._lock:
            return [one for one in self.tries if since_secs <= one.at_secs < until_secs and one.host in chosen]


class Trader(Thread):
    """One player at work, until `stop` is set and the last trade has an answer."""

    def __init__(self, player: Player, urls: dict[str, str], ledger: Ledger, stop: Event, *, first: int) -> None:
        super().__init__(name=f"trader-{player.name}", daemon=True)
        self._player, self._urls, self._ledger, self._stop_asked = player, urls, ledger, stop
        hosts = list(urls)
        self._hosts = itertools.cycle(hosts[first % len(hosts) :] + hosts[: first % len(hosts)])
        self._biomes = itertools.cycle(BIOMES[first % len(BIOMES) :] + BIOMES[: first % len(BIOMES)])
        self._left_alone_until: dict[str, float] = {}
        self.failure: str | None = None

    def run(self) -> None:
        """Trade."""
        with httpx.Client(timeout=ANSWER_SECS, headers=self._player.headers) as client:
            for turn in itertools.count():
                if self._stop_asked.wait(PAUSE_SECS) or self.failure:
                    return
                if turn % 4 < 3:
                    biome = next(self._biomes)
                    self._trade(client, BUY, {"biome": biome, "spend": "5.00"})
                else:
                    self._trade(client, SELL, {"biome": biome, "shares": "0.010000"})

    def _trade(self, client: httpx.Client, path: str, order: dict[str, str]) -> None:
        operation = uuid4()
        while True:
            host = self._next_host()
            status, number = self._ask(client, host, path, order, operation)
            if httpx.codes.is_success(status):
                return self._ledger.accept(operation, number)
            if status not in (0, httpx.codes.SERVICE_UNAVAILABLE):
                self.failure = f"{self._player.name} got {status} from {host}"
                return None
            # Unknown, not failed: the same again, elsewhere.
            self._left_alone_until[host] = time.monotonic() + LEFT_ALONE_SECS

    def _next_host(self) -> str:
        """The next in turn that is not left alone; the next, if all are."""
        for host in itertools.islice(self._hosts, len(self._urls)):
            if time.monotonic() >= self._left_alone_until.get(host, 0):
                return host
        return next(self._hosts)

    def _ask(
        self, client: httpx.Client, host: str, path: str, order: dict[str, str], operation: UUID
    ) -> tuple[int, int]:
        started = time.monotonic()
        try:
            reply = client.post(self._urls[host] + path, json=order, headers={"Idempotency-Key": str(operation)})
            status, number = reply.status_code, reply.json().get("id", 0)
        except httpx.HTTPError:
            status, number = 0, 0
        self._ledger.note(Try(host, started, time.monotonic() - started, status))
        return status, number
