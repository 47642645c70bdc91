"""The page `/metrics` for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.observability import metrics
from core.web.client_addresses import address_of_request
from operations.monitoring import exchange_state

ADDRESS = "/metrics"
REFUSAL = b"For METRICS_TOKEN and METRICS_ADDRESSES alone.\n"


def metrics_page(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer at `/metrics` before the host is checked: Prometheus reaches each replica by its address."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return _tell(request) if request.path == ADDRESS else get_response(request)

    return middleware


@require_safe
@never_cache
def _tell(request: HttpRequest) -> HttpResponse:
    """Show the metrics of this server and the state of the exchange. 403 for clients that the settings do not name."""
    # Read as the throttles do: X-Forwarded-For counts as far as NUM_PROXIES says.
    address = address_of_request(request) or ""
    if not may_read(authorization=request.headers.get("Authorization", ""), address=address):
        return HttpResponse(REFUSAL, status=HTTPStatus.FORBIDDEN, content_type="text/plain")
    return HttpResponse(metrics.exposition() + exchange_state.exposition(), content_type=metrics.CONTENT_TYPE)


def stream_metrics(*, authorization: str, address: str) -> tuple[int, bytes]:
    """Return the status and body of a streams process's answer: its own metrics."""
    if not may_read(authorization=authorization, address=address):
        return HTTPStatus.FORBIDDEN, REFUSAL
    return HTTPStatus.OK, metrics.exposition()


def may_read(*, authorization: str, address: str) -> bool:
    """Return whether a client has METRICS_TOKEN, or comes from one of METRICS_ADDRESSES."""
    if settings.METRICS_TOKEN and constant_time_compare(authorization, f"Bearer {settings.METRICS_TOKEN}"):
        return True
    try:
        client = ip_address(address)
    except ValueError:
        return False
    return any(client in ip_network(named, strict=False) for named in settings.METRICS_ADDRESSES)
