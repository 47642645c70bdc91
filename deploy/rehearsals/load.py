"""Fifty trades a second and a thousand sockets, for ten minutes, through nginx, PgBouncer and the replicas."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from deploy.loopback import Loopback
from deploy.rehearsals.under_load import UnderLoad, demand_books, load_parser, print_figures
from deploy.rehearsals.verdict import Verdict

MOST_API_P95_MS = 50.0
MOST_TICK_P99_MS = 100.0


def main() -> int:
    """Load, print the figures, and say whether each bound holds."""
    asked, verdict = parser().parse_args(), Verdict()
    with Loopback(state=asked.state, tls=asked.tls) as exchange:
        rehearse(exchange, asked, verdict)
    return verdict.exit_code


def parser() -> ArgumentParser:
    """Return the parser of this rehearsal's arguments."""
    return load_parser(description=__doc__, secs=600.0)


def rehearse(exchange: Loopback, asked: Namespace, verdict: Verdict) -> None:
    """Load, and demand each bound."""
    with UnderLoad(exchange, asked) as load:
        pass
    told = load.told()
    print_figures(told)
    demand_bounds(verdict, told, trades=asked.trades_per_second)
    demand_books(verdict, exchange, told)


def demand_bounds(verdict: Verdict, told: dict[str, Any], *, trades: float) -> None:
    """No error, and every answer and tick in time."""
    api, tick, heard = told["kinds"]["api"], told["kinds"]["tick"], told["sockets"]
    verdict.demand("errors", told["codes"] or "none", holds=not told["failures"])
    reached = told["trades_per_sec"]
    verdict.demand(f"{trades:g} trades a second", f"{reached:.1f}", holds=reached > 0.99 * trades)
    verdict.demand("API, 95th percentile below 50 ms", f"{api['p95_ms']:.1f}", holds=api["p95_ms"] < MOST_API_P95_MS)
    verdict.demand("ticks, 99th below 100 ms", f"{tick['p99_ms']:.1f}", holds=tick["p99_ms"] < MOST_TICK_P99_MS)
    verdict.demand("ticks lost", heard["ticks_lost"], holds=heard["ticks_lost"] == 0)
    verdict.demand("events doubled", heard["doubles"], holds=heard["doubles"] == 0)
    verdict.demand(
        "sockets open at the end", f"{heard['open']} of {heard['asked']}", holds=heard["open"] == heard["asked"]
    )
