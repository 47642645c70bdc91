"""A comparison of the exchange and its peer, which get the same requests in turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.http.load import NextRequest, replies_per_second, reply_to
from bench.http.servers import Server, exchange_server, peer_server
from bench.report import Report, in_turns, percentile
from bench.size import sized

CLIENTS = sized(16, small=2)
ROUND_SECS = sized(4.0, small=0.2)


@dataclass(slots=True)
class _Contender:
    server: Server
    p99_ms: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    def round(self, next_request: NextRequest) -> float:
        """Return the replies a second; keeps the other figures."""
        computed_secs = self.server.cpu_secs()
        rate, latencies_secs = replies_per_second(self.server.port, next_request, clients=CLIENTS, secs=ROUND_SECS)
        self.cpu_us.append((self.server.cpu_secs() - computed_secs) / len(latencies_secs) * 1e6)
        self.p99_ms.append(percentile(latencies_secs, 99) * 1000)
        return rate


@dataclass(frozen=True, slots=True)
class Contest:
    """A comparison of both servers, which run all the time, each with two worker processes; one is measured at a
    time.
    """

    exchange: Server
    peer: Server
    report: Report
    rounds: int

    def run(self, requests: Callable[[], NextRequest], *, unit: str, name: str = "") -> None:
        """Add the figures of both for the same requests.

        CPU time is the web processes' own, without PostgreSQL's, Redis' and the client's; it is the best figure
        where other work disturbs a run. Raises RuntimeError where they do not answer alike.
        """
        self._demand_alike(requests)
        contenders = {"exchange": _Contender(self.exchange), "FastAPI peer": _Contender(self.peer)}
        rates = in_turns(
            {who: lambda one=one: one.round(requests()) for who, one in contenders.items()},  # type: ignore[misc]
            rounds=self.rounds,
        )
        of = f"{name}, " if name else ""
        for who in contenders:
            self.report.add(f"{of}{who}", unit, rates[who])
        self.report.add_ratio(f"{of}exchange / peer", *rates.values())
        for who, one in contenders.items():
            # The first round of each does not count.
            self.report.add(f"{of}{who}, 99th percentile", "ms", one.p99_ms[1:])
            self.report.add(f"{of}{who}, CPU a reply", "us", one.cpu_us[1:])

    def _demand_alike(self, requests: Callable[[], NextRequest]) -> None:
        """Raise RuntimeError unless both answer with the same status and fields."""
        ours, theirs = (
            (status, shape_of(body))
            for status, body in (reply_to(server.port, requests()()) for server in (self.exchange, self.peer))
        )
        if ours != theirs:
            raise RuntimeError(f"the replies differ: {ours} of the exchange, {theirs} of its peer")


def shape_of(value: Any) -> Any:
    """Return the fields of JSON without their values; of a list, those of its first element."""
    if isinstance(value, dict):
        return {name: shape_of(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape_of(inner) for inner in value[:1]]
    return None


@contextmanager
def contest(report: Report, *, rounds: int) -> Iterator[Contest]:
    """Start both servers for the length of the block."""
    with exchange_server() as exchange, peer_server() as peer:
        yield Contest(exchange, peer, report, rounds)
