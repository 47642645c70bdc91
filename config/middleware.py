"""What every reply carries, and what only pages need."""

from collections.abc import Callable
from typing import Any

from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django_htmx.middleware import HtmxMiddleware

API_PREFIX = "/api/"


def rate_limit_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Tell a client its limit, what remains of it, and the seconds until it is whole again."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if (told := getattr(request, "rate_limit", None)) is not None:
            limit, remaining, reset_secs = told
            response["RateLimit-Limit"] = str(limit)
            response["RateLimit-Remaining"] = str(remaining)
            response["RateLimit-Reset"] = str(reset_secs)
        return response

    return middleware


class ForPages:
    """Passes over requests to the API, for a middleware whose work would be for nothing there."""

    get_response: Callable[[HttpRequest], Any]

    def __call__(self, request: HttpRequest) -> Any:
        """The response, whoever makes it."""
        if is_api(request):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]  # the middleware that this is mixed into


class PageCompression(ForPages, GZipMiddleware):
    """Compresses pages. Secrets stay secret (BREACH): each reply masks the CSRF token anew and has a random length."""


class PageMessages(ForPages, MessageMiddleware):
    """Messages of one page to the next."""


class PageHtmx(ForPages, HtmxMiddleware):
    """`request.htmx`."""


def is_api(request: HttpRequest) -> bool:
    """Whether the API was asked, which answers in JSON."""
    return request.path.startswith(API_PREFIX)


def is_htmx(request: HttpRequest) -> bool:
    """Whether HTMX asked, which takes a fragment; said of any request, whatever middleware it came through."""
    return request.headers.get("HX-Request") == "true"
