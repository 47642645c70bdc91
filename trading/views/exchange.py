"""The exchange: seven markets, live."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from markets.snapshot import take_snapshot


@require_safe
def exchange(request: HttpRequest) -> HttpResponse:
    """All markets as they stand; the stream keeps them true."""
    return render(request, "trading/exchange.html", {"snapshot": take_snapshot()})
