"""Reads of the meter."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet, Sum

from attention.biomes import Biome
from attention.models import AttentionTotal, WaitingAttention


@dataclass(frozen=True, slots=True)
class BiomeAttention:
    """A player's points on one biome: in the cycle under way, and ever."""

    biome: Biome
    window_points: int
    total_points: int


def attention_of(*, player_id: int) -> list[BiomeAttention]:
    """A player's points on each biome, in canonical order."""
    waiting = _by_biome(WaitingAttention.objects.filter(player_id=player_id))
    totals = dict(AttentionTotal.objects.filter(player_id=player_id).values_list("biome", "points"))
    return [BiomeAttention(biome, waiting.get(biome, 0), totals.get(biome, 0)) for biome in Biome]


def waiting_attention() -> dict[Biome, int]:
    """Everyone's points for the cycle under way, in canonical order."""
    waiting = _by_biome(WaitingAttention.objects.all())
    return {biome: waiting.get(biome, 0) for biome in Biome}


def _by_biome(waiting: QuerySet[WaitingAttention]) -> dict[str, int]:
    # PostgreSQL sums bigint to numeric.
    return {biome: int(points) for biome, points in waiting.values_list("biome").annotate(points=Sum("points"))}
