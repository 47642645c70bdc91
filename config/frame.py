"""What the frame around every page shows: its tabs, how it looks, where the stream is, and the player's money."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from markets.money import micro_text
from markets.stream_address import stream_url
from trading.wallets import wallet_of

THEME_COOKIE = "theme"


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the site's pages in the bar."""

    title: str
    icon: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Appearance:
    """How the player wants pages to look: `system`, or a choice."""

    theme: str
    motion: str


#: Title, icon and route of each tab, in order.
TABS = (("Exchange", "exchange", "exchange"),)


def frame(request: HttpRequest) -> dict[str, Any]:
    """The frame's values, each found only when a template asks for it."""
    return {
        "tabs": partial(_tabs, request),
        "appearance": partial(_appearance, request),
        "purse": partial(_purse, request),
        "stream_url": partial(stream_url, request),
    }


def _tabs(request: HttpRequest) -> list[Tab]:
    addresses = [(title, icon, reverse(route)) for title, icon, route in TABS]
    return [Tab(title, icon, url, request.path.startswith(url)) for title, icon, url in addresses]


def _appearance(request: HttpRequest) -> Appearance:
    user = request.user
    if isinstance(user, User):
        return Appearance(user.theme, user.motion)
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return Appearance(theme if theme in User.Theme else User.Theme.SYSTEM, User.Motion.SYSTEM)


def _purse(request: HttpRequest) -> str:
    """What the player can spend, as a decimal string of BDT."""
    assert request.user.pk is not None
    return micro_text(wallet_of(player_id=request.user.pk, now=timezone.now()).balance_micro)
