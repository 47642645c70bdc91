"""The status of the exchange in words for people: the page that the footer's Status opens. Programs ask /readyz."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import redis
from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.observability.heartbeats import STREAMS, silent_secs
from markets.models import Cycle
from markets.selectors import last_cycle
from operations.health import ask_database, ask_redis

#: Streams show a sign of life every few seconds; who has been silent for longer is away.
STREAMS_SILENT_SECS = 20.0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the exchange: whether it works, what players notice of it, and the time that the words are about.

    The time is None where they are about none.
    """

    name: str
    works: bool
    words: str
    at: datetime | None = None


@require_safe
@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """Show which parts work and which do not; 200 in any case, as the page itself was answered."""
    now = timezone.now()
    parts = [_database(), _redis(), _cycles(now), _streams()]
    context = {"parts": parts, "all_work": all(part.works for part in parts), "now": now}
    return render(request, "status.html", context)


def _database() -> Part:
    works = _answers(ask_database)
    words = (
        "Balances, shares and land can be read and changed." if works else "Nothing can be bought or sold right now."
    )
    return Part("Database", works, words)


def _redis() -> Part:
    works = _answers(ask_redis)
    words = "What happens is passed on to every page." if works else "Pages do not hear of what happens right now."
    return Part("Messages", works, words)


def _cycles(now: datetime) -> Part:
    cycle = _last_cycle()
    if cycle is None:
        return Part("Prices", False, "No cycle has run yet, so attention moves no price.")
    age_secs = (now - cycle.at).total_seconds()
    if age_secs < -settings.CLOCK_SKEW_MAX_SECS:
        words = f"The exchange's clock was set back: the last cycle, number {cycle.number:,}, bears a time to come."
        return Part("Prices", False, words, cycle.at)
    age_secs = max(0.0, age_secs)
    works = age_secs <= settings.READY_CYCLE_AGE_SECS
    words = f"The last cycle, number {cycle.number:,}, ran {_age_text(age_secs)} ago."
    if not works:
        words += f" One should run every {settings.CYCLE_SECS:g} s: attention moves no price meanwhile."
    return Part("Prices", works, words, cycle.at)


def _streams() -> Part:
    works = _streams_silent_secs() <= STREAMS_SILENT_SECS
    words = "Prices move on open pages by themselves." if works else "Pages stand still: reload them for newer prices."
    return Part("Live streams", works, words)


def _age_text(secs: float) -> str:
    if secs < 60:
        return f"{secs:.1f} s"
    minutes = int(secs // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except (Error, redis.RedisError):
        return False
    return True


def _last_cycle() -> Cycle | None:
    try:
        return last_cycle()
    except Error:
        return None


def _streams_silent_secs() -> float:
    try:
        return silent_secs()[STREAMS]
    except redis.RedisError:
        return float("inf")
