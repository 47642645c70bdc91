"""What the map is drawn from: the terrain, which never changes, and marks for what is owned and for sale (listed).

Both as bytes, row by row: a world of 512 x 512 parcels is a quarter of a megabyte of terrain, before compression, and
64 kB of marks.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from attention.biomes import Biome
from config.replicas import may_be_stale
from marketplace.models import Land, Listing, World


@lru_cache(maxsize=1)
@may_be_stale
def terrain(seed: int, side: int) -> bytes:
    """One byte a parcel: its biome's number in canonical order. Raises World.DoesNotExist for another world."""
    World.objects.get(seed=seed, side_parcels=side)
    numbers = {biome.value: number for number, biome in enumerate(Biome)}
    biomes = Land.objects.order_by("y", "x").values_list("market_id", flat=True).iterator(chunk_size=10_000)
    return bytes(numbers[biome] for biome in biomes)


@may_be_stale
def marks(world: World) -> bytes:
    """One bit a parcel, lowest bit first, for the owned ones; then as many again for those for sale."""
    owned = Land.objects.filter(owner__isnull=False).values_list("x", "y")
    # What is for sale has an owner: to say so lets the index of owned parcels answer.
    active = Listing.objects.filter(status=Listing.Status.ACTIVE, land__owner__isnull=False)
    listed = active.values_list("land__x", "land__y")
    return _bits(owned, world.side_parcels) + _bits(listed, world.side_parcels)


def _bits(places: Iterable[tuple[int, int]], side: int) -> bytes:
    bits = bytearray(-(-side * side // 8))
    for x, y in places:
        place = y * side + x
        bits[place >> 3] |= 1 << (place & 7)
    return bytes(bits)
