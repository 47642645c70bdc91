"""Sign-ins that ended while their access tokens still live: known to every process within a second, without a query.

While Redis is away a process knows what it knew; then a token lives as long as it says, ACCESS_TOKEN_LIFETIME_SECS at
most.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import redis
from rest_framework_simplejwt.settings import api_settings

from core.redis.expiring_set import ExpiringSet

logger = logging.getLogger(__name__)

#: By number, for as long as their access tokens live.
ended_sign_ins = ExpiringSet("ended-sign-ins")


def announce(numbers: Sequence[int]) -> None:
    """Have all processes refuse the access tokens of these sign-ins. With Redis away they live on until they expire."""
    try:
        ended_sign_ins.add(map(str, numbers), lasting_secs=api_settings.ACCESS_TOKEN_LIFETIME.total_seconds())
    except redis.RedisError as error:
        logger.warning("the tokens of %s sign-ins live on: %s", len(numbers), type(error).__name__)


def is_ended(number: int | None) -> bool:
    """Return whether this sign-in has ended. A token without a sign-in has not ended."""
    return number is not None and str(number) in ended_sign_ins
