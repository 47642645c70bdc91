"""Lockout after repeated failures, by django-axes: what is counted, for how long, and the message of pages."""

import math
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from axes.models import AccessAttempt
from axes.utils import reset as forgive_all_failures
from django.conf import settings
from django.db import connections
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from core.database.transactions import short_transaction
from core.errors import LockedOut
from core.web.client_addresses import UNKNOWN, address_of_request, household_of
from core.web.error_pages import refusal_response


def client_address(request: HttpRequest) -> str | None:
    """Return the address that failures are counted for (AXES_CLIENT_IP_CALLABLE): the throttles' own rule.

    X-Forwarded-For counts only as far as NUM_PROXIES trusts it, which by default is not at all. None for all of those
    whose address nobody knows: they are counted together.
    """
    household = household_of(address_of_request(request))
    return None if household == UNKNOWN else household


def counted_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """Return the name that failures are counted for (AXES_USERNAME_CALLABLE): the same for all that lead to one
    account.
    """
    return folded_name(str((credentials or {}).get("username") or ""))


@lru_cache(maxsize=1024)
def folded_name(name: str) -> str:
    """Return a name in lower case by the database's own rule, as players are found by it. Python's rule differs."""
    name = User.normalize_username(name).replace("\0", "")
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT lower(%s::text)", [name])
        [folded] = cursor.fetchone()
    return str(folded)


def forgive_player(*, username: str) -> None:
    """Forget the failed sign-ins of a player, from all addresses."""
    forgive_all_failures(username=folded_name(username))


def lockout_left_secs(*, username: str, address: str | None) -> int:
    """Return the whole seconds until the last counted failure is forgotten; at least 1."""
    failures = AccessAttempt.objects.filter(username=folded_name(username), ip_address=address)
    last = failures.aggregate(at=Max("attempt_time"))["at"]
    # An administrator may have forgiven them since.
    if last is None:
        return 1
    left: timedelta = last + settings.AXES_COOLOFF_TIME - timezone.now()
    return max(1, math.floor(left.total_seconds()) + 1)


def locked_out(*, username: str, request: HttpRequest) -> LockedOut:
    """Return the error to raise, with the seconds until the lockout ends."""
    left_secs = lockout_left_secs(username=username, address=client_address(request))
    minutes = math.ceil(left_secs / 60)
    refusal = LockedOut(f"Too many failed sign-ins. Wait {minutes} minute{pluralize(minutes)}, then try again.")
    refusal.retry_after_secs = left_secs
    return refusal


def forgive_failures(*, attempts: QuerySet[AccessAttempt]) -> int:
    """Forget failed sign-ins, so that the players locked out by them can try again now.

    Returns the number of records.
    """
    with short_transaction():
        forgotten, _ = attempts.delete()
    return forgotten


def pull_back_failures(*, now: datetime) -> int:
    """Count failures with a future time, of passwords and codes, as made now; return their number.

    A clock that was set back would otherwise keep players locked out until that time.
    """
    skew = timedelta(seconds=settings.CLOCK_SKEW_MAX_SECS)
    with short_transaction():
        pulled: int = AccessAttempt.objects.filter(attempt_time__gt=now + skew).update(attempt_time=now)
        for devices in (TOTPDevice.objects, StaticDevice.objects):
            ahead = devices.filter(throttling_failure_timestamp__gt=now + skew)
            pulled += ahead.update(throttling_failure_timestamp=now)
    return pulled


def lockout_page(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any]) -> HttpResponse:
    """Return the answer to a locked-out sign-in (AXES_LOCKOUT_CALLABLE). A 429 that the view made itself is kept."""
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return response
    return refusal_response(request, locked_out(username=credentials["username"], request=request))
