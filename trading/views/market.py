"""One biome's market: its price and what moves it, live."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from attention.biomes import Biome
from markets.snapshot import take_snapshot
from trading.views.biomes import biome_or_404
from trading.views.panel import Panel, panel_of


@require_safe
def market(request: HttpRequest, biome: str) -> HttpResponse:
    """The market as it stands; the stream keeps it true. 404 for an unknown biome."""
    chosen = biome_or_404(biome)
    return render_market(request, chosen, panel=panel_of(request, chosen))


def render_market(request: HttpRequest, biome: Biome, *, panel: Panel) -> HttpResponse:
    """The market's page, with the trade panel as it is given."""
    snapshot = take_snapshot(biome)
    [told] = snapshot["markets"]
    return render(
        request,
        "trading/market.html",
        {"biome": biome, "biomes": Biome, "snapshot": snapshot, "told": told, "panel": panel},
    )
