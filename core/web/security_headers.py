"""Security headers of every answer, from any server: pages, API, static files, streams."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from core.web.origins import policy_source, stream_url_for

#: Whatever a page does not use, nothing that gets into it may use either.
UNUSED_FEATURES = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb", "browsing-topics")

EVERY_ANSWER = {
    # Data, and nothing that a browser would run or show in a frame. Pages have a policy of their own (settings).
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
#: As an ASGI application sends them.
EVERY_ASGI_ANSWER = [(name.lower().encode(), value.encode()) for name, value in EVERY_ANSWER.items()]

DATA_PREFIX = "/api/v1/"
#: What never goes without the seconds after which it is worth asking again.
COME_AGAIN = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


def every_answer(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Add the headers above to each answer that lacks them.

    Outermost, so that refusals of other middleware have them.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in EVERY_ANSWER.items():
            response.headers.setdefault(name, value)
        # What says nothing of it may be a player's own: of the API a token, a key, what only this one may know.
        is_data = request.path.startswith(DATA_PREFIX)
        response.headers.setdefault("Cache-Control", "no-store" if is_data else "private, no-cache")
        if response.status_code in COME_AGAIN:
            response.headers.setdefault("Retry-After", "1")
        if response.get("Content-Type", "").startswith("application/json"):
            # Data is for programs: whoever is led to it gets a file, and no page.
            response.headers.setdefault("Content-Disposition", 'attachment; filename="api.json"')
        return response

    return middleware


class PagePolicy(CSPMiddleware):
    """The pages' Content-Security-Policy. Replies of the API show nothing, and are passed over."""

    def __call__(self, request: HttpRequest) -> Any:
        """Return the response, with the policy where it may be a page."""
        if request.path.startswith(DATA_PREFIX):
            return self.get_response(request)
        return super().__call__(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return the response; a script, a style or an image is no page, and says what data says."""
        is_file = request.path.startswith(settings.STATIC_URL) and response.status_code != HTTPStatus.NOT_FOUND
        return response if is_file else super().process_response(request, response)

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return the policy, with the sockets' address for this page (`core.web.origins`)."""
        parts = super().get_policy_parts(request, response, report_only)
        if settings.STREAM_URL and not report_only:
            parts.update = {**(parts.update or {}), "connect-src": [_sockets_for(request)]}
        return parts


def _sockets_for(request: HttpRequest) -> str:
    try:
        return policy_source(stream_url_for(request.get_host(), settings.STREAM_URL))
    except DisallowedHost:
        # Its page says no more than that.
        return policy_source(settings.STREAM_URL)
