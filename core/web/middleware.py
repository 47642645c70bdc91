"""Middleware for every reply, and for pages only."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django_htmx.middleware import HtmxMiddleware

from core.web.rate_limits import counted_of

API_PREFIX = "/api/"


def rate_limit_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Add a client's limits, their remainders, and the seconds until they are whole again, to its answer.

    Source: draft-ietf-httpapi-ratelimit-headers-10. The three fields of the draft's first versions, which report the
    tightest limit alone, stay for one version.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if counted := counted_of(request):
            response["RateLimit-Policy"] = ", ".join(
                f'"{one.policy}";q={one.limit};w={one.window_secs}' for one in counted
            )
            response["RateLimit"] = ", ".join(f'"{one.policy}";r={one.remaining};t={one.reset_secs}' for one in counted)
            tightest = min(counted, key=attrgetter("remaining"))
            response["RateLimit-Limit"] = str(tightest.limit)
            response["RateLimit-Remaining"] = str(tightest.remaining)
            response["RateLimit-Reset"] = str(tightest.reset_secs)
        return response

    return middleware


class ForPages:
    """A mixin that passes over requests to the API, for middleware that is needed by pages only."""

    get_response: Callable[[HttpRequest], Any]

    def __call__(self, request: HttpRequest) -> Any:
        """Return the response unchanged for the API, and processed for pages."""
        if is_api(request):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]  # the middleware that this is mixed into


class PageCompression(ForPages, GZipMiddleware):
    """The compression of pages.

    Secrets stay secret (BREACH): each reply masks the CSRF token anew and has a random length.
    """


class PageMessages(ForPages, MessageMiddleware):
    """The middleware for messages from one page to the next."""


class PageHtmx(ForPages, HtmxMiddleware):
    """The middleware of `request.htmx`."""


def is_api(request: HttpRequest) -> bool:
    """Return whether the request is for the API, which answers in JSON."""
    return request.path.startswith(API_PREFIX)


def is_htmx(request: HttpRequest) -> bool:
    """Return whether HTMX made the request, and so takes a fragment; works on any request, whatever middleware it
    passed.
    """
    return request.headers.get("HX-Request") == "true"
