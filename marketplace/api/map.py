"""The world and its map, over the API: terrain, marks and layers as bytes, and the parcel at a place."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.keys.holders import READ
from core.api.conditional_get import PolledView, UnchangingView
from core.api.openapi_errors import RefusalSerializer
from core.database.replicas import may_be_stale
from marketplace import payloads, serializers
from marketplace.api.base import TAGS, MarketplaceView
from marketplace.models import Land, World
from marketplace.selectors import base_prices, offer_of
from marketplace.world.map_data import attention_layer, marks, price_layer, terrain

BYTES = {(200, "application/octet-stream"): OpenApiTypes.BINARY, 404: RefusalSerializer}


class WorldView(MarketplaceView, PolledView):
    required_scope = READ

    @extend_schema(tags=TAGS, responses={200: serializers.WorldReply, 404: RefusalSerializer})
    def get(self, request: Request) -> Response:
        """Return the world's seed and size."""
        return Response(serializers.WorldReply(World.objects.get()).data)


class BytesRenderer(BaseRenderer):
    """The renderer of bytes."""

    media_type = "application/octet-stream"
    format = "bytes"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Return bytes unchanged; a refusal as JSON."""
        return data if isinstance(data, bytes) else JSONRenderer().render(data)


class MapView(MarketplaceView):
    """The base of views that return bytes to draw a map from. Refusals are JSON, as everywhere."""

    renderer_classes = (BytesRenderer,)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Finish the response as DRF does, and label a refusal as JSON."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if not isinstance(response.data, bytes):
            response.content_type = "application/json"
        return response


class TerrainView(MapView, UnchangingView):
    required_scope = READ

    @extend_schema(tags=TAGS, responses=BYTES)
    def get(self, request: Request, seed: int, side: int) -> Response:
        """Return one byte a parcel, row by row: the biome's number, from 0, in canonical order. It never changes."""
        return Response(terrain(seed, side))


class MarksView(MapView, PolledView):
    required_scope = READ

    @extend_schema(tags=TAGS, responses=BYTES)
    def get(self, request: Request) -> Response:
        """Return one bit a parcel, row by row, lowest first: those with an owner; then as many: those for sale
        (listed).
        """
        return Response(marks(World.objects.get(), timezone.now()))


class PriceLayerView(MapView, PolledView):
    required_scope = READ

    @extend_schema(tags=TAGS, responses=BYTES)
    def get(self, request: Request) -> Response:
        """Return one byte a parcel, row by row: the world's asking price now, from 0 for the least to 255 for the
        most.
        """
        return Response(price_layer(World.objects.get()))


class AttentionLayerView(MapView, PolledView):
    required_scope = READ

    @extend_schema(tags=TAGS, responses=BYTES)
    def get(self, request: Request) -> Response:
        """Return one byte a parcel, row by row: attention it brought in a day, from 0 for none to 255 for the most."""
        return Response(attention_layer(World.objects.get(), timezone.now()))


class MapParcelView(MarketplaceView, PolledView):
    required_scope = READ

    @extend_schema(tags=TAGS, responses=serializers.MapParcelReply)
    @may_be_stale
    def get(self, request: Request, x: int, y: int) -> Response:
        """Return the parcel at a place of the map, and the listing that offers it."""
        land = Land.objects.select_related("owner").get(x=x, y=y)
        listing = offer_of(land.pk, now=timezone.now()) if land.owner_id else None
        told = payloads.land_json(land, base_micro=base_prices([land])[land.pk])
        return Response(told | {"for_sale": payloads.for_sale_json(listing) if listing else None})
