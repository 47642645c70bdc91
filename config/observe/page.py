"""`/metrics`, for Prometheus and for nobody else."""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.throttling import BaseThrottle

from config.observe import metrics, state


@require_safe
@never_cache
def metrics_page(request: HttpRequest) -> HttpResponse:
    """What this server counts, and how the exchange stands. 403 for those whom the settings do not name."""
    # Read as the throttles do: X-Forwarded-For counts as far as NUM_PROXIES says.
    address = BaseThrottle().get_ident(request) or ""  # type: ignore[arg-type]  # it reads only META
    if not may_read(authorization=request.headers.get("Authorization", ""), address=address):
        raise PermissionDenied
    return HttpResponse(metrics.exposition() + state.exposition(), content_type=metrics.CONTENT_TYPE)


def stream_metrics(*, authorization: str, address: str) -> tuple[int, bytes]:
    """The status and body with which a streams process answers: what it counts itself."""
    if not may_read(authorization=authorization, address=address):
        return HTTPStatus.FORBIDDEN, b""
    return HTTPStatus.OK, metrics.exposition()


def may_read(*, authorization: str, address: str) -> bool:
    """Whether a client has METRICS_TOKEN, or comes from one of METRICS_ADDRESSES."""
    if settings.METRICS_TOKEN and constant_time_compare(authorization, f"Bearer {settings.METRICS_TOKEN}"):
        return True
    try:
        client = ip_address(address)
    except ValueError:
        return False
    return any(client in ip_network(named, strict=False) for named in settings.METRICS_ADDRESSES)
