"""What the laws of money were last found to say, for administrators. Kept in the cache: losing it loses no money."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from redis.exceptions import RedisError

from trading.laws import Law

logger = logging.getLogger(__name__)

_KEY = "laws-of-money"


@dataclass(frozen=True, slots=True)
class LawResult:
    """When all laws were checked, and the names of those that did not hold."""

    checked_at: datetime
    checked: int
    broken: list[str]


def keep_result(*, laws: Sequence[Law], now: datetime) -> None:
    """Remember what a check found. Without Redis it is not remembered, and the check is none the worse."""
    broken = [law.name for law in laws if not law.holds]
    try:
        cache.set(_KEY, (now, len(laws), broken), timeout=None)
    except RedisError as error:
        logger.warning("the result of the check is not remembered: %s", error)


def last_result() -> LawResult | None:
    """What the last check found; None where there was none, or Redis lost it or is away."""
    try:
        kept = cache.get(_KEY)
    except RedisError:
        return None
    return LawResult(*kept) if kept else None
