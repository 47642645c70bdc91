"""The time zone of a visitor's pages: a player's choice, else the browser's from its cookie, else UTC."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest

# Set by static/js/site.js.
ZONE_COOKIE = "zone"
UTC = ZoneInfo("UTC")
_NO_PLACES = ("posix/", "right/", "SystemV/", "localtime", "Factory")
#: All that can be chosen, as "Europe/Berlin".
ZONES = tuple(sorted(name for name in available_timezones() if not name.startswith(_NO_PLACES)))
_KNOWN = frozenset(ZONES)


def is_zone(name: str) -> bool:
    """Return whether there is a zone of this name."""
    return name in _KNOWN


def chosen_zone(request: HttpRequest) -> str:
    """Return the zone that the player prefers; empty for the browser's."""
    name = getattr(request.user, "time_zone", "")  # a guest has none
    return name if is_zone(name) else ""


def zone_of(request: HttpRequest) -> ZoneInfo:
    """Return the zone of all times on the pages of this visitor."""
    name = chosen_zone(request) or request.COOKIES.get(ZONE_COOKIE, "")
    return ZoneInfo(name) if is_zone(name) else UTC
