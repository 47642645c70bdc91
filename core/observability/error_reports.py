"""Reports of faults to Sentry, at the address in SENTRY_DSN.

A report has the traceback and the ids that the log has. It has no players' input, and no names, addresses, cookies
or values of variables. Refusals are answers, and not reported.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404

from core.errors import DomainError
from core.observability import context
from core.observability.logs import without_quoted_rows
from core.observability.secrets import cleared


def start(**options: Any) -> None:
    """Report from now on, if there is a DSN. `options` go to Sentry's `init`, as a test's transport does."""
    if not settings.SENTRY_DSN:
        return
    # Nobody else needs it in memory.
    import sentry_sdk
    from sentry_sdk.integrations.celery import CeleryIntegration
    from sentry_sdk.integrations.django import DjangoIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.SENTRY_ENVIRONMENT,
        release=settings.RELEASE or None,
        # Named, so that none comes along because its library is installed.
        auto_enabling_integrations=False,
        integrations=[
            DjangoIntegration(middleware_spans=False, signals_spans=False, cache_spans=False),
            CeleryIntegration(propagate_traces=False),
            LoggingIntegration(level=None, event_level=logging.ERROR),
        ],
        before_send=report_of,
        before_send_transaction=report_of,
        # What the library takes for personal it leaves out by default; `report_of` leaves out the rest.
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        traces_sample_rate=settings.SENTRY_TRACES_SAMPLE_RATE or None,
        **options,
    )


def report_of(event: Any, hint: dict[str, Any]) -> Any:
    """Return the content of a report on a fault or a trace: ids, nothing personal, no secret.

    None for what is no fault.
    """
    _, error, _ = hint.get("exc_info") or (None, None, None)
    if _is_answer(error):
        return None
    event.pop("user", None)
    event.pop("extra", None)
    event.pop("breadcrumbs", None)
    if (request := event.pop("request", None)) is not None:
        event["request"] = {"method": request.get("method"), "url": urlsplit(request.get("url", "")).path}
    for exception in event.get("exception", {}).get("values", ()):
        exception["value"] = without_quoted_rows(exception.get("value") or "")
    event.setdefault("tags", {}).update({name: str(value) for name, value in context.ids_under_way().items()})
    return {name: cleared(told) for name, told in event.items()}


def _is_answer(error: BaseException | None) -> bool:
    """Return whether this error is a deliberate answer to clients."""
    from rest_framework.exceptions import APIException

    return isinstance(error, (DomainError, APIException, Http404, PermissionDenied))
