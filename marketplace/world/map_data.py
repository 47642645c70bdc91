"""The data that the map is drawn from: the constant terrain, and marks of owned parcels and those for sale (listed).

Both as bytes, row by row: a world of 512 x 512 parcels is a quarter of a megabyte of terrain, before compression,
and 64 kB of marks.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from math import log

from django.db.models import Sum

from attention.biomes import Biome
from core.database.replicas import may_be_stale
from marketplace.models import Land, LandAttention, Listing, World
from marketplace.pricing.land_prices import base_price
from markets.economic_settings import current_settings
from markets.models import Market

DAY = timedelta(days=1)


@lru_cache(maxsize=1)
@may_be_stale
def terrain(seed: int, side: int) -> bytes:
    """Return one byte a parcel: its biome's number in canonical order. Raises World.DoesNotExist for another world."""
    World.objects.get(seed=seed, side_parcels=side)
    numbers = {biome.value: number for number, biome in enumerate(Biome)}
    biomes = Land.objects.order_by("y", "x").values_list("market_id", flat=True).iterator(chunk_size=10_000)
    return bytes(numbers[biome] for biome in biomes)


@may_be_stale
def marks(world: World, now: datetime) -> bytes:
    """Return one bit a parcel, lowest bit first, for the owned ones; then as many again for those for sale."""
    owned = Land.objects.filter(owner__isnull=False).values_list("x", "y")
    # What is for sale has an owner: to say so lets the index of owned parcels answer.
    active = Listing.objects.filter(status=Listing.Status.ACTIVE, ends_at__gt=now, land__owner__isnull=False)
    listed = active.values_list("land__x", "land__y")
    return _bits(owned, world.side_parcels) + _bits(listed, world.side_parcels)


@may_be_stale
def price_layer(world: World) -> bytes:
    """Return one byte a parcel: the world's asking price now, from 0 for the least to 255 for the most, by ratio."""
    version, markets = current_settings(), Market.objects.in_bulk()
    grounds = _grounds(world.seed, world.side_parcels)
    prices = {
        (biome, elevation_m): log(base_price(market=markets[biome], version=version, elevation_m=elevation_m))
        for biome, elevation_m in set(grounds)
    }
    least, most = min(prices.values()), max(prices.values())
    levels = {ground: round(255 * (price - least) / (most - least or 1)) for ground, price in prices.items()}
    return bytes(levels[ground] for ground in grounds)


@may_be_stale
def attention_layer(world: World, now: datetime) -> bytes:
    """Return one byte a parcel: its attention in a day, from 0 for none to 255 for the most that one parcel brought."""
    looked = LandAttention.objects.filter(hour__gte=now - DAY).values_list("land__x", "land__y")
    brought = {(x, y): points for x, y, points in looked.annotate(sum=Sum("points"))}
    levels = bytearray(world.side_parcels**2)
    for (x, y), points in brought.items():
        levels[y * world.side_parcels + x] = -(-255 * points // max(brought.values()))
    return bytes(levels)


@lru_cache(maxsize=1)
def _grounds(seed: int, side: int) -> list[tuple[str, int]]:
    """Return each parcel's biome and elevation in metres, row by row. They never change."""
    return list(Land.objects.order_by("y", "x").values_list("market_id", "elevation_m"))


def _bits(places: Iterable[tuple[int, int]], side: int) -> bytes:
    bits = bytearray(-(-side * side // 8))
    for x, y in places:
        place = y * side + x
        bits[place >> 3] |= 1 << (place & 7)
    return bytes(bits)
