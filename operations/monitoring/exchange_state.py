"""Metrics of the exchange's state, read from the database and Redis when Prometheus asks. Reads only, each of a few
rows.

Every web process would answer the same: alerts and dashboards take the `max` over them.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.observability import heartbeats
from core.observability.database_disk import database_disk_problem
from core.redis.clients import redis_client
from marketplace.models import Flag, Listing
from markets.economic_settings import current_settings
from markets.models import EconomicSettings
from markets.selectors import clock_ahead_secs, last_cycle
from operations.health import ask_redis
from operations.monitoring import backups, disks
from trading.invariants.results import last_result

logger = logging.getLogger(__name__)

#: A listing that ended longer ago should have been settled.
OVERDUE = timedelta(seconds=5)
QUEUES = ("celery", "redistribution")

_WAITING = "SELECT coalesce(sum(points), 0)::bigint FROM attention_waitingattention"
_CONNECTIONS = """
    SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1
"""
_MOST_CONNECTIONS = "SELECT current_setting('max_connections')::int, pg_database_size(current_database())"


class StateCollector(Collector):
    """The metrics that are read on demand instead of counted."""

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics of all dependencies that answer; `exchange_up` is 0 for those that do not."""
        up = GaugeMetricFamily("exchange_up", "Whether a dependency answers.", labels=["dependency"])
        dependencies: dict[str, tuple[Callable[[], Iterator[Metric]], type[Exception]]] = {
            "database": (_of_database, DatabaseError),
            "redis": (_of_redis, redis.RedisError),
        }
        for name, (ask, failure) in dependencies.items():
            try:
                # All of it, or none: half an answer would look like a whole one.
                found = list(ask())
            except failure as error:
                logger.warning("%s does not answer for the metrics: %s", name, type(error).__name__)
                found, answers = [], 0
            else:
                answers = 1
            up.add_metric([name], answers)
            yield from found
        yield up
        yield from _of_machine()


def exposition() -> bytes:
    """Return the state in Prometheus' format."""
    registry = CollectorRegistry()
    registry.register(StateCollector())
    return generate_latest(registry)


def queue_lengths() -> dict[str, float]:
    """Return the number of messages that wait in each of Celery's queues. Raises redis.RedisError."""
    client = redis_client()
    return {queue: float(client.llen(f"{settings.REDIS_PREFIX}-celery-{queue}")) for queue in QUEUES}


def _gauge(name: str, help_text: str, value: float | None) -> Iterator[Metric]:
    """Yield one gauge; nothing where its value is unknown."""
    if value is not None:
        yield GaugeMetricFamily(f"exchange_{name}", help_text, value=value)


def _gauges(name: str, help_text: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(f"exchange_{name}", help_text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _of_database() -> Iterator[Metric]:
    now = timezone.now()
    cycle = last_cycle()
    age_secs = (now - cycle.at).total_seconds() if cycle else None
    yield from _gauge("last_cycle_age_seconds", "How long ago the last cycle ran.", age_secs)
    yield from _gauge("clock_ahead_seconds", "How far cycles' times are ahead of the clock.", clock_ahead_secs(now))
    yield from _gauge("last_cycle_number", "Its number.", cycle.number if cycle else None)
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        yield from _gauge("attention_waiting_points", "Points that no cycle has taken yet.", cursor.fetchone()[0])
        cursor.execute(_CONNECTIONS)
        yield _gauges("database_connections", "Connections to the database.", "state", dict(cursor.fetchall()))
        cursor.execute(_MOST_CONNECTIONS)
        most, size_bytes = cursor.fetchone()
    yield from _gauge("database_connections_max", "How many the server takes.", most)
    yield from _gauge("database_bytes", "The size of the database.", size_bytes)
    ended = Listing.objects.filter(status=Listing.Status.ACTIVE, ends_at__lt=now - OVERDUE)
    yield from _gauge("listings_overdue", "Listings that ended and are not settled.", ended.count())
    yield from _of_safeguards()
    yield from _of_invariants()


def _of_safeguards() -> Iterator[Metric]:
    flags = Flag.objects.filter(reviewed_at=None).count()
    yield from _gauge("flags_unreviewed", "Sales far from comparable prices that nobody has looked at.", flags)
    try:
        version = current_settings()
    except EconomicSettings.DoesNotExist:
        return
    stops = {name: float(getattr(version, name)) for name in ("trading_paused", "prices_frozen", "marketplace_paused")}
    yield _gauges("stopped", "What administrators have stopped.", "what", stops)


def _of_invariants() -> Iterator[Metric]:
    result = last_result()
    if result is None:
        return
    yield _gauges("ledger_law_holds", "Whether a law of money held.", "law", result.holding)
    yield from _gauge(
        "ledger_checked_timestamp_seconds", "When the invariants were last checked.", result.checked_at.timestamp()
    )
    yield from _gauge("ledger_check_seconds", "How long that took.", result.took_ms / 1000)


def _of_redis() -> Iterator[Metric]:
    client = redis_client()
    yield _gauges("queue_messages", "Messages that wait for a worker.", "queue", queue_lengths())
    yield _gauges("silent_seconds", "Since the last sign of life.", "process", heartbeats.silent_secs())
    memory = client.info("memory")
    yield from _gauge("redis_memory_bytes", "What Redis uses.", memory["used_memory"])
    yield from _gauge("redis_memory_max_bytes", "What it may use.", memory["maxmemory"] or math.inf)
    yield from _gauge("redis_refuses_writes", "Whether Redis takes nothing, for want of memory.", _refuses_writes())


def _refuses_writes() -> float:
    try:
        ask_redis()
    except redis.OutOfMemoryError:
        return 1.0
    return 0.0


def _of_machine() -> Iterator[Metric]:
    free = {path: disks.free_percent(path) / 100 for path in settings.DISK_PATHS}
    room = {path: float(disks.free_bytes(path)) for path in settings.DISK_PATHS}
    yield _gauges("disk_free_bytes", "How much of a disk is free.", "path", room)
    yield _gauges("disk_free_ratio", "The part of a disk that is free.", "path", free)
    is_full = float(database_disk_problem() is not None)
    yield from _gauge("database_disk_full", "Whether the database lately had no room to write.", is_full)
    if settings.BACKUP_DIR:
        newest = backups.newest()
        age_secs = time.time() - newest.made_at_secs if newest else None
        yield from _gauge("backup_age_seconds", "How old the newest backup is.", age_secs)
