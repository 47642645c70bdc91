"""Lockout after repeated failures, as django-axes counts them: whom it counts, for how long, and what a page says."""

import math
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from rest_framework.throttling import BaseThrottle


def client_address(request: HttpRequest) -> str | None:
    """The address that failures are counted for (AXES_CLIENT_IP_CALLABLE): the throttles' own rule.

    X-Forwarded-For counts only as far as NUM_PROXIES trusts it, which by default is not at all.
    """
    return BaseThrottle().get_ident(request)  # type: ignore[arg-type]  # it reads only META, which both kinds have


def lockout_left_secs(*, username: str, address: str | None) -> int:
    """Whole seconds until the last counted failure is forgotten; at least 1."""
    failures = AccessAttempt.objects.filter(username=username, ip_address=address)
    last = failures.aggregate(at=Max("attempt_time"))["at"]
    # An administrator may have forgiven them since.
    if last is None:
        return 1
    left: timedelta = last + settings.AXES_COOLOFF_TIME - timezone.now()
    return max(1, math.floor(left.total_seconds()) + 1)


def lockout_page(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any]) -> HttpResponse:
    """What a locked-out form answers (AXES_LOCKOUT_CALLABLE). A door that has refused by itself keeps its own words."""
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return response
    left_secs = lockout_left_secs(username=credentials["username"], address=client_address(request))
    context = {"left_minutes": math.ceil(left_secs / 60)}
    page = render(request, "accounts/locked_out.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    page["Retry-After"] = str(left_secs)
    return page
