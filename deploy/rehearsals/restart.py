"""PostgreSQL and then Redis are restarted under load: what fails is said cleanly, and all of it recovers by itself."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from itertools import pairwise
from typing import Any

from deploy.loopback import Loopback
from deploy.rehearsals.under_load import UnderLoad, Window, demand_books, load_parser, print_figures
from deploy.rehearsals.verdict import Verdict, say

AWAY_SECS = 3.0
#: The load goes on so long before the first restart, between the two, and after the second at least.
CALM_SECS = 25.0
RECOVERED_SECS = 10.0
LONGEST_REFUSAL_MS = 8000.0
#: What clients may be told meanwhile: by the API, and by a socket that gives attention or comes back.
CLEAN = {"503 service_unavailable", "503 market_busy", "error_service_unavailable", "error_market_busy", "closed_1013"}
#: What must go on, by the kind of thing that the load counts.
GOES_ON = {"trades": "buy", "ticks": "tick", "attention": "attention"}


def main() -> int:
    """Restart one after the other, and say what clients met."""
    asked, verdict = parser().parse_args(), Verdict()
    with Loopback(state=asked.state, tls=asked.tls) as exchange:
        rehearse(exchange, asked, verdict)
    return verdict.exit_code


def parser() -> ArgumentParser:
    """Return the parser of this rehearsal's arguments."""
    found = load_parser(description=__doc__, secs=100.0)
    found.add_argument("--calm-seconds", type=float, default=CALM_SECS, help="before each (default %(default)s)")
    found.add_argument("--away-seconds", type=float, default=AWAY_SECS, help="that each is away (default %(default)s)")
    return found


def rehearse(exchange: Loopback, asked: Namespace, verdict: Verdict) -> None:
    """Restart one after the other, and demand that it was met cleanly."""
    windows = []
    with UnderLoad(exchange, asked) as load:
        for service in ("postgres", "redis"):
            load.wait_until(time.time() - load.began_secs + asked.calm_seconds)
            windows.append(restarted(exchange, service, away_secs=asked.away_seconds))
    told = load.told()
    print_figures(told)
    for window in windows:
        demand_recovery(verdict, load, window, calm_secs=asked.calm_seconds)
    demand_clean(verdict, told, windows)
    demand_books(verdict, exchange, told)


def restarted(exchange: Loopback, service: str, *, away_secs: float = AWAY_SECS) -> Window:
    """Stop a service, and start it again a while later. Returns when it was away."""
    began_secs = time.time()
    exchange.restart(service, away_secs=away_secs)
    window = Window(service, began_secs, time.time())
    say(f"        {service} was away for {window.until_secs - began_secs:.1f} s")
    return window


def demand_recovery(verdict: Verdict, load: UnderLoad, window: Window, *, calm_secs: float = CALM_SECS) -> None:
    """Nothing fails for long after a service is back, and everything that stood still goes on."""
    failures = [failure for failure in load.told()["failures"] if failure["at_secs"] >= window.from_secs]
    ours = [failure for failure in failures if failure["at_secs"] < window.until_secs + calm_secs]
    last_secs = max((failure["at_secs"] for failure in ours), default=window.from_secs) - window.until_secs
    said = f"{len(ours)} errors, the last {last_secs:+.1f} s from its return"
    verdict.demand(f"after {window.what}: errors end within 10 s", said, holds=last_secs <= RECOVERED_SECS)
    for what, kind in GOES_ON.items():
        # A second that is wholly after the return.
        later = [second for second in load.seconds_of(kind) if second > window.until_secs]
        goes_on_secs = min(later, default=float("inf")) - window.until_secs
        gaps = [after - before for before, after in pairwise(later)]
        holds = goes_on_secs <= RECOVERED_SECS and max(gaps, default=0.0) <= RECOVERED_SECS
        verdict.demand(f"after {window.what}: {what} go on within 10 s", f"{goes_on_secs:.1f} s", holds=holds)


def demand_clean(verdict: Verdict, told: dict[str, Any], windows: list[Window]) -> None:
    """Errors only while something was away, each a clean refusal that came soon; nothing lost or doubled."""
    failures = told["failures"]
    unclean = sorted({f"{each['kind']}: {each['code']}" for each in failures if each["code"] not in CLEAN})
    verdict.demand("every error is a clean 503 with Retry-After", unclean or "all", holds=not unclean)
    untimely = [
        each
        for each in failures
        if not any(window.has(each["at_secs"], after_secs=RECOVERED_SECS) for window in windows)
    ]
    verdict.demand("errors at other times", len(untimely), holds=not untimely)
    longest_ms = max((each["took_ms"] for each in failures), default=0.0)
    verdict.demand("longest wait for a refusal", f"{longest_ms:,.0f} ms", holds=longest_ms < LONGEST_REFUSAL_MS)
    heard = told["sockets"]
    verdict.demand("events doubled", heard["doubles"], holds=heard["doubles"] == 0)
    verdict.demand(
        "sockets open at the end", f"{heard['open']} of {heard['asked']}", holds=heard["open"] == heard["asked"]
    )
    verdict.demand("trades without an answer", told["trades_unanswered"], holds=told["trades_unanswered"] == 0)
