"""The pages of the markets: read, render."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from attention.selectors import waiting_attention
from markets.snapshot import take_snapshot
from markets.stream_address import stream_url


@require_safe
def exchange(request: HttpRequest) -> HttpResponse:
    """The seven markets, live."""
    snapshot = take_snapshot()
    return render(
        request,
        "markets/exchange.html",
        {"snapshot": snapshot, "waiting": waiting_attention(), "stream_url": stream_url(request)},
    )
