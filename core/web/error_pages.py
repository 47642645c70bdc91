"""Pages for refusals and faults: a page, a fragment for HTMX, or under /api/ a problem in JSON.

A page about a client's fault stands in the site's frame. One about a fault of ours stands by itself: it needs no
database, no session and no Redis, for these may be what is away.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from core.api.errors import UNREACHABLE, problem_reply
from core.errors import DomainError, Maintenance, RequestTooLarge, ServiceUnavailable
from core.observability.context import request_id_under_way
from core.observability.metrics import REFUSALS
from core.web.middleware import is_api, is_htmx
from core.web.theme import theme_of_browser

logger = logging.getLogger(__name__)

#: What answers while the exchange is closed for maintenance, besides static files.
OPEN_IN_MAINTENANCE = ("/admin/", "/healthz", "/readyz")

TITLES = {
    HTTPStatus.BAD_REQUEST: "That request could not be read",
    HTTPStatus.UNAUTHORIZED: "Sign in first",
    HTTPStatus.FORBIDDEN: "That is not allowed",
    HTTPStatus.NOT_FOUND: "There is nothing here",
    HTTPStatus.METHOD_NOT_ALLOWED: "Not in this way",
    HTTPStatus.CONFLICT: "That was not done",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "That is too much",
    HTTPStatus.TOO_MANY_REQUESTS: "A little too fast",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on our side",
    HTTPStatus.SERVICE_UNAVAILABLE: "Back in a moment",
}
#: Refused before anything was made of the request.
UNTRUSTED = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
UNREAD = "The request was not valid, and nothing was changed. Go back, reload the page and try again."
FORBIDDEN = "Your account may not see this page or do this."
NOT_FOUND = "There is no such address. It may have been mistyped, or what was here has ended."
NOT_THIS_WAY = "This address takes a form that was sent from one of our pages, and cannot be opened by itself."
FORM_EXPIRED = (
    "This form is too old, or the browser keeps no cookies for this site. Nothing was changed. Go back, reload the page"
    " and send it again; if it is refused once more, allow cookies."
)
FAULT = "The fault is ours, and it was recorded. Look whether it was done before you do it again."


@dataclass(frozen=True, slots=True)
class Problem:
    """The content of an error page. `code` is the API's stable word for it."""

    status: int
    code: str
    detail: str
    retry_after_secs: int | None = None

    @property
    def reference(self) -> str:
        """Return the reference for support, where the fault is ours: it is the request's id in the log."""
        return request_id_under_way() if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR else ""

    @property
    def title(self) -> str:
        """Return the headline."""
        if self.code == Maintenance.code:
            return "Back soon"
        return TITLES.get(HTTPStatus(self.status), HTTPStatus(self.status).phrase)

    @property
    def stands_alone(self) -> bool:
        """Return whether the page goes without the frame: the frame may fail too, or the request cannot be trusted."""
        return self.status in UNTRUSTED or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR


Handler = Callable[[HttpRequest], HttpResponse]


class Refusals:
    """Middleware that turns pages' refusals, and services that are away, into error pages."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the view's response, or an error page in its place."""
        response = self.get_response(request)
        if is_api(request):
            return response
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content:
            page = answer(request, Problem(response.status_code, "method_not_allowed", NOT_THIS_WAY))
            page["Allow"] = response["Allow"]
            return page
        if is_htmx(request) and response.get("Location", "").startswith(resolve_url(settings.LOGIN_URL)):
            return _sign_in_again(request)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the answer to a refusal; None for a fault."""
        if is_api(request):
            return None
        if isinstance(error, UNREACHABLE):
            return _unreachable(request, error)
        return refusal_response(request, error) if isinstance(error, DomainError) else None


def maintenance(get_response: Handler) -> Handler:
    """Answer 503 to everything but administrators and health checks while the setting MAINTENANCE is on."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not settings.MAINTENANCE or request.path.startswith(OPEN_IN_MAINTENANCE):
            return get_response(request)
        refusal = Maintenance()
        refusal.retry_after_secs = settings.MAINTENANCE_RETRY_SECS
        return refusal_response(request, refusal)

    return middleware


def refuse_large_bodies(get_response: Handler) -> Handler:
    """Answer 413 to a body above LARGEST_REQUEST_BYTES before any of it is read: nothing here takes files."""

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        # What is no number counts as no body with Django.
        if length.isdecimal() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return refusal_response(request, RequestTooLarge())
        return get_response(request)

    return middleware


def wants_fragment(request: HttpRequest) -> bool:
    """Return whether HTMX asks for a part of a page; after a step back it may ask for the whole."""
    asked = HtmxDetails(request)
    return bool(asked) and not asked.history_restore_request


def refusal_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return a refusal in the form that the client takes: page, fragment or JSON, with its status and Retry-After."""
    REFUSALS.labels(error.code).inc()
    return answer(request, Problem(error.status, error.code, error.detail, error.retry_after_secs))


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return the problem in the form that the client takes."""
    response = _shape_for(request)(request, problem)
    if problem.retry_after_secs is not None:
        response["Retry-After"] = str(problem.retry_after_secs)
        # A reply that says when to come again is an answer, and no fault of this server's.
        response._has_been_logged = True  # type: ignore[attr-defined]
    response["Cache-Control"] = "no-store"
    return response


# --- Django's handlers ------------------------------------------------------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Show Django's own refusal of a request it cannot read. The handler400."""
    return answer(request, Problem(HTTPStatus.BAD_REQUEST, "bad_request", UNREAD))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Show PermissionDenied, with its own message where it has one. The handler403."""
    return answer(request, Problem(HTTPStatus.FORBIDDEN, "permission_denied", str(exception) or FORBIDDEN))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a form without our token. The CSRF_FAILURE_VIEW."""
    return answer(request, Problem(HTTPStatus.FORBIDDEN, "csrf_failed", FORM_EXPIRED))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Show that no route matches the address, or a view's Http404. The handler404."""
    detail = "There is no such address." if is_api(request) else NOT_FOUND
    return answer(request, Problem(HTTPStatus.NOT_FOUND, "not_found", detail))


def server_error(request: HttpRequest) -> HttpResponse:
    """Show a fault, or a database or Redis that went away where no view could report it. The handler500."""
    error = sys.exception()
    if isinstance(error, UNREACHABLE):
        return _unreachable(request, error)
    detail = "Server Error (500)" if is_api(request) else FAULT
    return answer(request, Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "error", detail))


# --- Shapes -----------------------------------------------------------------------------------------------------------


def _shape_for(request: HttpRequest) -> Callable[[HttpRequest, Problem], HttpResponse]:
    if is_api(request):
        return _json
    return _fragment if is_htmx(request) else _page


def _json(request: HttpRequest, problem: Problem) -> HttpResponse:
    return problem_reply(status=problem.status, code=problem.code, detail=problem.detail)


def _fragment(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return a notice for the top of the page. The fields of the form that was sent keep their text."""
    response = HttpResponse(render_to_string("errors/notice.html", {"problem": problem}), status=problem.status)
    response["HX-Retarget"] = "#notices"
    response["HX-Reswap"] = "innerHTML show:window:top"
    response["HX-Reselect"] = "unset"
    return response


def _page(request: HttpRequest, problem: Problem) -> HttpResponse:
    if problem.stands_alone:
        return _page_by_itself(request, problem)
    try:
        # Without the purse: to show it opens a wallet where there is none, and a refusal changes nothing.
        return render(request, "errors/page.html", {"problem": problem, "purse": None}, status=problem.status)
    except (DomainError, *UNREACHABLE):
        return _page_by_itself(request, problem)


def _page_by_itself(request: HttpRequest, problem: Problem) -> HttpResponse:
    context = {
        "problem": problem,
        "theme": theme_of_browser(request),
        "again": request.get_full_path() if request.method == "GET" else "",
    }
    return HttpResponse(render_to_string("errors/alone.html", context), status=problem.status)


def _unreachable(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("%s could not be answered: %s", request.path, type(error).__name__, exc_info=error)
    return refusal_response(request, ServiceUnavailable())


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    """Redirect the whole page of a guest whose fragment needs a sign-in, and back to it afterwards."""
    here = HtmxDetails(request).current_url_abs_path or "/"
    query = urlencode({"next": here})
    return HttpResponseClientRedirect(f"{resolve_url(settings.LOGIN_URL)}?{query}")
