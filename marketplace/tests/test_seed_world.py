"""The world is made once, and always the same from its seed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest

from attention.biomes import Biome
from marketplace.models import Land, Region, World
from marketplace.world.generation import make_world
from marketplace.world.seeding import AnotherWorld, seed_world


@pytest.mark.parametrize("seed", range(5))
def test_every_world_has_every_biome(seed: int) -> None:
    assert {parcel.biome for parcel in make_world(seed=seed, side=16)} == set(Biome)


def test_a_seed_makes_one_world() -> None:
    assert make_world(seed=3, side=16) == make_world(seed=3, side=16)
    assert make_world(seed=3, side=16) != make_world(seed=4, side=16)


def test_biomes_form_regions() -> None:
    parcels = make_world(seed=7, side=64)
    sizes = Counter(parcel.region for parcel in parcels)
    assert sorted(sizes) == list(range(len(sizes)))
    biomes = {parcel.region: set() for parcel in parcels}
    for parcel in parcels:
        biomes[parcel.region].add(parcel.biome)
    assert all(len(kinds) == 1 for kinds in biomes.values())
    # Half of the world lies in regions of at least fifty parcels.
    assert sum(size for size in sizes.values() if size >= 50) > len(parcels) / 2


def test_the_sea_is_below_and_the_mountains_are_above() -> None:
    parcels = make_world(seed=7, side=32)
    assert all((parcel.elevation_m <= 0) == (parcel.biome is Biome.OCEAN) for parcel in parcels if parcel.elevation_m)
    mountains = [parcel.elevation_m for parcel in parcels if parcel.biome is Biome.MOUNTAIN]
    assert max(parcel.elevation_m for parcel in parcels) == max(mountains) == 4000


@pytest.fixture
def no_land(land: Land) -> None:
    Land.objects.all().delete()
    Region.objects.all().delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_land")
class TestSeeding:
    def test_the_world_is_written_once(self, now: datetime) -> None:
        assert seed_world(seed=3, side=16, now=now)
        assert not seed_world(seed=3, side=16, now=now)
        written = Land.objects.order_by("y", "x").values_list("x", "y", "market_id", "elevation_m")
        made = make_world(seed=3, side=16)
        assert list(written) == [(p.x, p.y, p.biome.value, p.elevation_m) for p in made]
        assert sum(Region.objects.values_list("parcels", flat=True)) == 256

    def test_another_world_is_refused(self, now: datetime) -> None:
        seed_world(seed=3, side=16, now=now)
        with pytest.raises(AnotherWorld):
            seed_world(seed=4, side=16, now=now)
        with pytest.raises(ValueError, match="at least 8"):
            make_world(seed=4, side=7)
        assert (World.objects.count(), Land.objects.count()) == (1, 256)
