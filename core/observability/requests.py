"""Observation of requests: an id of its own for each, one line in the log, a count and a duration."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from core.observability import context
from core.observability.metrics import REQUEST_SECS, RESPONSES

HEADER = "X-Request-ID"
#: Asked by machines every few seconds: neither a line nor a count.
UNSEEN = frozenset({"healthz", "readyz"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

logger = logging.getLogger("exchange.access")


def observe(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give the request an id, in the reply too, and record its answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request_id = _request_id_of(request)
        began = context.begin(context.Work(request_id, find_player=lambda: player_of(request)))
        started_secs = time.perf_counter()
        try:
            response = get_response(request)
            response[HEADER] = request_id
            _record(request, response, took_secs=time.perf_counter() - started_secs)
        finally:
            context.end(began)
        return response

    return middleware


def player_of(request: HttpRequest) -> int | None:
    """Return the player of a request, if a view has already asked for it. Reads neither session nor database."""
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject):
        user = getattr(request, "_cached_user", None)
    return getattr(user, "pk", None)


def route_of(request: HttpRequest) -> str:
    """Return the route's name: never the address, which anybody can make up."""
    match = request.resolver_match
    if match is not None:
        return match.view_name
    return "static" if request.path.startswith(settings.STATIC_URL) else "unknown"


def _record(request: HttpRequest, response: HttpResponse, *, took_secs: float) -> None:
    route = route_of(request)
    if route in UNSEEN:
        return
    method = request.method if request.method in _METHODS else "other"
    REQUEST_SECS.labels(route, method).observe(took_secs)
    RESPONSES.labels(route, method, response.status_code).inc()
    if route == "static" or not logger.isEnabledFor(logging.INFO):
        return
    told = {"method": method, "route": route, "status": response.status_code, "ms": round(took_secs * 1000, 1)}
    logger.info("request", extra={"told": told})


def _request_id_of(request: HttpRequest) -> str:
    """Return the proxy's request id where there is a proxy, else a new one: a stranger could repeat an id."""
    # Not `request.headers`, which goes through all of META first.
    named: str = request.META.get("HTTP_X_REQUEST_ID", "")
    if settings.REST_FRAMEWORK["NUM_PROXIES"] > 0 and context.is_request_id(named):
        return named
    return context.new_request_id()
