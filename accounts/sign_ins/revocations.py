"""Sign-ins that ended while their access tokens still live: known to every process within a second, without a query.

A process reads the whole list, which holds the last minutes only, once in FRESH_SECS, whoever asks. While Redis is
away it knows what it knew; then a token lives as long as it says, ACCESS_TOKEN_LIFETIME_SECS at most.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from functools import lru_cache

import redis
from django.conf import settings
from rest_framework_simplejwt.settings import api_settings

logger = logging.getLogger(__name__)

FRESH_SECS = 1.0
#: So long nobody asks again when Redis did not answer, and waits for its answer at most.
AWAY_SECS, WAIT_SECS = 5.0, 0.5


class _Known:
    """A process's copy of the ended sign-ins, and the monotonic time until which it counts as fresh."""

    numbers: frozenset[int] = frozenset()
    good_until = 0.0
    #: Another object after each announcement of this process: a read that began before it is out of date.
    edition = object()


def announce(numbers: Sequence[int]) -> None:
    """Have all processes refuse the access tokens of these sign-ins. With Redis away they live on until they expire."""
    lifetime_secs = api_settings.ACCESS_TOKEN_LIFETIME.total_seconds()
    now = time.time()
    try:
        with _redis().pipeline() as pipeline:
            pipeline.zadd(_key(), {str(number): now + lifetime_secs for number in numbers})
            pipeline.zremrangebyscore(_key(), 0, now)
            pipeline.expire(_key(), int(lifetime_secs) + 1)
            pipeline.execute()
        # This process, at least, need not wait until it looks again.
        _Known.edition = object()
        _Known.numbers |= frozenset(numbers)
        _Known.good_until = 0.0
    except redis.RedisError as error:
        logger.warning("the tokens of %s sign-ins live on: %s", len(numbers), type(error).__name__)


def is_ended(number: int | None) -> bool:
    """Return whether this sign-in has ended, as of at most FRESH_SECS ago. A token without a sign-in has not ended."""
    if number is None:
        return False
    if time.monotonic() >= _Known.good_until:
        _look_again()
    return number in _Known.numbers


def _look_again() -> None:
    # Other threads go on with what is known meanwhile.
    edition = _Known.edition
    _Known.good_until = time.monotonic() + AWAY_SECS
    try:
        members: list[bytes] = _redis().zrangebyscore(_key(), time.time(), "+inf")  # type: ignore[assignment]
    except redis.RedisError as error:
        logger.warning("ended sign-ins are not known: %s", type(error).__name__)
        return
    if edition is not _Known.edition:
        _Known.good_until = 0.0
        return
    _Known.numbers = frozenset(int(member) for member in members)
    _Known.good_until = time.monotonic() + FRESH_SECS


def _key() -> str:
    return f"{settings.REDIS_PREFIX}:ended-sign-ins"


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=WAIT_SECS, socket_connect_timeout=WAIT_SECS)
