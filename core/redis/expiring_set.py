"""Sets of members that expire: kept in Redis for all processes, and copied by each, so that a look costs no round trip.

A process reads the whole set, which is small, once in FRESH_SECS, whoever asks. While Redis is away it goes on with
what it knew.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

FRESH_SECS = 1.0
#: So long nobody asks again when Redis did not answer, and waits for its answer at most.
AWAY_SECS, WAIT_SECS = 5.0, 0.5
#: Redis drops a set that nothing was added to for so long. No member lasts longer.
KEPT_SECS = 30 * 24 * 3600


class ExpiringSet:
    """A set of texts, each until its time. Every process knows an addition within FRESH_SECS, its own at once."""

    def __init__(self, name: str) -> None:
        self.name = name
        #: The monotonic time until which this process's copy counts as fresh.
        self.good_until = 0.0
        self._expiries: Mapping[str, float] = {}
        # Another object after each addition of this process: a read that began before it is out of date.
        self._edition = object()

    def add(self, members: Iterable[str], *, lasting_secs: float) -> None:
        """Add members for so long, KEPT_SECS at most. Raises RedisError; nothing is added then."""
        now = time.time()
        added = dict.fromkeys(members, now + lasting_secs)
        with redis_client().pipeline() as pipeline:
            pipeline.zadd(self._key, added)
            pipeline.zremrangebyscore(self._key, 0, now)
            pipeline.expire(self._key, KEPT_SECS)
            pipeline.execute()
        self._edition = object()
        self._expiries = {**self._expiries, **added}
        self.good_until = 0.0

    def __contains__(self, member: str) -> bool:
        return self.secs_left(member) > 0

    def secs_left(self, member: str) -> float:
        """Return how long a member stays in the set; 0 or less where it is not in it."""
        if time.monotonic() >= self.good_until:
            self._look_again()
        return self._expiries.get(member, 0.0) - time.time()

    def _look_again(self) -> None:
        edition = self._edition
        # Other threads go on with what is known meanwhile.
        self.good_until = time.monotonic() + AWAY_SECS
        try:
            found: Any = redis_client().zrangebyscore(self._key, time.time(), "+inf", withscores=True)
        except redis.RedisError as error:
            logger.warning("%s are not read: %s", self.name, type(error).__name__)
            return
        if edition is not self._edition:
            self.good_until = 0.0
            return
        self._expiries = {member.decode(): until for member, until in found}
        self.good_until = time.monotonic() + FRESH_SECS

    @property
    def _key(self) -> str:
        return f"{settings.REDIS_PREFIX}:{self.name}"


def redis_client() -> redis.Redis:
    """Return this process's Redis client for the sets, which waits for no answer longer than WAIT_SECS."""
    return _client(settings.REDIS_URL)


@lru_cache(maxsize=1)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=WAIT_SECS, socket_connect_timeout=WAIT_SECS)
