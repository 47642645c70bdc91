"""The exchange's page: seven markets, live, and the first steps for newcomers."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from attention.biomes import Biome
from markets.history.chart_ranges import ChartRange
from markets.models import Candle
from trading.market_list import ORDERS, MarketList, take_market_list
from trading.templatetags.first_steps import PARAMETER, Step, steps_of

#: What HTMX fetches alone, by the id of the element that it takes the place of.
FRAGMENTS = {"market-list": "trading/market_list.html", "intro": "trading/exchange_intro.html"}

#: The headings of what the list can be ordered by.
TITLES = {
    "price": "Price",
    "5m": "5 min",
    "1h": "1 h",
    "24h": "24 h",
    "attention": "Attention",
    "cycle": "Last cycle",
    "holding": "You hold",
}

#: Over which all prices can be compared.
COMPARE_RANGES = (
    ChartRange("15m", "15m", "the last 15 minutes", Candle.Interval.MINUTE, 15),
    ChartRange("1h", "1h", "the last hour", Candle.Interval.MINUTE, 60),
    ChartRange("6h", "6h", "the last 6 hours", Candle.Interval.FIVE_MINUTES, 72),
    ChartRange("1d", "1D", "the last day", Candle.Interval.QUARTER, 96),
    ChartRange("1w", "1W", "the last week", Candle.Interval.HOUR, 168),
)

INTRO_COOKIE = "intro"
INTRO_CHOICES = ("shown", "hidden")
YEAR_SECS = 31_536_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading, its current order, and the order that a click on it requests."""

    name: str
    title: str
    aria_sort: str
    sort: str

    @classmethod
    def under(cls, order: str, *, name: str, title: str) -> Column:
        """Return the column for a list with this order.

        The first click sorts the largest up, the second the smallest.
        """
        if order == f"-{name}":
            return cls(name, title, "descending", name)
        return cls(name, title, "ascending" if order == name else "none", f"-{name}")


@require_safe
def exchange(request: HttpRequest) -> HttpResponse:
    """Show all markets in their current state; the stream updates them.

    `?sort=` orders them; 400 for an unknown order.
    """
    order = request.GET.get("sort", "")
    if order and order.removeprefix("-") not in ORDERS:
        raise BadRequest(f"The markets cannot be ordered by {order!r}.")
    target = HtmxDetails(request).target
    market_list = take_market_list(player_id=request.user.pk, order=order, now=timezone.now())
    context = {
        "market_list": market_list,
        "columns": [
            Column.under(order, name=name, title=title)
            for name, title in TITLES.items()
            if request.user.is_authenticated or name != "holding"
        ],
        "is_intro_hidden": _is_intro_hidden(request, market_list),
        "is_fragment": target in FRAGMENTS,
        "starting_grant": str(settings.STARTING_GRANT_BDT),
        "compare_ranges": COMPARE_RANGES,
        "compared": [(biome, reverse("markets:candles", args=[biome])) for biome in Biome],
        **steps_of(
            is_guest=not request.user.is_authenticated,
            step=Step.DONE if market_list.has_traded else Step.LOOK,
            biome=market_list.favourite,
        ),
    }
    page = render(request, FRAGMENTS.get(target or "", "trading/exchange.html"), context)
    patch_vary_headers(page, ["HX-Request", "HX-Target"])
    return page


def _is_intro_hidden(request: HttpRequest, market_list: MarketList) -> bool:
    """Return whether the first steps are hidden: as chosen on this device, or else for those who have traded."""
    if PARAMETER in request.GET:
        return False
    chosen = request.COOKIES.get(INTRO_COOKIE)
    return market_list.has_traded if chosen not in INTRO_CHOICES else chosen == "hidden"


@require_POST
def intro(request: HttpRequest) -> HttpResponse:
    """Show or hide the first steps from now on, and redirect to the exchange. 400 for any other value."""
    choice = request.POST.get("intro", "")
    if choice not in INTRO_CHOICES:
        raise BadRequest(f"The first steps cannot be {choice!r}.")
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
