"""Is it alive, and can it serve? For load balancers, and for `make run` to know when it is up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from markets.selectors import last_cycle

_redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


@require_safe
@never_cache
def alive(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers."""
    return JsonResponse({"status": "alive"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 when database and Redis answer and the last cycle is young; 503 with what is wrong otherwise."""
    checks = {
        "database": _timed(_ask_database),
        "redis": _timed(_ask_redis),
        "last_cycle": _timed(_ask_last_cycle),
    }
    is_ready = all(check["ok"] for check in checks.values())
    reply = JsonResponse({"status": "ready" if is_ready else "not_ready", "checks": checks})
    if not is_ready:
        reply.status_code = 503
        reply._has_been_logged = True  # type: ignore[attr-defined]  # an answer, and no fault of this server's
    return reply


def _timed(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        answer = {"ok": True, **ask()}
    except Exception as error:  # whatever a dependency throws means that it is not ready
        answer = {"ok": False, "error": type(error).__name__}
    return answer | {"ms": round((time.perf_counter() - started) * 1000, 2)}


def _ask_database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {}


def _ask_redis() -> dict[str, Any]:
    _redis.ping()
    return {}


def _ask_last_cycle() -> dict[str, Any]:
    cycle = last_cycle()
    if cycle is None:
        return {"ok": False, "number": None, "age_secs": None}
    age_secs = (timezone.now() - cycle.at).total_seconds()
    return {"ok": age_secs <= settings.READY_CYCLE_AGE_SECS, "number": cycle.number, "age_secs": round(age_secs, 3)}
