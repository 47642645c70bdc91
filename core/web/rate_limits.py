"""Limits of a client's requests a minute, counted in Redis, and reported in every reply.

Without Redis nobody is counted and everybody is let in: money does not stop because a counter is away.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeAlias

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from core.errors import RateLimited
from core.web.client_addresses import address_of_request, household_of
from core.web.rate_limit_allowances import Allowances

logger = logging.getLogger(__name__)

P = ParamSpec("P")
PageView: TypeAlias = Callable[Concatenate[HttpRequest, P], HttpResponse]

# One step, and so one round trip: a counter that exists and never expires cannot be. ARGV: how many requests, for how
# many seconds the counter lives.
_TAKE = """
local used = redis.call('INCRBY', KEYS[1], ARGV[1])
if used == tonumber(ARGV[1]) then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return used - ARGV[1]
"""
# Nobody waits longer for a counter.
_REDIS_WAIT_SECS = 1.0

# By the length of the window, in seconds.
_allowances: defaultdict[int, Allowances] = defaultdict(Allowances)


class Counted(NamedTuple):
    """A request as counted by one limit: the limit's name, its number a window, the remainder and the window's end."""

    policy: str
    limit: int
    window_secs: int
    remaining: int
    reset_secs: int


def counted_of(request: HttpRequest) -> list[Counted]:
    """Return the limits that a request was counted by; empty for one that none counts."""
    counted: list[Counted] = getattr(request, "counted", [])
    return counted


class FixedWindowThrottle(SimpleRateThrottle):
    """A limit by one counter for each client and window, however high the limit, where DRF's own keeps every time
    stamp.
    """

    num_requests: int
    duration: int

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request; return False when the window's limit is used up. Leaves the count in `counted_of`.

        True without Redis.
        """
        if self.rate is None:
            return True
        key = self.get_cache_key(request, view)
        if key is None:
            return True
        window = int(time.time() // self.duration)
        self.reset_secs = int((window + 1) * self.duration - time.time()) + 1
        left = self._use(f"{settings.REDIS_PREFIX}:{key}:{window}", window)
        if left is None:
            return True
        counted = Counted(self.scope or "", self.num_requests, self.duration, max(0, left), self.reset_secs)
        request._request.counted = [*counted_of(request._request), counted]  # type: ignore[attr-defined]
        return left >= 0

    def get_ident(self, request: Request) -> str:
        """Return the address that a client is counted by, as far as NUM_PROXIES trusts X-Forwarded-For."""
        return household_of(address_of_request(request))

    def _use(self, counter: str, window: int) -> int | None:
        return _allowances[self.duration].use(
            counter,
            window=window,
            limit=self.num_requests,
            share=max(1, self.num_requests * settings.RATE_LIMIT_TAKEN_PERCENT // 100),
            take=lambda share: _take(counter, share, timeout_secs=self.duration),
        )

    def wait(self) -> float | None:
        """Return the seconds until the next window."""
        return float(self.reset_secs)


class PlayerThrottle(FixedWindowThrottle):
    """The limit of players by account, with all of their tokens and sessions; of guests by address."""

    scope = "player"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """Return the account's or the address's key; guests have a rate of their own."""
        if request.user.is_authenticated:
            return f"throttle:player:{request.user.pk}"
        # None is for no rate, and guests have one.
        self.scope = "guest"
        self.num_requests, self.duration = self.parse_rate(self.THROTTLE_RATES["guest"])  # type: ignore[assignment]
        return f"throttle:guest:{self.get_ident(request)}"


class AddressThrottle(FixedWindowThrottle):
    """The limit of all players at one address together: generous, as a school has one."""

    scope = "address"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """Return the address's key; None for guests, who are counted by address already."""
        return f"throttle:address:{self.get_ident(request)}" if request.user.is_authenticated else None


class MoneyThrottle(FixedWindowThrottle):
    """The limit of requests that move a player's money, shares or land: writes of the views with `moves_money`."""

    scope = "money"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """Return the account's key, or None for requests that move nothing."""
        if request.method in SAFE_METHODS or not getattr(view, "moves_money", False):
            return None
        return f"throttle:money:{request.user.pk}" if request.user.is_authenticated else None


class ByAddressThrottle(FixedWindowThrottle):
    """A limit by address, with a counter for each scope."""

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """Return the address's key."""
        return f"throttle:{self.scope}:{self.get_ident(request)}"


class SignInThrottle(ByAddressThrottle):
    """The limit of requests that take a password: sign-ins, registrations, changes."""

    scope = "sign_in"


class RegisterThrottle(ByAddressThrottle):
    """The limit of new accounts."""

    scope = "register"


class PasswordResetThrottle(ByAddressThrottle):
    """The limit of mails with a link for a new password."""

    scope = "password_reset"


def count_refused(request: Request, view: Any) -> None:
    """Count a request that was refused before any limit counted it, as one without a credential is, by its address.

    Raises RateLimited beyond the limit of guests, so that guessing credentials is limited as guests are.
    """
    if counted_of(request._request):
        return
    throttle = PlayerThrottle()
    if not throttle.allow_request(request, view):
        raise _too_many(throttle.reset_secs)


def count_address_change(request: HttpRequest) -> None:
    """Count a request for a new address like a sign-in, as it takes a password, and like a mail. Raises RateLimited."""
    for throttle in (SignInThrottle, PasswordResetThrottle):
        _count(request, throttle(), None)


def limit_password_resets(view: PageView[P]) -> PageView[P]:
    """Count the forms that ask for a link like the API's requests. Raises RateLimited beyond the limit."""
    return _limited(view, (PasswordResetThrottle,), ("POST",))


def limit_sign_ins(view: PageView[P]) -> PageView[P]:
    """Count the forms that are sent to a page like sign-ins of the API. Raises RateLimited beyond the limit."""
    return _limited(view, (SignInThrottle,), ("POST",))


def limit_registrations(view: PageView[P]) -> PageView[P]:
    """Count the forms for a new account like registrations by the API. Raises RateLimited beyond the limit."""
    return _limited(view, (SignInThrottle, RegisterThrottle), ("POST",))


def limit_requests(view: PageView[P]) -> PageView[P]:
    """Count requests to a page like requests to the API. Raises RateLimited beyond the limit."""
    return _limited(view, (PlayerThrottle, AddressThrottle), ("GET", "HEAD", "POST"))


def limit_money(view: PageView[P]) -> PageView[P]:
    """Count the forms that move money, shares or land like orders by the API. Raises RateLimited beyond the limit."""
    view.moves_money = True  # type: ignore[attr-defined]
    return _limited(view, (PlayerThrottle, AddressThrottle, MoneyThrottle), ("GET", "HEAD", "POST"))


def _limited(
    view: PageView[P], throttles: tuple[type[FixedWindowThrottle], ...], methods: tuple[str, ...]
) -> PageView[P]:
    @wraps(view)
    def limited(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        for throttle in throttles if request.method in methods else ():
            _count(request, throttle(), view)
        return view(request, *args, **kwargs)

    return limited


def _count(request: HttpRequest, throttle: FixedWindowThrottle, view: Any) -> None:
    asked = Request(request)
    # Whom the page's session knows, not whom the API's ways to sign in would.
    asked.user = request.user
    if throttle.allow_request(asked, view):
        return
    raise _too_many(throttle.reset_secs)


def _too_many(wait_secs: int) -> RateLimited:
    refusal = RateLimited(f"Too many tries in a short time. Wait {wait_secs} s, then try again.")
    refusal.retry_after_secs = wait_secs
    return refusal


def _take(counter: str, share: int, *, timeout_secs: int) -> int | None:
    """Add to the counter, and return its value before; None when Redis is away."""
    try:
        return int(_redis(settings.REDIS_URL).eval(_TAKE, 1, counter, share, timeout_secs))
    except redis.RedisError as error:
        logger.warning("requests are not counted: %s", error)
        return None


@lru_cache(maxsize=1)
def _redis(url: str) -> redis.Redis:
    """Return this process's connections for counting."""
    return redis.Redis.from_url(
        url,
        socket_timeout=_REDIS_WAIT_SECS,
        socket_connect_timeout=_REDIS_WAIT_SECS,
        # After a restart of Redis the kept connections are dead: once more, on a new one. Not after a timeout.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )
