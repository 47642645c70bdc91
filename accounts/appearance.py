"""The theme, motion and time zone of a visitor's pages: a player's preferences or a guest's cookie."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from accounts.models import User
from core.web.theme import theme_of_browser
from core.web.time_zones import chosen_zone


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
