"""Celery beat with a lease in Redis: several may run, and the holder of the lease sends.

So every host can have one. When the sender's host is cut off, another takes over within `LEASE_SECS` and a moment;
two that sent would not double a cycle, whose number is unique, but make cycles come too soon.
"""

from __future__ import annotations

import logging
import math
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import redis
from celery.beat import Scheduler, SchedulingError
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from operations.jobs.liveness import touch

logger = logging.getLogger(__name__)

LEASE_SECS = 2.0
#: How often the holder renews the lease, and the others look whether it is free.
LOOK_SECS = 0.5
_KEY = f"{settings.REDIS_PREFIX}:beat:lease"

# One step, so that only one takes a lease that is free, as is one that ends later than any that is given now: the clock
# was set back since. ARGV: who asks, and for how many milliseconds.
_TAKE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and redis.call('PTTL', KEYS[1]) <= tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_GIVE_BACK = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class LeasedScheduler(Scheduler):
    """Celery's own scheduler while it holds the lease; without it, it only follows the schedule."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._name = uuid4().hex
        self._holds_lease = False
        self._look_at_secs = -math.inf
        # Nobody waits for an answer until the lease, were it renewed just before, is over.
        waits = {"socket_timeout": LOOK_SECS, "socket_connect_timeout": LOOK_SECS, "retry": Retry(NoBackoff(), 0)}
        self._redis = redis.Redis.from_url(settings.REDIS_URL, **waits)
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send due tasks while holding the lease. Returns the seconds until the next call."""
        touch()
        if time.monotonic() >= self._look_at_secs:
            self._look()
        if not self._holds_lease:
            self._keep_time()
            return LOOK_SECS
        self._notice_set_back()
        return min(float(super().tick(*args, **kwargs)), LOOK_SECS)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send a due task. While Redis refuses it is skipped, with a line in the log: it is due again soon."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            logger.error("what is due cannot be sent: %s", error)

    def close(self) -> None:
        """Release the lease, so that another goes on at once."""
        super().close()
        if self._holds_lease:
            try:
                self._redis.eval(_GIVE_BACK, 1, _KEY, self._name)
            except redis.RedisError as error:
                logger.warning("the lease of beat was not given back: %s", error)

    def _look(self) -> None:
        self._look_at_secs = time.monotonic() + LOOK_SECS
        try:
            self._holds_lease = bool(self._redis.eval(_TAKE, 1, _KEY, self._name, int(LEASE_SECS * 1000)))
        except redis.RedisError as error:
            logger.warning("whose turn it is to send is unknown: %s", error)
            self._holds_lease = False

    def _notice_set_back(self) -> None:
        """Mark entries sent in the future as sent now: after the clock was set back they would wait until then."""
        entries = [(entry, entry.last_run_at) for entry in self.schedule.values()]
        ahead = [entry for entry, sent_at in entries if sent_at and sent_at > entry.default_now()]
        for entry in ahead:
            entry.last_run_at = entry.default_now()
        if ahead:
            self._heap = None

    def _keep_time(self) -> None:
        """Mark the sender's tasks as sent, but for the time for which it may be gone unnoticed."""
        for entry in self.schedule.values():
            entry.last_run_at = entry.default_now() - timedelta(seconds=LEASE_SECS + LOOK_SECS)
        self._heap = None
