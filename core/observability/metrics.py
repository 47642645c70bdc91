"""All metrics in one place: alerts and dashboards use the names declared here.

A process counts in its own memory. Where PROMETHEUS_MULTIPROC_DIR names a folder, the processes of one machine that
share it count in files there, and any of them answers for all: granian's workers do so.
"""

from __future__ import annotations

import os
from pathlib import Path

# It looks whether the folder is there when it is imported.
if shared_folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    try:
        Path(shared_folder).mkdir(parents=True, exist_ok=True)
    except OSError:
        # No room for a folder: this process counts for itself.
        shared_folder = os.environ["PROMETHEUS_MULTIPROC_DIR"] = ""
        del os.environ["PROMETHEUS_MULTIPROC_DIR"]

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from core.observability.shared_values import keep_processes_alive

keep_processes_alive()

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SHORT_SECS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0)
_REQUEST_SECS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_WAIT_SECS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)

# --- Requests ---------------------------------------------------------------------------------------------------------

REQUEST_SECS = Histogram(
    "exchange_http_request_seconds", "How long requests took.", ("view", "method"), buckets=_REQUEST_SECS
)
RESPONSES = Counter("exchange_http_responses_total", "Answered requests.", ("view", "method", "status"))
REFUSALS = Counter("exchange_refusals_total", "What the exchange refused, by its code.", ("code",))
LOG_LINES = Counter("exchange_log_lines_total", "Warnings and errors in the log.", ("level",))
SIGN_INS = Counter("exchange_sign_ins_total", "Sign-ins: succeeded, failed, or locked out.", ("outcome",))

# --- Money ------------------------------------------------------------------------------------------------------------

TRADES = Counter("exchange_trades_total", "Trades carried out.", ("biome", "side"))
LOCK_TIMEOUTS = Counter("exchange_lock_timeouts_total", "Transactions that waited for a lock in vain.")
DEADLOCKS = Counter("exchange_deadlocks_total", "Transactions that the database ended to break a deadlock.")
LISTING_SETTLE_DELAY_SECS = Histogram(
    "exchange_listing_settle_delay_seconds", "From a listing's end to its settlement.", buckets=_WAIT_SECS
)

# --- Cycles -----------------------------------------------------------------------------------------------------------

CYCLES = Counter("exchange_cycles_total", "Cycles run, by reason; busy ones were skipped.", ("reason",))
CYCLE_LAG_SECS = Histogram("exchange_cycle_lag_seconds", "How late cycles began.", buckets=_SHORT_SECS)
CYCLE_SECS = Histogram("exchange_cycle_seconds", "How long cycles took, commit included.", buckets=_SHORT_SECS)
CYCLE_LOCK_WAIT_SECS = Histogram(
    "exchange_cycle_lock_wait_seconds", "How long cycles waited for the markets' locks.", buckets=_SHORT_SECS
)
CYCLE_LOCK_HELD_SECS = Histogram(
    "exchange_cycle_lock_held_seconds", "How long cycles held the markets' locks.", buckets=_SHORT_SECS
)
CLOCK_SET_BACK = Counter("exchange_clock_set_back_total", "How often a cycle found the one before it in the future.")
ATTENTION_POINTS = Counter("exchange_attention_points_total", "Points given: accepted or dropped.", ("outcome",))

# --- Streams ----------------------------------------------------------------------------------------------------------

STREAM_CLIENTS = Gauge(
    "exchange_stream_clients", "Connected clients: guests and players.", ("who",), multiprocess_mode="livesum"
)
STREAM_EVENTS = Counter("exchange_stream_events_total", "Events handed out, by type.", ("type",))
STREAM_LAG_SECS = Histogram(
    "exchange_stream_lag_seconds", "From an event's announcement until all its clients have it.", buckets=_SHORT_SECS
)
STREAM_DROPPED = Counter(
    "exchange_stream_dropped_total", "What slow clients were not told: replaced states, and resyncs.", ("why",)
)
STREAM_LOST = Counter("exchange_stream_lost_total", "Events that Redis did not take; clients are told to resync.")
STREAM_READ_FAILURES = Counter("exchange_stream_read_failures_total", "How often the live log could not be read.")

# --- Tasks ------------------------------------------------------------------------------------------------------------

TASK_SECS = Histogram("exchange_task_seconds", "How long tasks took.", ("task",), buckets=_REQUEST_SECS)
TASK_WAIT_SECS = Histogram("exchange_task_wait_seconds", "How long tasks waited in a queue.", buckets=_WAIT_SECS)
TASK_FAILURES = Counter("exchange_task_failures_total", "Tasks that failed.", ("task",))


def exposition() -> bytes:
    """Return the metrics of this process, or of all that share its folder, in Prometheus' format."""
    if not shared_folder:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def leave() -> None:
    """End this process's metrics: its counters stay, its gauges (such as clients) are removed.

    In a shared folder only.
    """
    if shared_folder:
        mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]
