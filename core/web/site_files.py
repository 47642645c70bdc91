"""The few files that browsers and crawlers ask for at the root of a site."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

_a_day = cache_control(public=True, max_age=24 * 3600)


@require_safe
@_a_day
def robots(request: HttpRequest) -> HttpResponse:
    """Serve the rules for crawlers."""
    return render(request, "robots.txt", content_type="text/plain; charset=utf-8")


@require_safe
@_a_day
def manifest(request: HttpRequest) -> HttpResponse:
    """Serve the site's description as an app on a phone's home screen."""
    return render(request, "site.webmanifest", content_type="application/manifest+json")


@require_safe
@_a_day
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect to the icon, for clients that ask without reading a page."""
    return redirect(static("icons/icon-32.png"))
