"""One biome's market: its price and what moves it, live."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from attention.biomes import Biome
from markets.snapshot import take_snapshot


@require_safe
def market(request: HttpRequest, biome: str) -> HttpResponse:
    """The market as it stands; the stream keeps it true. 404 for an unknown biome."""
    chosen = _biome_or_404(biome)
    snapshot = take_snapshot(chosen)
    [told] = snapshot["markets"]
    return render(
        request, "trading/market.html", {"biome": chosen, "biomes": Biome, "snapshot": snapshot, "told": told}
    )


def _biome_or_404(biome: str) -> Biome:
    if biome not in Biome:
        raise Http404("There is no such biome.")
    return Biome(biome)
