"""Signs of life in Redis from the background processes, a few seconds apart.

A worker sends it after a task, so it shows that the queue is served and not merely that a process exists.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import redis
from django.conf import settings

from core.redis.clients import redis_client

logger = logging.getLogger(__name__)

#: Whose signs of life are looked for: beat, a worker for each queue, and the streams.
BEAT, DEFAULT_QUEUE, REDISTRIBUTION_QUEUE, STREAMS = "beat", "worker", "redistribution", "streams"
EXPECTED = (BEAT, DEFAULT_QUEUE, REDISTRIBUTION_QUEUE, STREAMS)
EVERY_SECS = 5.0
#: Who has been silent for longer has left no trace.
REMEMBERED_SECS = 24 * 3600.0
_last_secs: dict[str, float] = {}


def show_life(name: str) -> None:
    """Record that `name` lives, at most once in `EVERY_SECS`. Without Redis this is skipped."""
    now_secs = time.monotonic()
    if now_secs - _last_secs.get(name, -EVERY_SECS) < EVERY_SECS:
        return
    _last_secs[name] = now_secs
    try:
        redis_client().set(_key(name), 1, px=round(REMEMBERED_SECS * 1000))
    except redis.RedisError as error:
        logger.warning("signs of life are not heard: %s", type(error).__name__)


def silent_secs() -> dict[str, float]:
    """Return the seconds since each expected process's last sign of life, by Redis's own clock; `REMEMBERED_SECS` at
    most.

    A sign of life from the future is one from before the clock was set back: as old as it is ahead, at the least.
    Raises redis.RedisError.
    """
    with redis_client().pipeline(transaction=False) as pipe:
        for name in EXPECTED:
            pipe.pttl(_key(name))
        left: list[Any] = pipe.execute()
    return {name: abs(REMEMBERED_SECS - max(0, left_ms) / 1000) for name, left_ms in zip(EXPECTED, left, strict=True)}


def _key(name: str) -> str:
    return f"{settings.REDIS_PREFIX}:alive:{name}"
