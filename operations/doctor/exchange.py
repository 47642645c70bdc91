"""Checks of the exchange itself: its processes, cycles, queues, invariants and safeguards."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.utils import timezone
from django.utils.timesince import timesince

from core.observability import heartbeats
from marketplace.models import Flag
from markets.economic_settings import current_settings
from markets.models import EconomicSettings
from markets.selectors import last_cycle
from operations.doctor.findings import Finding, Look, failed, ok, warning
from operations.health import cycle_problem, redis_takes_writes
from operations.monitoring.disks import disk_problem
from operations.monitoring.exchange_state import QUEUES, queue_lengths
from trading.invariants.results import last_result

#: More messages than this in a queue, and its worker does not keep up.
MOST_WAITING = 50
_WHAT = {
    heartbeats.BEAT: "beat, which sends what is due",
    heartbeats.DEFAULT_QUEUE: "the worker, which settles listings and keeps candles",
    heartbeats.REDISTRIBUTION_QUEUE: "the redistribution worker, which runs the cycles",
    heartbeats.STREAMS: "the streams",
}


def looks_at_processes() -> dict[str, Look]:
    """Return a check of each process that serves no pages, by name."""
    return {name: partial(_look_at_process, name) for name in heartbeats.EXPECTED}


def look_at_cycles() -> Finding:
    """Report whether the last cycle is recent."""
    cycle = last_cycle()
    age_secs = (timezone.now() - cycle.at).total_seconds() if cycle else None
    is_explained = disk_problem() is not None or not redis_takes_writes()
    if (problem := cycle_problem(age_secs, is_explained=is_explained)) is not None:
        return failed(problem)
    assert cycle is not None
    return ok(f"cycle {cycle.number} ran {age_secs:.1f} s ago")


def look_at_queues() -> Finding:
    """Report whether the workers keep up with their queues."""
    lengths = queue_lengths()
    words = ", ".join(f"{lengths[queue]:.0f} wait in {queue}" for queue in QUEUES)
    return failed(f"{words}: the worker does not keep up.") if max(lengths.values()) > MOST_WAITING else ok(words)


def look_at_invariants() -> Finding:
    """Report whether all invariants of money held, and were checked recently."""
    result = last_result()
    if result is None:
        return warning(
            "The invariants of money are yet to be checked: manage.py check_ledger does, and beat each hour."
        )
    words = f"{timesince(result.checked_at)} ago, in {result.took_ms / 1000:.1f} s"
    if result.broken:
        return failed(f"Broken: {', '.join(result.broken)}; checked {words}. See docs/operations.md.")
    if (timezone.now() - result.checked_at).total_seconds() > settings.LEDGER_CHECK_LATE_SECS:
        return failed(f"All {result.checked} invariants held, but were checked too long ago: {words}.")
    return ok(f"all {result.checked} invariants held, {words}")


def look_at_safeguards() -> Finding:
    """Report which safeguards stop the exchange, and which findings wait for an administrator."""
    try:
        version = current_settings()
    except EconomicSettings.DoesNotExist:
        return failed("The markets are not open: manage.py open_markets opens them.")
    stops = {
        "trading is paused": version.trading_paused,
        "prices are frozen": version.prices_frozen,
        "the marketplace is paused": version.marketplace_paused,
    }
    told = [words for words, is_on in stops.items() if is_on]
    if flags := Flag.objects.filter(reviewed_at=None).count():
        told.append(f"{flags} flagged sales wait for a look")
    return warning("; ".join(told)) if told else ok("nothing is stopped, nothing is flagged")


def _look_at_process(name: str) -> Finding:
    silent_secs = heartbeats.silent_secs()[name]
    if silent_secs >= heartbeats.REMEMBERED_SECS:
        return failed(f"No sign of life of {_WHAT[name]}, for a day or more.")
    if silent_secs > settings.SILENT_SECS_MAX:
        return failed(f"No sign of life of {_WHAT[name]}, for {silent_secs:.0f} s.")
    return ok(f"alive {silent_secs:.0f} s ago")
