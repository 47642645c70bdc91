"""The page to return to after signing in, restricted to this site's own pages."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

#: The field of a form and of an address that names the page.
NEXT = "next"
GUESTS_PAGES = ("sign-in", "register", "sign-out", "ask-for-reset")


def next_of(request: HttpRequest) -> str:
    """Return the page that the request names, or the exchange where that is another site's, or a page for guests."""
    asked = request.POST.get(NEXT) or request.GET.get(NEXT) or ""
    # What is no path would be taken for the name of a view, and a fault where there is none.
    is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(
        asked, {request.get_host()}, require_https=request.is_secure()
    )
    return asked if is_ours and not _is_for_guests(asked) else resolve_url(settings.LOGIN_REDIRECT_URL)


def path_to_come_back_to(request: HttpRequest) -> str:
    """Return the path for a sign-in link's `next`: this page, or on a page for guests the `next` that it was given."""
    return next_of(request) if _is_for_guests(request.path) else request.get_full_path()


def _is_for_guests(path: str) -> bool:
    return path.startswith(tuple(reverse(page) for page in GUESTS_PAGES))
