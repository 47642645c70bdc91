"""Pages that were open before an upgrade, and ask for parts by ids that pages no longer have."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.web.middleware import is_htmx

#: Ids of parts in pages of version 0.1.0. They go with the version after the next.
EARLIER_PARTS = frozenset({"panel", "panel-quote", "board"})


def reload_earlier_pages(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Carry out what a page of the version before asks, and tell it to load itself again.

    What was typed into its order ticket stays in the tab (static/js/draft.js).
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if is_htmx(request) and request.headers.get("HX-Target") in EARLIER_PARTS:
            response["HX-Refresh"] = "true"
        return response

    return middleware
