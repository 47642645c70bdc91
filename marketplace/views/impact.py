"""The page about land's effect on the price of a biome."""

from __future__ import annotations

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from attention.biomes import Biome
from marketplace import payloads
from marketplace.serializers import IMPACT_HOURS
from marketplace.world.land_attention import land_impact

DEFAULT_PERIOD = "24h"


@require_safe
def impact(request: HttpRequest, biome: str) -> HttpResponse:
    """Show the parcels that brought attention to the biome over `?period=`, and the effect.

    404 for an unknown biome.
    """
    if biome not in Biome:
        raise Http404("There is no such biome.")
    period = request.GET.get("period", DEFAULT_PERIOD)
    is_known = period in IMPACT_HOURS
    hours = IMPACT_HOURS[period if is_known else DEFAULT_PERIOD]
    found = land_impact(biome=Biome(biome), hours=hours, now=timezone.now())
    context = {
        "biome": biome,
        "period": period if is_known else DEFAULT_PERIOD,
        "periods": list(IMPACT_HOURS),
        "impact": payloads.impact_json(found),
    }
    status = HTTPStatus.OK if is_known else HTTPStatus.BAD_REQUEST
    return render(request, "marketplace/impact.html", context, status=status)
