"""The theme, motion and time zone of a visitor's pages: a player's preferences or a guest's cookie."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.time_zones import chosen_zone

THEME_COOKIE = "theme"
THEME_COOKIE_SECS = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Appearance:
    """The appearance of pages: `system`, or a player's choice."""

    theme: str
    motion: str
    zone: str = ""


def appearance_of(request: HttpRequest) -> Appearance:
    """Return the player's preferences, or those that the guest's browser remembers."""
    user = request.user
    if isinstance(user, User):
        return Appearance(user.theme, user.motion, chosen_zone(request))
    return Appearance(theme_of_browser(request), User.Motion.SYSTEM)


def theme_of_browser(request: HttpRequest) -> str:
    """Return the theme that was chosen last in this browser, whoever chose it; needs no database."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return theme if theme in User.Theme else User.Theme.SYSTEM


def remember_theme(response: HttpResponse, theme: str) -> HttpResponse:
    """Return the response, which has the browser remember the theme for when nobody is signed in."""
    response.set_cookie(THEME_COOKIE, theme, max_age=THEME_COOKIE_SECS, samesite="Lax")
    return response
