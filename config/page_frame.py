"""The context of the frame around every page: tabs, appearance, stream address, and the player's balance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone

from accounts.appearance import appearance_of
from accounts.sign_ins.next_page import path_to_come_back_to
from core.api.timestamps import time_text
from markets.money import micro_text
from streams.access.address import stream_url
from trading.wallets.wallets import wallet_or_empty


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the bar of pages."""

    title: str
    icon: str
    url: str
    is_current: bool


#: Title, icon and route of each tab, in order.
TABS = (
    ("Exchange", "exchange", "exchange"),
    ("Map", "map", "map"),
    ("Marketplace", "marketplace", "marketplace"),
    ("Portfolio", "portfolio", "portfolio"),
    ("Transactions", "transactions", "transactions"),
    ("Leaderboard", "leaderboard", "leaderboard"),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame's values, each computed only when a template asks for it."""
    return {
        "tabs": partial(_tabs, request),
        "appearance": partial(appearance_of, request),
        "here": partial(path_to_come_back_to, request),
        "canonical_url": partial(_canonical_url, request),
        "preview_url": partial(_preview_url, request),
        "purse": partial(_purse, request),
        "stream_url": partial(stream_url, request),
        "server_time": _server_time,
    }


def _tabs(request: HttpRequest) -> list[Tab]:
    addresses = [(title, icon, reverse(route)) for title, icon, route in TABS]
    # At home is the exchange too.
    here = reverse("exchange") if request.path == reverse("home") else request.path
    return [Tab(title, icon, url, here.startswith(url)) for title, icon, url in addresses]


def _purse(request: HttpRequest) -> str:
    """Return the player's balance, as a decimal string of BDT."""
    assert request.user.pk is not None
    return micro_text(wallet_or_empty(player_id=request.user.pk).balance_micro)


def _server_time() -> str:
    """Return the time of the page, by which its scripts count: a device's own clock may be hours off."""
    return time_text(timezone.now())


def _canonical_url(request: HttpRequest) -> str:
    """Return the page's canonical address for search engines, as the exchange is the home page too."""
    return request.build_absolute_uri(reverse("exchange") if request.path == reverse("home") else request.path)


def _preview_url(request: HttpRequest) -> str:
    """Return the address of the picture in previews of links."""
    return request.build_absolute_uri(static("preview.png"))
