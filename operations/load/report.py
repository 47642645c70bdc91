"""The report of a load: as text, as JSON, and as rows for a CSV file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from operations.load.figures import Row
from operations.load.run import Outcome

TRADES = ("buy", "sell")
API_KINDS = (*TRADES, "quote", "markets", "portfolio", "transactions")


def rows(outcome: Outcome) -> Iterator[Row]:
    """Yield one row for each second and kind, then one for each kind over all of it."""
    yield from outcome.figures.by_second(started_secs=outcome.started_secs)
    yield from summary(outcome)


def summary(outcome: Outcome) -> list[Row]:
    """Return one row for each kind, and one for all API requests."""
    figures = outcome.figures
    api = figures.whole(*API_KINDS)
    return [*(figures.whole(kind) for kind in figures.kinds()), Row("all", "api", *_numbers(api))]


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return everything but the single seconds."""
    found = outcome.audit
    return {
        "url": outcome.plan.url,
        "started_secs": outcome.started_secs,
        "secs": outcome.secs,
        "trades_per_sec": trades_per_sec(outcome),
        "trades_accepted": outcome.trades_accepted,
        "trades_unanswered": outcome.trades_unanswered,
        "kinds": {row.kind: asdict(row) for row in summary(outcome)},
        "codes": {kind: dict(codes) for kind, codes in outcome.figures.codes().items()},
        "failures": [asdict(failure) for failure in outcome.figures.failures],
        "sockets": asdict(outcome.heard) | {"asked": outcome.plan.sockets, "open": outcome.sockets_open},
        "silences": [asdict(silence) for silence in outcome.silences],
        "stale_connections": outcome.stale_connections,
        "cpu_percent": outcome.cpu_percent,
        "audit": found
        and {
            "is_clean": found.is_clean,
            "written": found.written,
            "differences": found.differences,
            "broken_invariants": [invariant.name for invariant in found.invariants if not invariant.holds],
        },
    }


def trades_per_sec(outcome: Outcome) -> float:
    """Return the accepted trades a second of the load."""
    return outcome.trades_accepted / outcome.plan.secs


def lines(outcome: Outcome) -> Iterator[str]:
    """Yield the lines of the report for people."""
    yield f"{'':14}{'count':>9}{'errors':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'max ms':>9}"
    for row in summary(outcome):
        spread = "".join(f"{value:9.1f}" for value in (row.p50_ms, row.p95_ms, row.p99_ms, row.max_ms))
        yield f"{row.kind:14}{row.count:9}{row.errors:8}{spread}"
    for kind, codes in outcome.figures.codes().items():
        yield f"errors of {kind}: " + ", ".join(f"{code} {count}" for code, count in codes.most_common())
    yield f"{trades_per_sec(outcome):.1f} trades a second; {outcome.trades_unanswered} without an answer"
    yield from _socket_lines(outcome)
    yield f"the load itself used {outcome.cpu_percent:.0f} % of a core; {outcome.stale_connections} kept connections"
    yield from _audit_lines(outcome)


def _socket_lines(outcome: Outcome) -> Iterator[str]:
    if not outcome.plan.sockets:
        return
    heard = outcome.heard
    yield (
        f"{outcome.sockets_open} of {outcome.plan.sockets} sockets open; {heard.frames / outcome.secs:,.0f} frames a "
        f"second; ticks lost {heard.ticks_lost}, events doubled {heard.doubles}, resyncs {heard.resyncs}"
    )
    yield (
        f"longest silence of a socket {heard.longest_silence_ms:,.0f} ms; {len(outcome.silences)} above 2 s; "
        f"told of a shutdown {heard.shutdowns}, came back {heard.came_back}"
    )


def _audit_lines(outcome: Outcome) -> Iterator[str]:
    if outcome.audit is None:
        return
    yield f"{outcome.trades_accepted} trades accepted, {outcome.audit.written} written"
    yield from (f"BROKEN  {line}" for line in outcome.audit.differences)
    for invariant in outcome.audit.invariants:
        mark = "ok    " if invariant.holds else "BROKEN"
        yield f"{mark}  {invariant.name}: {'; '.join(invariant.breaches) or invariant.finding}"


def _numbers(row: Row) -> tuple[Any, ...]:
    return (row.count, row.errors, row.p50_ms, row.p95_ms, row.p99_ms, row.max_ms)
