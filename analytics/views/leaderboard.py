"""The leaderboard's page: players by gain or by volume, the own rank, and the biomes by volume."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from rest_framework.exceptions import ValidationError

from analytics import payloads
from analytics.leaderboard.page import PAGES, leaderboard_of
from analytics.leaderboard.rankings import Measure, Period, Traded, standings_of
from core.api.pagination import page_of
from core.database.replicas import may_be_stale
from core.web.error_pages import wants_fragment
from markets.money import micro_text


@require_safe
@cache_control(private=True, no_cache=True)
@vary_on_headers("HX-Request")
def leaderboard(request: HttpRequest) -> HttpResponse:
    """Show a page of the standings; for HTMX only the parts that change."""
    try:
        period, by = Period(request.GET.get("period", Period.DAY)), Measure(request.GET.get("by", Measure.GAIN))
        page = may_be_stale(page_of)(standings_of(period=period, by=by), request, pages=PAGES[by])
    except (ValueError, ValidationError):
        return _page(request, HTTPStatus.BAD_REQUEST, period=Period.DAY, by=Measure.GAIN)
    ranked = leaderboard_of(period=period, by=by, standings=page.rows, player_id=request.user.pk, now=timezone.now())
    told = payloads.leaderboard_json(ranked)
    return _page(request, **told | {"page": page, "as_of": ranked.as_of, "bars": _bars(ranked.most_traded)})


def _page(request: HttpRequest, status: HTTPStatus = HTTPStatus.OK, **found: Any) -> HttpResponse:
    template = "trading/leaderboard_rankings.html" if wants_fragment(request) else "trading/leaderboard.html"
    own, rows = found.get("own"), found.get("results", [])
    context = {
        "periods": Period,
        "measures": [(Measure.GAIN, "Gain"), (Measure.VOLUME, "Volume")],
        "own_is_elsewhere": own is not None and own not in rows,
        **found,
    }
    return render(request, template, context, status=status)


def _bars(most_traded: list[Traded]) -> list[dict[str, Any]]:
    """Return the biomes with the length of each one's bar in percent of the first's; none without any trade."""
    most = most_traded[0].volume_micro
    return [
        {"biome": each.biome, "volume": micro_text(each.volume_micro), "percent": 100 * each.volume_micro // most}
        for each in most_traded
        if most
    ]
