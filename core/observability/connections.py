"""Observation of connections to the streams: an id, and the player once known, in every line of the log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from core.observability import context

_HEADER = b"x-request-id"

Application = Callable[[Any, Any, Any], Awaitable[None]]


def observed(application: Application) -> Application:
    """Return the application, wrapped so that each connection is a work of its own in the log."""

    async def observing(scope: dict[str, Any], receive: Any, send: Any) -> None:
        began = context.begin(context.Work(_request_id_of(scope)))
        try:
            await application(scope, receive, send)
        finally:
            context.end(began)

    return observing


def _request_id_of(scope: dict[str, Any]) -> str:
    named: str = dict(scope.get("headers", ())).get(_HEADER, b"").decode("latin-1")
    if settings.REST_FRAMEWORK["NUM_PROXIES"] > 0 and context.is_request_id(named):
        return named
    return context.new_request_id()
