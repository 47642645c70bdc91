"""A tick each half second to 1,000, 3,000 and 5,000 sockets, from announcing to receipt, beside `websockets.broadcast`.

Servers, clients, Redis and this process share the cores of the machine. One client program serves all servers: it only
notes when frames come. The bare server gets the same text on a pipe, where ours goes through Redis.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from bench.report import Report, percentile
from bench.size import sized
from bench.streams.servers import BareServer, Clients, StreamServer
from markets import events
from markets.models import Cycle, EconomicSettings, Market, Tick
from streams import event_log

SOCKETS = sized((1000, 3000, 5000), small=(5,))
# Daphne is the server that was first chosen: how it compares is shown at the smallest size.
DAPHNE_SOCKETS = SOCKETS[0]
TICKS = sized(12, small=2)
LAST_WAIT_SECS = 5.0


@dataclass(frozen=True, slots=True)
class Heard:
    """The latencies of one round over all sockets, in milliseconds from announcing to receipt."""

    p50_ms: float
    p99_ms: float
    lost: int


def run(*, rounds: int) -> Report:
    """Measure all sizes, the servers in turns."""
    report = Report("fanout")
    for count in SOCKETS:
        contenders = {"exchange": _exchange("uvicorn", count), "websockets.broadcast": _bare(count)}
        if count == DAPHNE_SOCKETS:
            contenders["exchange on daphne"] = _exchange("daphne", count)
        heard: dict[str, list[Heard]] = {name: [] for name in contenders}
        for turn in range(rounds):
            for name in list(contenders)[:: 1 if turn % 2 == 0 else -1]:
                heard[name].append(contenders[name]())
        _add(report, count, heard)
    report.notes.append(f"{TICKS} ticks a round, one each {settings.CYCLE_SECS} s; clients on the same cores")
    return report


def _add(report: Report, count: int, heard: dict[str, list[Heard]]) -> None:
    for name, rounds in heard.items():
        report.add(f"{count} {name}: p50", "ms", [each.p50_ms for each in rounds])
        report.add(f"{count} {name}: p99", "ms", [each.p99_ms for each in rounds])
        report.add(f"{count} {name}: lost", "frames", [each.lost for each in rounds])
    ours, bare = heard["exchange"], heard["websockets.broadcast"]
    report.add_ratio(f"{count} p99, exchange / bare", [one.p99_ms for one in ours], [one.p99_ms for one in bare])


def _exchange(kind: str, count: int) -> Callable[[], Heard]:
    def round_of() -> Heard:
        with StreamServer(kind) as server, Clients(server.port, "/api/v1/ws", count) as clients:
            return _heard_of(clients, count, lambda number: event_log.announce(*update_of(number)))

    return round_of


def _bare(count: int) -> Callable[[], Heard]:
    def round_of() -> Heard:
        with BareServer() as server, Clients(server.port, "/", count) as clients:
            return _heard_of(clients, count, lambda number: server.broadcast(_text_of(number)))

    return round_of


def _heard_of(clients: Clients, count: int, announce: Callable[[int], None]) -> Heard:
    announced_secs = {}
    for number in range(1, TICKS + 1):
        announced_secs[number] = time.monotonic()
        announce(number)
        left_secs = announced_secs[1] + number * settings.CYCLE_SECS - time.monotonic()
        time.sleep(max(0.0, left_secs))
    clients.wait_for(count * TICKS, within_secs=LAST_WAIT_SECS)
    told = clients.tell()
    late_ms = [(at - announced_secs[cycle]) * 1000 for cycle, at in zip(told["cycles"], told["at_secs"], strict=True)]
    return Heard(percentile(late_ms, 50), percentile(late_ms, 99), count * TICKS - len(late_ms))


def update_of(number: int) -> list[event_log.Event]:
    """Return the events of a cycle in which every market moved."""
    now, version = timezone.now(), EconomicSettings.objects.latest("pk")
    markets = list(Market.objects.all())
    ticks = [
        Tick(
            cycle_id=number,
            market=market,
            at=now,
            attention_points=100 + place,
            cash_before_micro=market.cash_micro - 1_234_567 * (place - 3),
            cash_after_micro=market.cash_micro,
            total_shares_micro=market.total_shares_micro,
        )
        for place, market in enumerate(markets)
    ]
    cycle = Cycle(
        number=number, at=now + timedelta(microseconds=1), settings=version, reason=Cycle.Reason.REDISTRIBUTED
    )
    return events.cycle_events(cycle=cycle, ticks=ticks)


def _text_of(number: int) -> str:
    to_all = update_of(number)[0]
    place = {"epoch": "0" * 32, "seq": number, "type": to_all.type, "at": "2026-01-01T12:00:00.000000Z"}
    return json.dumps(place | dict(to_all.content), separators=(",", ":"))
