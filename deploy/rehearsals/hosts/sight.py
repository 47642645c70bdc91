"""Looks at what hosts, players and sockets have met, and demands that it is as it must be."""

from __future__ import annotations

import json
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence

import httpx
from websockets.sync.client import connect

from deploy.rehearsals.hosts.listeners import Tick
from deploy.rehearsals.hosts.stage import Stage
from deploy.rehearsals.hosts.traders import Try
from embedded.places import wait_until
from operations.load.client_api import ALL_MARKETS, subscribe

BACK_WITHIN_SECS = 10.0
#: A tick comes each half second; whatever is cut off, they go on after so long.
TICKS_WITHIN_SECS = 6.0
SETTLED_WITHIN_SECS = 10.0


def tell_complaints(stage: Stage) -> None:
    """Tell what the hosts have logged as faults, for whoever reads this."""
    complaints = stage.exchange.complaints()
    for complaint in sorted(set(complaints)):
        stage.tell(f"        {complaints.count(complaint)} x {complaint}")


def settle(stage: Stage) -> None:
    """Stop the traders, and see that every trade that they know of was told to every socket, once. Raises Failed."""
    stage.stop.set()
    for trader in stage.traders:
        trader.join()
    failures = [trader.failure for trader in stage.traders if trader.failure]
    stage.expect(not failures, f"no refusal but 503{': ' + failures[0] if failures else ''}")
    expected = set(stage.ledger.accepted.values())
    listeners = stage.audience.listeners
    wait_until(
        lambda: all(expected <= set(listener.trades) for listener in listeners),
        within_secs=SETTLED_WITHIN_SECS * stage.patience,
    )
    lost = max(len(expected - set(listener.trades)) for listener in listeners)
    doubled = sum(count > 1 for listener in listeners for count in listener.trades.values())
    resyncs = sum(listener.resyncs for listener in listeners)
    stage.expect(
        (lost, doubled) == (0, 0),
        f"{len(expected)} trades, each heard by {len(listeners)} sockets: {lost} lost, {doubled} doubled,"
        f" {resyncs} times resync",
    )


def see_back(stage: Stage, host: str, cut_at: float) -> None:
    """See that a host whose link is back trades and tells ticks. Raises Failed."""
    mended_at = time.monotonic()
    is_back = wait_until(
        lambda: any(
            httpx.codes.is_success(one.status) for one in stage.ledger.between(mended_at, time.monotonic(), [host])
        ),
        within_secs=BACK_WITHIN_SECS * stage.patience,
    )
    took = time.monotonic() - mended_at
    stage.expect(is_back, f"{host} trades again {took:.1f} s after its link was back ({mended_at - cut_at:.0f} s away)")
    hear_tick(stage, host)


def hear_tick(stage: Stage, host: str) -> None:
    """See that a new socket hears a tick through a host. Raises Failed."""
    url = f"{stage.exchange.stream_url(host)}?token={stage.players[0].token}"
    started = time.monotonic()
    heard = ""
    with connect(url, open_timeout=BACK_WITHIN_SECS * stage.patience) as socket:
        socket.send(json.dumps(subscribe(ALL_MARKETS)))
        while heard != "biome_market_update" and time.monotonic() < started + BACK_WITHIN_SECS * stage.patience:
            heard = json.loads(socket.recv(BACK_WITHIN_SECS * stage.patience))["type"]
    took = time.monotonic() - started
    stage.expect(heard == "biome_market_update", f"a new socket to {host} hears a tick after {took:.1f} s")


def expect_no_errors(stage: Stage, since: float, until: float, hosts: Sequence[str], when: str) -> None:
    """See that all trades through some hosts were done in a period. Raises Failed."""
    tries = stage.ledger.between(since, until, hosts)
    failed = [one for one in tries if not httpx.codes.is_success(one.status)]
    took_ms = [one.took_secs * 1000 for one in tries]
    stage.expect(
        tries and not failed,
        f"{when}: {len(tries)} trades through {', '.join(hosts)}, {len(failed)} errors{_statuses(failed)};"
        f" p50 {statistics.median(took_ms):.0f} ms, p95 {percentile(took_ms, 95):.0f} ms, most {max(took_ms):.0f} ms",
    )


def _statuses(tries: Sequence[Try]) -> str:
    counts: dict[int, int] = defaultdict(int)
    for one in tries:
        counts[one.status] += 1
    return f" {dict(counts)}" if counts else ""


def expect_ticks_went_on(stage: Stage, since: float, hosts: Sequence[str]) -> None:
    """See that sockets that stayed where they were heard ticks without a long pause. Raises Failed."""
    times = sorted(
        tick.at_secs
        for listener in stage.audience.listeners
        for tick in list(listener.ticks)
        if tick.at_secs >= since and tick.host in hosts
    )
    pauses = [later - earlier for earlier, later in zip([since, *times], [*times, time.monotonic()], strict=True)]
    stage.expect(
        max(pauses) < TICKS_WITHIN_SECS * stage.patience, f"the longest pause between ticks there: {max(pauses):.1f} s"
    )


def ticks_between(stage: Stage, since: float, until: float) -> dict[tuple[str, int], list[Tick]]:
    """Return what was heard of each tick, by its place in the log, of those first heard in a period."""
    heard: dict[tuple[str, int], list[Tick]] = defaultdict(list)
    for listener in stage.audience.listeners:
        for tick in list(listener.ticks):
            heard[tick.place].append(tick)
    return {place: ticks for place, ticks in heard.items() if since <= min(tick.at_secs for tick in ticks) < until}


def spread_ms(ticks: Sequence[Tick]) -> float:
    """Return the time between the first and the last socket that heard a tick."""
    times = [tick.at_secs for tick in ticks]
    return (max(times) - min(times)) * 1000


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many of a hundred do not exceed."""
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]
