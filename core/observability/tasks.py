"""Observation of tasks: the work that each belongs to, a duration, a count.

A task that a request has asked for belongs to that request; one of beat's has its own id.
"""

from __future__ import annotations

import logging
import os
import time
from contextvars import Token
from typing import Any

from celery.signals import beat_init, before_task_publish, task_failure, task_postrun, task_prerun, worker_ready
from prometheus_client import start_http_server

from core.observability import context, heartbeats
from core.observability.metrics import TASK_FAILURES, TASK_SECS, TASK_WAIT_SECS

logger = logging.getLogger("exchange.tasks")

#: The message's header with the ids and the time.
HEADER = "exchange"

# By task id, as tasks may run in several threads.
_under_way: dict[str, tuple[Token[Any], float]] = {}
_is_beat = False


@before_task_publish.connect
def send_ids_along(*, headers: dict[str, Any], **_: Any) -> None:
    """Add the ids of the work and the current time to the message."""
    headers[HEADER] = {**context.ids_under_way(), "at": time.time()}
    if _is_beat:
        heartbeats.show_life(heartbeats.BEAT)


@task_prerun.connect
def begin_task(*, task_id: str, task: Any, **_: Any) -> None:
    """Begin the task's work in this thread."""
    sent: dict[str, Any] = getattr(task.request, HEADER, None) or {}
    work = context.Work(
        request_id=str(sent.get("request_id", task_id)),
        operation_id=str(sent.get("operation_id", "")),
        find_player=lambda: sent.get("player_id"),
    )
    _under_way[task_id] = (context.begin(work), time.perf_counter())
    if "at" in sent:
        TASK_WAIT_SECS.observe(max(0.0, time.time() - sent["at"]))


@task_postrun.connect
def end_task(*, task_id: str, task: Any, **_: Any) -> None:
    """Record the task's duration, and that its queue is served."""
    began, started_secs = _under_way.pop(task_id)
    TASK_SECS.labels(task.name).observe(time.perf_counter() - started_secs)
    logger.debug("%s has run", task.name)
    context.end(began)
    delivered = getattr(task.request, "delivery_info", None) or {}
    is_own = delivered.get("routing_key") == heartbeats.REDISTRIBUTION_QUEUE
    heartbeats.show_life(heartbeats.REDISTRIBUTION_QUEUE if is_own else heartbeats.DEFAULT_QUEUE)


@task_failure.connect
def count_failure(*, sender: Any, **_: Any) -> None:
    """Count a task that raised; Celery logs it."""
    TASK_FAILURES.labels(sender.name).inc()


@beat_init.connect
def become_beat(**_: Any) -> None:
    """Mark this process as beat's: each message that it sends is a sign of life."""
    global _is_beat
    _is_beat = True


@worker_ready.connect
def tell_metrics(**_: Any) -> None:
    """Serve this worker's metrics on METRICS_PORT, where it is set: for a network that Prometheus alone shares."""
    if port := os.environ.get("METRICS_PORT"):
        start_http_server(int(port), addr=os.environ.get("METRICS_HOST") or "127.0.0.1")
