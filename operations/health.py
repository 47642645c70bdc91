"""Health checks: whether the exchange is alive, and can serve. For load balancers, `make run`, and the status page."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import redis
from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from psycopg import errors as pg

from core.observability import database_disk
from markets.selectors import clock_ahead_secs, last_cycle
from operations.monitoring.disks import disk_problem

_redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)

REDIS_FULL = (
    "Redis takes nothing: it is at its memory limit (maxmemory). "
    "Raise the limit or make room; all goes on by itself then."
)

# Migrations that were applied stay so: a process that has seen none missing need not look again.
_has_all_migrations = False


@require_safe
@never_cache
def alive(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process runs."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when database and Redis work, no migration is missing, no disk is full and the last cycle is recent.

    503 otherwise, with what is wrong: each check's `problem`, and all of them in one sentence or two. `notice`
    reports what impairs nothing but should be known.
    """
    checks = {
        "database": _timed("The database", ask_database),
        "redis": _timed("Redis", ask_redis),
        "migrations": _timed("The database", _ask_migrations),
    }
    disk = disk_problem()
    is_explained = bool(disk) or not all(check["ok"] for check in checks.values())
    checks["last_cycle"] = _timed("The database", partial(_ask_last_cycle, is_explained=is_explained))
    notices = [notice for check in checks.values() if (notice := check.pop("notice", None))]
    told = [check["problem"] for check in checks.values() if not check["ok"]]
    problems = list(dict.fromkeys([disk, *told] if disk else told))
    reply = JsonResponse(
        {
            "status": "not_ready" if problems else "ready",
            "problem": " ".join(problems) or None,
            "notice": " ".join(notices) or None,
            "checks": checks,
        }
    )
    if problems:
        reply.status_code = 503
        reply._has_been_logged = True  # type: ignore[attr-defined]  # an answer, and no fault of this server's
    return reply


def pending_migrations() -> list[str]:
    """Return the migrations of this code that the database lacks, such as `trading.0012_ledger_checks`.

    By their names: Django's own way imports and sorts all of them. Raises django.db's errors.
    """
    applied = MigrationRecorder(connection).applied_migrations()
    known = [
        (app.label, module.name)
        for app in apps.get_app_configs()
        for module in iter_modules([str(Path(app.path) / "migrations")])
        if not module.ispkg and module.name[0] not in "_~"
    ]
    return [f"{label}.{name}" for label, name in sorted(known) if (label, name) not in applied]


def failure_of(error: Exception) -> str:
    """Describe an error briefly, by its first line, without the addresses and rows that it quotes."""
    text = str(error).strip().partition("\n")[0]
    known = ("connection refused", "timeout", "no route to host", "password authentication failed", "does not exist")
    words = next((words for words in known if words in text.lower()), "")
    return words or type(error).__name__


def cycle_problem(age_secs: float | None, *, is_explained: bool = False) -> str | None:
    """Return the problem of a last cycle of this age, or without one for None; None where there is no problem.

    Where another problem explains it, the text does not send anybody to the workers.
    """
    question = "." if is_explained else ": are the redistribution worker and beat up?"
    due = f"one should run every {settings.CYCLE_SECS:g} s{question}"
    if age_secs is None:
        return f"No cycle has run yet; {due}"
    if age_secs < -settings.CLOCK_SKEW_MAX_SECS:
        return f"The last cycle bears a time {-age_secs:.0f} s from now: the clock was set back, or is behind."
    if age_secs > settings.READY_CYCLE_AGE_SECS:
        return f"The last cycle ran {age_secs:.0f} s ago; {due}"
    return None


def clock_notice(ahead_secs: float) -> str | None:
    """Return a notice about times so far ahead of the clock; None where there are none."""
    if ahead_secs <= settings.CLOCK_SKEW_MAX_SECS:
        return None
    return f"The clock was set back: cycles bear times up to {ahead_secs:.0f} s from now. All goes on; times repeat."


def _timed(whose: str, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        answer = {"ok": True, **ask()}
    except redis.OutOfMemoryError:
        answer = {"ok": False, "problem": REDIS_FULL, "error": "OutOfMemoryError"}
    except OperationalError as error:
        is_full = isinstance(error.__cause__, pg.DiskFull)
        problem = database_disk.PROBLEM if is_full else f"{whose} does not answer: {failure_of(error)}."
        answer = {"ok": False, "problem": problem, "error": type(error).__name__}
    except Exception as error:  # whatever a dependency throws means that it is not ready
        problem = f"{whose} does not answer: {failure_of(error)}."
        answer = {"ok": False, "problem": problem, "error": type(error).__name__}
    return answer | {"ms": round((time.perf_counter() - started) * 1000, 2)}


def ask_database() -> dict[str, Any]:
    """Check that the database answers. Raises django.db's errors where it does not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {}


def ask_redis() -> dict[str, Any]:
    """Check that Redis answers.

    Raises redis.RedisError where it does not, OutOfMemoryError where it accepts no writes.
    """
    _redis.set(f"{settings.REDIS_PREFIX}:probe", 1, px=10_000)
    return {}


def redis_takes_writes() -> bool:
    """Return whether Redis answers and accepts writes."""
    try:
        ask_redis()
    except redis.RedisError:
        return False
    return True


def _ask_migrations() -> dict[str, Any]:
    global _has_all_migrations
    if _has_all_migrations:
        return {}
    if missing := pending_migrations():
        few = ", ".join(missing[:3]) + (" ..." if missing[3:] else "")
        return {
            "ok": False,
            "problem": f"Migrations are missing, {len(missing)} in all ({few}): run manage.py migrate.",
        }
    _has_all_migrations = True
    return {}


def _ask_last_cycle(*, is_explained: bool) -> dict[str, Any]:
    cycle = last_cycle()
    now = timezone.now()
    age_secs = (now - cycle.at).total_seconds() if cycle is not None else None
    problem = cycle_problem(age_secs, is_explained=is_explained)
    return {
        "notice": clock_notice(clock_ahead_secs(now)),
        "ok": problem is None,
        **({"problem": problem} if problem else {}),
        "number": cycle.number if cycle is not None else None,
        "age_secs": round(age_secs, 3) if age_secs is not None else None,
    }
