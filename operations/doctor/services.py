"""Checks of the exchange's services: the database, its standbys, Redis, clocks."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, connections
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from redis.exceptions import OutOfMemoryError, RedisError

from core.database.replicas import ALIAS_PREFIX, lag_secs_of
from core.observability.database_disk import database_disk_problem
from core.redis.clients import redis_client
from markets.selectors import clock_ahead_secs
from operations.doctor.findings import Finding, failed, ok, warning
from operations.health import REDIS_FULL, ask_redis, clock_notice, failure_of, pending_migrations

#: What the exchange is run and tested with. Older ones work as far as Django does.
POSTGRESQL_MAJOR, REDIS_MAJOR = 18, 7


def look_at_database() -> Finding:
    """Report whether the database answers, its latency and its version."""
    connection.ensure_connection()  # refuses what is too old for Django
    started_secs = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    took_ms = (time.perf_counter() - started_secs) * 1000
    way = "through a pooler" if settings.DATABASE_POOLED else "directly"
    words = f"PostgreSQL {version} answers in {took_ms:.1f} ms, {way}"
    if (problem := database_disk_problem()) is not None:
        return failed(problem)
    if int(version.split(".")[0]) < POSTGRESQL_MAJOR:
        return warning(f"{words}; the exchange is tested with {POSTGRESQL_MAJOR}.")
    return ok(words)


def look_at_standbys() -> Finding:
    """Report whether each standby answers, is one, and is not too far behind."""
    aliases = [alias for alias in connections if alias.startswith(ALIAS_PREFIX)]
    if not aliases:
        return ok("none: all reads ask the one database")
    faults = [fault for alias in aliases if (fault := _fault_of_standby(alias))]
    return failed(" ".join(faults)) if faults else ok(f"{len(aliases)} answer and are up to date")


def look_at_migrations() -> Finding:
    """Report whether the database has all migrations of this code."""
    missing = pending_migrations()
    if missing:
        return failed(f"{', '.join(missing)}: run manage.py migrate.")
    return ok("all are applied")


def look_at_redis() -> Finding:
    """Report whether Redis answers, its latency and its version."""
    client = redis_client()
    started_secs = time.perf_counter()
    try:
        ask_redis()
    except OutOfMemoryError:
        return failed(REDIS_FULL)
    version = client.info("server")["redis_version"]
    words = f"Redis {version} answers in {(time.perf_counter() - started_secs) * 1000:.1f} ms"
    if int(version.split(".")[0]) < REDIS_MAJOR:
        return warning(f"{words}; {REDIS_MAJOR} or newer is meant for production.")
    return ok(words)


def look_at_clocks() -> Finding:
    """Report whether this machine, the database and Redis agree on the time."""
    with connection.cursor() as cursor:
        skews = {"the database": _skew_secs(lambda: _database_secs(cursor))}
    try:
        skews["Redis"] = _skew_secs(_redis_secs)
    except RedisError as error:
        return failed(f"Redis does not tell the time: {failure_of(error)}.")
    notice = clock_notice(clock_ahead_secs(timezone.now()))
    words = ", ".join(
        f"{whose} is {abs(secs):.3f} s {'ahead' if secs > 0 else 'behind'}" for whose, secs in skews.items()
    )
    if max(map(abs, skews.values())) > settings.CLOCK_SKEW_MAX_SECS:
        return failed(f"{words}, by this machine's clock ({datetime.now(UTC):%H:%M:%S} UTC): is NTP on?")
    return warning(f"{notice} Now {words}.") if notice else ok(words)


def _fault_of_standby(alias: str) -> str | None:
    try:
        lag_secs = lag_secs_of(alias)
    except DatabaseError as error:
        return f"{alias} does not answer: {failure_of(error)}."
    if lag_secs is None:
        return f"{alias} is no standby."
    if lag_secs > settings.REPLICA_LAG_MAX_SECS:
        return f"{alias} is {lag_secs:.0f} s behind."
    return None


def _skew_secs(ask: Callable[[], float]) -> float:
    """Return the seconds by which another clock is ahead; its answer counts for the middle of the request's
    duration.
    """
    before_secs = time.time()
    their_secs = ask()
    return their_secs - (before_secs + time.time()) / 2


def _database_secs(cursor: CursorWrapper) -> float:
    cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
    return float(cursor.fetchone()[0])


def _redis_secs() -> float:
    secs, micros = redis_client().time()
    return float(secs) + float(micros) / 1e6
