"""The exchange: seven markets, live, and the introduction for those who are new."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from trading.board import ORDERS, take_board

#: What HTMX fetches alone, by the id of the element that it takes the place of.
FRAGMENTS = {"board": "trading/exchange_board.html", "intro": "trading/exchange_intro.html"}

#: The headings of what the board can be ordered by.
TITLES = {
    "price": "Price",
    "5m": "5 min",
    "1h": "1 h",
    "24h": "24 h",
    "attention": "Attention",
    "cycle": "Last cycle",
    "holding": "You hold",
}

INTRO_COOKIE = "intro"
INTRO_CHOICES = ("shown", "hidden")
YEAR_SECS = 31_536_000


@dataclass(frozen=True, slots=True)
class Column:
    """A heading of the board, how the board is ordered by it, and the order that a click on it asks for."""

    name: str
    title: str
    aria_sort: str
    sort: str

    @classmethod
    def under(cls, order: str, *, name: str, title: str) -> Column:
        """The column while the board has an order. The first click brings the largest up, the second the smallest."""
        if order == f"-{name}":
            return cls(name, title, "descending", name)
        return cls(name, title, "ascending" if order == name else "none", f"-{name}")


@require_safe
def exchange(request: HttpRequest) -> HttpResponse:
    """All markets as they stand; the stream keeps them true. `?sort=` orders them; 400 for an unknown order."""
    order = request.GET.get("sort", "")
    if order and order.removeprefix("-") not in ORDERS:
        raise BadRequest(f"The markets cannot be ordered by {order!r}.")
    target = HtmxDetails(request).target
    context = {
        "board": take_board(player_id=request.user.pk, order=order, now=timezone.now()),
        "columns": [
            Column.under(order, name=name, title=title)
            for name, title in TITLES.items()
            if request.user.is_authenticated or name != "holding"
        ],
        "is_intro_hidden": request.COOKIES.get(INTRO_COOKIE) == "hidden",
        "is_fragment": target in FRAGMENTS,
        "starting_grant": str(settings.STARTING_GRANT_BDT),
    }
    page = render(request, FRAGMENTS.get(target or "", "trading/exchange.html"), context)
    patch_vary_headers(page, ["HX-Request", "HX-Target"])
    return page


@require_POST
def intro(request: HttpRequest) -> HttpResponse:
    """Show or hide the introduction from now on, and go to the exchange. 400 for anything but these two."""
    choice = request.POST.get("intro", "")
    if choice not in INTRO_CHOICES:
        raise BadRequest(f"The introduction cannot be {choice!r}.")
    reply = redirect("exchange")
    # To be read here alone; a guest has no account that could keep it.
    reply.set_cookie(
        INTRO_COOKIE,
        choice,
        max_age=YEAR_SECS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return reply
