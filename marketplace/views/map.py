"""The map of the world, and the same parcels as a list for those who cannot use a map."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError

from attention.biomes import Biome
from core.api.pagination import page_of
from core.database.replicas import may_be_stale
from marketplace import payloads
from marketplace.models import Land, World
from marketplace.pagination import ByNumber
from marketplace.selectors import base_prices, lands_of_world


@require_safe
def world_map(request: HttpRequest) -> HttpResponse:
    """Show the whole world; its data come from the API. 404 before the world is made."""
    world = get_object_or_404(World)
    own = Land.objects.filter(owner=request.user.pk).values_list("x", "y") if request.user.is_authenticated else []
    sizes = (world.seed, world.side_parcels)
    context = {
        "world": world,
        "biomes": Biome,
        "own": [list(place) for place in own],
        "terrain_url": reverse("marketplace:terrain", args=sizes),
        "marks_url": reverse("marketplace:marks"),
        "layers": [
            ("Price", reverse("marketplace:price-layer")),
            ("Attention", reverse("marketplace:attention-layer")),
        ],
        "place_url": reverse("marketplace:map-parcel", args=(0, 0)),
    }
    return render(request, "marketplace/map.html", context)


@require_safe
def lands(request: HttpRequest) -> HttpResponse:
    """Show parcels as a list, of `?biome=`; with `?unowned=1` the world's, with `?for_sale=1` those listed by
    players.
    """
    biome = request.GET.get("biome", "")
    asked: dict[str, Any] = {name: request.GET.get(name) == "1" for name in ("unowned", "for_sale")}
    context = {"biomes": Biome, "biome": biome, **asked}
    try:
        if biome and biome not in Biome:
            raise ValidationError("There is no such biome.")
        found = lands_of_world(now=timezone.now(), biome=Biome(biome) if biome else None, **asked)
        page = may_be_stale(page_of)(found, request, pages=ByNumber)
    except ValidationError:
        return render(request, "marketplace/lands.html", context, status=HTTPStatus.BAD_REQUEST)
    prices = base_prices(page.rows)
    rows = [payloads.land_json(land, base_micro=prices[land.pk]) for land in page.rows]
    return render(request, "marketplace/lands.html", context | {"page": page, "lands": rows})
