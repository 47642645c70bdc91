"""Writing the world into the database, once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.db import IntegrityError

from attention.biomes import Biome
from core.database.transactions import short_transaction
from marketplace.models import Land, Region, World
from marketplace.world.generation import make_world

_BATCH = 5000


class AnotherWorld(Exception):
    """Raised when there is a world already, made from another seed or of another size."""


def seed_world(*, seed: int, side: int, now: datetime) -> bool:
    """Make the world of this seed. Returns False when it is there already; two concurrent calls make one.

    Raises AnotherWorld, and ValueError for a world that is too small; nothing changes then.
    """
    if _is_there(seed, side):
        return False
    parcels = make_world(seed=seed, side=side)
    biomes: dict[int, Biome] = {parcel.region: parcel.biome for parcel in parcels}
    sizes = Counter(parcel.region for parcel in parcels)
    try:
        with short_transaction():
            # First of all: whoever else makes the world waits here.
            World.objects.create(pk=1, seed=seed, side_parcels=side, made_at=now)
            regions = Region.objects.bulk_create(
                [Region(market_id=biomes[number], parcels=sizes[number]) for number in sorted(sizes)], _BATCH
            )
            Land.objects.bulk_create(
                (
                    Land(
                        x=parcel.x,
                        y=parcel.y,
                        market_id=parcel.biome,
                        region=regions[parcel.region],
                        elevation_m=parcel.elevation_m,
                    )
                    for parcel in parcels
                ),
                _BATCH,
            )
    except IntegrityError:
        if _is_there(seed, side):
            return False
        raise
    return True


def _is_there(seed: int, side: int) -> bool:
    world = World.objects.first()
    if world is None:
        return False
    if (world.seed, world.side_parcels) != (seed, side):
        raise AnotherWorld(f"there is a world of seed {world.seed} with {world.side_parcels} parcels a side")
    return True
