"""Limits on guessing API keys: wrong keys are counted by prefix and address, and too many lock that pair out.

So nobody locks a key out from elsewhere. Every process knows the locked pairs within a second, without a round trip
for each request. Without Redis nobody is counted: a key has too many random bits to be guessed at any rate.
"""

from __future__ import annotations

import logging

import redis
from django.conf import settings

from core.errors import LockedOut
from core.redis.expiring_set import ExpiringSet, redis_client

logger = logging.getLogger(__name__)

#: The locked-out pairs of key prefix and address.
locked_pairs = ExpiringSet("locked-keys")


def refuse_locked(prefix: str, household: str) -> None:
    """Raise LockedOut after too many wrong keys with this prefix from this address."""
    if (left_secs := locked_pairs.secs_left(_pair(prefix, household))) > 0:
        refusal = LockedOut("Too many wrong API keys that begin so. Wait, then try again.")
        refusal.retry_after_secs = int(left_secs) + 1
        raise refusal


def count_wrong(prefix: str, household: str) -> None:
    """Count a wrong key of this prefix and address."""
    lockout_secs = int(settings.AXES_COOLOFF_TIME.total_seconds())
    pair = _pair(prefix, household)
    counter = f"{settings.REDIS_PREFIX}:wrong-keys:{pair}"
    try:
        with redis_client().pipeline() as pipeline:
            pipeline.incr(counter)
            pipeline.expire(counter, lockout_secs)
            wrong, _ = pipeline.execute()
        if wrong >= settings.AXES_FAILURE_LIMIT:
            locked_pairs.add([pair], lasting_secs=lockout_secs)
    except redis.RedisError as error:
        logger.warning("wrong API keys are not counted: %s", type(error).__name__)


def _pair(prefix: str, household: str) -> str:
    return f"{prefix}|{household}"
