"""The generator of the world: a grid of parcels, always the same from a seed. Pure.

Three fields of noise give each parcel's height, warmth and wetness. Biomes take fixed parts of the world, from the
lowest, the highest, the coldest, the driest and the wettest, so that each of the seven exists in every world. The
noise changes slowly from parcel to parcel, which makes regions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from opensimplex import OpenSimplex

from attention.biomes import Biome

#: Smaller worlds may lack a biome.
SIDE_MIN = 8
HIGHEST_M = 4000
DEEPEST_M = -4000

# The size of a continent and of ever smaller features, in parcels, each with half the weight of the one before.
_FIRST_FEATURE_PARCELS = 24
_OCTAVES = 3

# Parts of the whole world, in the order in which they are taken.
_OCEAN, _BEACH, _MOUNTAIN, _SNOW, _DESERT, _FOREST = 0.28, 0.08, 0.12, 0.12, 0.12, 0.14

_Field = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Parcel:
    """One place of the grid. Regions are numbered from 0."""

    x: int
    y: int
    biome: Biome
    elevation_m: int
    region: int


def make_world(*, seed: int, side: int) -> list[Parcel]:
    """Return all parcels, row by row. Raises ValueError for a world too small to have every biome."""
    if side < SIDE_MIN:
        raise ValueError(f"a world has at least {SIDE_MIN} x {SIDE_MIN} parcels")
    height, warmth, wetness = (_noise(seed * 3 + field, side) for field in range(3))
    biomes = _biomes(height, warmth, wetness)
    elevations = _elevations(height, biomes)
    regions = _regions(biomes)
    return [Parcel(x, y, biomes[y][x], int(elevations[y, x]), regions[y][x]) for y in range(side) for x in range(side)]


def _noise(seed: int, side: int) -> _Field:
    source = OpenSimplex(seed=seed)
    field = np.zeros((side, side))
    for octave in range(_OCTAVES):
        places = np.arange(side) * (2**octave / _FIRST_FEATURE_PARCELS)
        field += source.noise2array(places, places) / 2**octave
    return field


def _biomes(height: _Field, warmth: _Field, wetness: _Field) -> list[list[Biome]]:
    canonical = list(Biome)
    chosen = np.full(height.shape, canonical.index(Biome.PLAINS))
    free = np.ones(height.shape, dtype=bool)
    # The farther from the equator, the colder.
    latitude = np.abs(np.linspace(-1, 1, height.shape[0]))[:, None]
    for biome, part, order in (
        (Biome.OCEAN, _OCEAN, height),
        (Biome.BEACH, _BEACH, height),
        (Biome.MOUNTAIN, _MOUNTAIN, -height),
        (Biome.SNOW, _SNOW, warmth - latitude),
        (Biome.DESERT, _DESERT, wetness - warmth / 2),
        (Biome.FOREST, _FOREST, -wetness),
    ):
        taken = _first(order, free, round(part * height.size))
        chosen[taken] = canonical.index(biome)
        free &= ~taken
    return [[canonical[number] for number in row] for row in chosen]


def _first(order: _Field, free: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    # Stable, so that equal values too are taken in one order everywhere.
    ranked = np.argsort(np.where(free, order, np.inf), axis=None, kind="stable")[:count]
    taken = np.zeros(order.size, dtype=bool)
    taken[ranked] = True
    return taken.reshape(order.shape)


def _elevations(height: _Field, biomes: list[list[Biome]]) -> NDArray[np.int64]:
    is_ocean = np.array([[biome is Biome.OCEAN for biome in row] for row in biomes])
    sea = height[is_ocean].max()
    above = (height - sea) / (height.max() - sea) * HIGHEST_M
    below = (height - sea) / (sea - height.min()) * -DEEPEST_M
    elevations: NDArray[np.int64] = np.rint(np.where(is_ocean, below, above)).astype(np.int64)
    return elevations


def _regions(biomes: list[list[Biome]]) -> list[list[int]]:
    side = len(biomes)
    regions = [[-1] * side for _ in range(side)]
    count = 0
    for y in range(side):
        for x in range(side):
            if regions[y][x] == -1:
                _fill(biomes, regions, x, y, count)
                count += 1
    return regions


def _fill(biomes: list[list[Biome]], regions: list[list[int]], x: int, y: int, number: int) -> None:
    """Give the region's number to a parcel, and to all that are connected to it by sides within its biome."""
    side, biome = len(biomes), biomes[y][x]
    regions[y][x] = number
    waiting = [(x, y)]
    while waiting:
        x, y = waiting.pop()
        for there_x, there_y in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
            if not (0 <= there_x < side and 0 <= there_y < side):
                continue
            if regions[there_y][there_x] == -1 and biomes[there_y][there_x] is biome:
                regions[there_y][there_x] = number
                waiting.append((there_x, there_y))
