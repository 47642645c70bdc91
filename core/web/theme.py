"""The theme of pages: a guest's choice, kept in a cookie."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

SYSTEM = "system"
THEMES = (SYSTEM, "light", "dark")
THEME_COOKIE = "theme"
THEME_COOKIE_SECS = 365 * 24 * 3600


def theme_of_browser(request: HttpRequest) -> str:
    """Return the theme that was chosen last in this browser, whoever chose it; needs no database."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return theme if theme in THEMES else SYSTEM


def remember_theme(response: HttpResponse, theme: str) -> HttpResponse:
    """Return the response, which has the browser remember the theme for when nobody is signed in."""
    response.set_cookie(THEME_COOKIE, theme, max_age=THEME_COOKIE_SECS, samesite="Lax")
    return response
