"""How many requests a client may make a minute, counted in Redis, and told to it in every reply.

Without Redis nobody is counted and everybody is let in: money does not stop because a counter is away.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

logger = logging.getLogger(__name__)


class FixedWindowThrottle(SimpleRateThrottle):
    """A counter a client and window: two Redis calls however high the limit, where DRF's own keeps every time stamp."""

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
    """How often the counter was counted, this time included; None when Redis is away or has just lost it."""
    try:
        cache.add(counter, 0, timeout=timeout_secs)
        return int(cache.incr(counter))
    except (RedisError, ValueError) as error:
        logger.warning("requests are not counted: %s", error)
        return None


def _tell(request: Request, *, limit: int, remaining: int, reset_secs: int) -> None:
    """Keep the tightest limit for `config.middleware.rate_limit_headers`."""
    told = getattr(request._request, "rate_limit", None)
    if told is None or remaining < told[1]:
        request._request.rate_limit = (limit, remaining, reset_secs)  # type: ignore[attr-defined]
