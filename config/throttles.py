"""How many requests a client may make a minute, counted in Redis, and told to it in every reply.

Without Redis nobody is counted and everybody is let in: money does not stop because a counter is away.
"""

from __future__ import annotations

import logging
import time
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

logger = logging.getLogger(__name__)

# One step, and so one round trip: a counter that exists and never expires cannot be.
_COUNT = """
local used = redis.call('INCR', KEYS[1])
if used == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return used
"""
# Nobody waits longer for a counter.
_REDIS_WAIT_SECS = 1.0


class FixedWindowThrottle(SimpleRateThrottle):
    """A counter a client and window: one Redis call however high the limit, where DRF's own keeps every time stamp."""

    num_requests: int
    duration: int

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request; False when the window's limit is used up. Leaves `rate_limit` on the request.

        True without Redis.
        """
        if self.rate is None:
            return True
        key = self.get_cache_key(request, view)
        if key is None:
            return True
        window = int(time.time() // self.duration)
        self.reset_secs = int((window + 1) * self.duration - time.time()) + 1
        used = _count(f"{key}:{window}", timeout_secs=self.duration)
        if used is None:
            return True
        _tell(request, limit=self.num_requests, remaining=max(0, self.num_requests - used), reset_secs=self.reset_secs)
        return bool(used <= self.num_requests)

    def wait(self) -> float | None:
        """Seconds until the next window."""
        return float(self.reset_secs)


class PlayerThrottle(FixedWindowThrottle):
    """Players by account, guests by address."""

    scope = "player"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """The account's or the address's key; guests have a rate of their own."""
        if request.user.is_authenticated:
            return f"throttle:player:{request.user.pk}"
        # None is for no rate, and guests have one.
        self.num_requests, self.duration = self.parse_rate(self.THROTTLE_RATES["guest"])  # type: ignore[assignment]
        return f"throttle:guest:{self.get_ident(request)}"


class SignInThrottle(FixedWindowThrottle):
    """Registration and sign-in, by address."""

    scope = "sign_in"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """The address's key."""
        return f"throttle:sign_in:{self.get_ident(request)}"


def _count(counter: str, *, timeout_secs: int) -> int | None:
    """How often the counter was counted, this time included; None when Redis is away."""
    try:
        return int(_redis().eval(_COUNT, 1, f"{settings.REDIS_PREFIX}:{counter}", timeout_secs))
    except redis.RedisError as error:
        logger.warning("requests are not counted: %s", error)
        return None


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    """This process's connections for counting."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=_REDIS_WAIT_SECS,
        socket_connect_timeout=_REDIS_WAIT_SECS,
        # After a restart of Redis the kept connections are dead: once more, on a new one. Not after a timeout.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )


def _tell(request: Request, *, limit: int, remaining: int, reset_secs: int) -> None:
    """Keep the tightest limit for `config.middleware.rate_limit_headers`."""
    told = getattr(request._request, "rate_limit", None)
    if told is None or remaining < told[1]:
        request._request.rate_limit = (limit, remaining, reset_secs)  # type: ignore[attr-defined]
