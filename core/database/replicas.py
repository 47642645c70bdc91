"""Routing of reads: to the primary, but for reads that may be a little stale, which a replica may answer.

A read opts in with `may_be_stale`. It is asked of a replica only in a request that changes nothing, of someone who
has changed nothing just now, and outside transactions; never in a task or a command. All the rest, and every write,
is the primary's. A replica's answers are `REPLICA_LAG_MAX_SECS` old at most: one that is further behind, or does not
answer, is passed over, and the primary answers in its place. Without DATABASE_REPLICA_URLS nothing of this is in the
way.
"""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache, wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.http import HttpRequest, HttpResponse

from core.web.middleware import is_api

P = ParamSpec("P")
R = TypeVar("R")
Handler = Callable[[HttpRequest], HttpResponse]

logger = logging.getLogger(__name__)

#: The databases of the settings that are replicas are called by this and a number.
ALIAS_PREFIX = "replica_"
#: In the browser of someone who has just sent a form: what that changed is on the primary, and perhaps not elsewhere.
WROTE_COOKIE = "wrote"
SAFE_METHODS = ("GET", "HEAD")
# How often each process looks how far behind a replica is, and when it looks again at one that it passes over.
_LOOK_SECS = 1.0
_PASS_OVER_SECS = 5.0
# By the clocks of both servers, when the primary committed what the replica has replayed last. NULL on a primary. An
# idle primary looks like a replica that is behind, and then has time for these reads itself.
_LAG = "SELECT extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8"

_is_open: ContextVar[bool] = ContextVar("stale_reads_are_open", default=False)
_alias: ContextVar[str] = ContextVar("reads_from", default=DEFAULT_DB_ALIAS)


class Replica:
    """The state of one replica as this process knows it."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self._looking = Lock()
        self._look_at_secs = -math.inf
        self._fresh_until_secs = -math.inf

    def is_fresh(self) -> bool:
        """Return whether its data are `REPLICA_LAG_MAX_SECS` old at most, even if it stopped at the last check."""
        # One thread looks; meanwhile the others go by the look before.
        if time.monotonic() >= self._look_at_secs and self._looking.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._looking.release()
        return time.monotonic() < self._fresh_until_secs

    def pass_over(self, reason: object) -> None:
        """Skip this replica for some seconds."""
        logger.warning("%s is passed over for %s s: %s", self.alias, _PASS_OVER_SECS, reason)
        self._fresh_until_secs = -math.inf
        self._look_at_secs = time.monotonic() + _PASS_OVER_SECS

    def _look(self) -> None:
        looked_at_secs = time.monotonic()
        try:
            lag_secs = lag_secs_of(self.alias)
        except Error as error:
            # What is broken would be taken for a kept connection otherwise.
            connections[self.alias].close()
            return self.pass_over(error)
        if lag_secs is None:
            return self.pass_over("it is no standby that replays a primary")
        # Behind by its clock, or before it: then the clocks differ, and nothing is known.
        if abs(lag_secs) > settings.REPLICA_LAG_MAX_SECS:
            return self.pass_over(f"it is {lag_secs:.1f} s behind")
        self._look_at_secs = looked_at_secs + _LOOK_SECS
        self._fresh_until_secs = looked_at_secs + settings.REPLICA_LAG_MAX_SECS - max(lag_secs, 0)
        return None


def lag_secs_of(alias: str) -> float | None:
    """Return the seconds that a replica is behind its primary; None for a server that replays nothing.

    Asks the server.
    """
    with connections[alias].cursor() as cursor:
        cursor.execute(_LAG)
        lag_secs: float | None = cursor.fetchone()[0]
    return lag_secs


@lru_cache(maxsize=1)
def replicas() -> tuple[Replica, ...]:
    """Return all replicas that the settings name."""
    return tuple(Replica(alias) for alias in connections if alias.startswith(ALIAS_PREFIX))


def may_be_stale(read: Callable[P, R]) -> Callable[P, R]:
    """Let a replica answer all that `read` asks, where the request permits. Not for money, nor for what decides about
    it.

    `read` only reads, and evaluates what it reads: one that a replica fails is called again on the primary.
    """

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> R:
        replica = _replica_for_now()
        if replica is None:
            return read(*args, **kwargs)
        token = _alias.set(replica.alias)
        try:
            return read(*args, **kwargs)
        except Error as error:
            connections[replica.alias].close()
            replica.pass_over(error)
        finally:
            _alias.reset(token)
        return read(*args, **kwargs)

    return reading


def _replica_for_now() -> Replica | None:
    if not _is_open.get() or _alias.get() != DEFAULT_DB_ALIAS or connections[DEFAULT_DB_ALIAS].in_atomic_block:
        return None
    known = replicas()
    return next((replica for replica in random.sample(known, len(known)) if replica.is_fresh()), None)


def reads_from() -> str:
    """Return the alias of the database that the current read asks, for reads that do not go through the ORM."""
    alias = _alias.get()
    if alias is not DEFAULT_DB_ALIAS and connections[DEFAULT_DB_ALIAS].in_atomic_block:
        return DEFAULT_DB_ALIAS
    return alias


class Router:
    """Django's router: reads as `reads_from` decides, all else on the primary."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """Return the database for a read, also of an object's relations: outside of `may_be_stale` they are read
        anew.
        """
        return reads_from()

    def db_for_write(self, model: Any, **hints: Any) -> str:
        """Return the primary, also for rows that are read to be locked."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        """Allow relations between any objects: they are the same data, from whichever database."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Allow migrations on the primary only: replicas copy its tables."""
        return db == DEFAULT_DB_ALIAS


def stale_reads(get_response: Handler) -> Handler:
    """Allow replicas in requests that change nothing, except for visitors who have just sent a form. A middleware.

    The API's answers to writes contain what was written, so a program needs no such mark.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method not in SAFE_METHODS:
            return _marked(request, get_response(request))
        token = _is_open.set(WROTE_COOKIE not in request.COOKIES)
        try:
            return get_response(request)
        finally:
            _is_open.reset(token)

    return middleware


def _marked(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if not is_api(request):
        kept_secs = math.ceil(settings.REPLICA_LAG_MAX_SECS) + 1
        is_secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(WROTE_COOKIE, "1", kept_secs, secure=is_secure, httponly=True, samesite="Lax")
    return response
