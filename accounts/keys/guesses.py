"""Limits on guessing API keys: wrong keys are counted by prefix and address, and too many lock that pair out.

So nobody locks a key out from elsewhere. Every process knows the locked pairs within a second, without a round trip
for each request. Without Redis nobody is counted: a key has too many random bits to be guessed at any rate.
"""

from __future__ import annotations

import logging
import time
from functools import lru_cache
from typing import Any, ClassVar

import redis
from django.conf import settings

from core.errors import LockedOut

logger = logging.getLogger(__name__)

FRESH_SECS, AWAY_SECS, WAIT_SECS = 1.0, 5.0, 0.5


class _Known:
    """A copy of the locked-out pairs of key prefix and address, and the monotonic time until which it counts as
    fresh.
    """

    locked: ClassVar[dict[str, float]] = {}
    good_until = 0.0
    #: Another object after each pair that this process locked out: a read that began before it is out of date.
    edition = object()


def refuse_locked(prefix: str, household: str) -> None:
    """Raise LockedOut after too many wrong keys with this prefix from this address."""
    if time.monotonic() >= _Known.good_until:
        _look_again()
    until = _Known.locked.get(_pair(prefix, household), 0.0)
    if (left_secs := until - time.time()) > 0:
        refusal = LockedOut("Too many wrong API keys that begin so. Wait, then try again.")
        refusal.retry_after_secs = int(left_secs) + 1
        raise refusal


def count_wrong(prefix: str, household: str) -> None:
    """Count a wrong key of this prefix and address."""
    lockout_secs = int(settings.AXES_COOLOFF_TIME.total_seconds())
    pair = _pair(prefix, household)
    counter = f"{settings.REDIS_PREFIX}:wrong-keys:{pair}"
    until = time.time() + lockout_secs
    try:
        with _redis().pipeline() as pipeline:
            pipeline.incr(counter)
            pipeline.expire(counter, lockout_secs)
            wrong, _ = pipeline.execute()
        if wrong < settings.AXES_FAILURE_LIMIT:
            return
        with _redis().pipeline() as pipeline:
            pipeline.zadd(_key(), {pair: until})
            pipeline.zremrangebyscore(_key(), 0, time.time())
            pipeline.expire(_key(), lockout_secs)
            pipeline.execute()
    except redis.RedisError as error:
        logger.warning("wrong API keys are not counted: %s", type(error).__name__)
        return
    _Known.edition = object()
    _Known.locked = {**_Known.locked, pair: until}
    _Known.good_until = 0.0


def _look_again() -> None:
    # Other threads go on with what is known meanwhile.
    edition = _Known.edition
    _Known.good_until = time.monotonic() + AWAY_SECS
    try:
        members: Any = _redis().zrangebyscore(_key(), time.time(), "+inf", withscores=True)
    except redis.RedisError as error:
        logger.warning("locked API keys are not known: %s", type(error).__name__)
        return
    if edition is not _Known.edition:
        _Known.good_until = 0.0
        return
    _Known.locked = {member.decode(): until for member, until in members}
    _Known.good_until = time.monotonic() + FRESH_SECS


def _pair(prefix: str, household: str) -> str:
    return f"{prefix}|{household}"


def _key() -> str:
    return f"{settings.REDIS_PREFIX}:locked-keys"


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=WAIT_SECS, socket_connect_timeout=WAIT_SECS)
