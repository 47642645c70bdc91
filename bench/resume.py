"""A thousand clients reconnect at once after half a minute: when each is current again, and what it has lost.

Nobody else is connected meanwhile, so the streams process begins without a tail, and reads the log for all of them.
RESUME_AWAY_SECS is another time to be away.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from bench.fanout import update_of
from bench.report import Report, percentile
from bench.size import sized
from bench.streams.servers import Clients, StreamServer
from streams import event_log

SOCKETS = sized(1000, small=5)
AWAY_SECS = float(os.environ.get("RESUME_AWAY_SECS") or sized(30, small=1))
BEFORE_SECS, AFTER_SECS = sized((2.0, 4.0), small=(1.0, 1.0))
LAST_WAIT_SECS = 20.0


@dataclass(frozen=True, slots=True)
class Comeback:
    """The latencies of one round."""

    p50_ms: float
    p99_ms: float
    last_ms: float
    lost: int
    doubles: int
    resyncs: int


def run(*, rounds: int) -> Report:
    """Measure the exchange."""
    came_back = [_round() for _ in range(rounds)]
    report = Report("resume")
    report.add("current again: p50", "ms", [each.p50_ms for each in came_back])
    report.add("current again: p99", "ms", [each.p99_ms for each in came_back])
    report.add("current again: the last", "ms", [each.last_ms for each in came_back])
    report.add("updates lost", "", [each.lost for each in came_back])
    report.add("updates doubled", "", [each.doubles for each in came_back])
    report.add("told to resync", "clients", [each.resyncs for each in came_back])
    missed = round(AWAY_SECS / settings.CYCLE_SECS)
    report.notes.append(f"{SOCKETS} sockets away for {AWAY_SECS:g} s, each missed about {missed} updates; ticks go on")
    return report


def _round() -> Comeback:
    with (
        StreamServer("uvicorn") as server,
        _ticking() as ticker,
        Clients(server.port, "/api/v1/ws", SOCKETS) as clients,
    ):
        time.sleep(BEFORE_SECS)
        clients.do("leave")
        left_at = clients.tell()["last"]
        time.sleep(AWAY_SECS)
        newest = ticker.number
        started_secs = float(json.loads(clients.do("resume")))
        time.sleep(AFTER_SECS)
        ticker.end()
        clients.wait_for(sum(ticker.number - last for last in left_at), within_secs=LAST_WAIT_SECS)
        told = clients.tell()
    heard = zip(told["cycles"], told["at_secs"], strict=True)
    current_ms = [(at - started_secs) * 1000 for cycle, at in heard if cycle == newest]
    lost = told["lost"] + sum(ticker.number - last for last in told["last"])
    return Comeback(
        percentile(current_ms, 50), percentile(current_ms, 99), max(current_ms), lost, told["doubles"], told["resyncs"]
    )


class _Ticker(threading.Thread):
    """Announces a cycle each half second."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self._is_over = threading.Event()

    def run(self) -> None:
        """Announce until `end`."""
        while not self._is_over.wait(settings.CYCLE_SECS):
            event_log.announce(*update_of(self.number + 1))
            self.number += 1

    def end(self) -> None:
        """Announce no more: `number` is the last."""
        self._is_over.set()
        self.join()


@contextmanager
def _ticking() -> Iterator[_Ticker]:
    ticker = _Ticker()
    ticker.start()
    try:
        yield ticker
    finally:
        ticker.end()
