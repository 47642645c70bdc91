"""The portfolio's page: the player's property, and its worth over time."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.equity.allocation import BAR_LENGTH, allocation_of
from analytics.equity.chart import SIDE, chart_of
from analytics.equity.history import Course, Range, Worth, course_of, range_named
from markets.money import micro_text
from markets.snapshot import take_snapshot
from trading.positions import Portfolio, portfolio_of
from trading.wallets.wallets import wallet_or_empty


@require_safe
@login_required
def portfolio(request: HttpRequest) -> HttpResponse:
    """Show all property of the player; the stream updates it."""
    chosen, owned = _range_asked_for(request), _owned_by(request)
    return render(request, "trading/portfolio.html", _worth_context(owned, chosen) | _owned_context(owned))


@require_safe
@login_required
def portfolio_worth(request: HttpRequest) -> HttpResponse:
    """Show the page's part about the worth, over another range or with newer points."""
    chosen, owned = _range_asked_for(request), _owned_by(request)
    return render(request, "trading/portfolio_worth.html", _worth_context(owned, chosen))


@require_safe
@login_required
def portfolio_owned(request: HttpRequest) -> HttpResponse:
    """Show the page's part about the holdings, which changes with them."""
    return render(request, "trading/portfolio_owned.html", _owned_context(_owned_by(request)))


def _owned_by(request: HttpRequest) -> Portfolio:
    player_id = request.user.pk
    assert player_id is not None
    owned = portfolio_of(player_id=player_id)
    return owned or Portfolio(wallet_or_empty(player_id=player_id), [])


def _worth_context(owned: Portfolio, chosen: Range | None) -> dict[str, Any]:
    current = Worth(timezone.now(), owned.worth_micro, owned.gain_micro)
    course = course_of(player_id=owned.wallet.pk, current=current, chosen=chosen)
    return {
        "course": course,
        "side": SIDE,
        "chart": chart_of(course.line) if len(course.points) > 1 else None,
        "points": [_point_json(point, course) for point in course.points],
    }


def _point_json(point: Worth, course: Course) -> tuple[int, str, str]:
    """Return a point's time, its height of the line, and the worth then."""
    return round(point.at.timestamp()), micro_text(course.drawn_micro(point)), micro_text(point.worth_micro)


def _range_asked_for(request: HttpRequest) -> Range | None:
    key = request.GET.get("range")
    if key is None:
        return None
    try:
        return range_named(key)
    except KeyError:
        raise BadRequest("There is no such range of time.") from None


def _owned_context(owned: Portfolio) -> dict[str, Any]:
    return {
        "owned": owned,
        "parts": allocation_of(owned),
        "parcels": [(each.biome, each.weight, each.number) for each in owned.parcels],
        "bar_length": BAR_LENGTH,
        "snapshot": take_snapshot(),
    }
