"""Detection of a full disk of the database, wherever it is: PostgreSQL reports it when a write fails, in any process.

Kept in Redis, and for this process in memory, as Redis may be away. Cycles write twice a second and would report it
again.
"""

from __future__ import annotations

import time

import redis
from django.conf import settings

PROBLEM = (
    "The database's disk is full: PostgreSQL could not write (SQLSTATE 53100, disk_full). "
    "Make room there; all goes on by itself then."
)
#: For so long a failed write counts, in seconds.
REMEMBERED_SECS = 15.0
#: A process tells Redis so often at most, in seconds.
EVERY_SECS = 2.0

_redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
_noted_at_secs: float | None = None


def note_full() -> None:
    """Record that a write has just failed for want of room. Raises nothing."""
    global _noted_at_secs
    now_secs = time.monotonic()
    if _noted_at_secs is not None and now_secs < _noted_at_secs + EVERY_SECS:
        return
    _noted_at_secs = now_secs
    try:
        _redis.set(_key(), 1, px=round(REMEMBERED_SECS * 1000))
    except redis.RedisError:
        return


def database_disk_problem() -> str | None:
    """Return a message that the database's disk is full; None where no write has failed recently."""
    if _noted_at_secs is not None and time.monotonic() < _noted_at_secs + REMEMBERED_SECS:
        return PROBLEM
    try:
        return PROBLEM if _redis.exists(_key()) else None
    except redis.RedisError:
        return None


def _key() -> str:
    return f"{settings.REDIS_PREFIX}:database_disk_full"
