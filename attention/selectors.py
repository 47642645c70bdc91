"""Queries of attention."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Sum

from attention.biomes import Biome
from attention.models import WaitingAttention

# Asked with every event that comes by REST: one statement, and no model.
_OF_PLAYER = """
    SELECT biome, sum(waiting)::bigint, sum(total)::bigint FROM (
        SELECT biome, points AS waiting, 0 AS total FROM attention_waitingattention WHERE player_id = %(player)s
        UNION ALL
        SELECT biome, 0, points FROM attention_attentiontotal WHERE player_id = %(player)s
    ) AS points GROUP BY biome
"""


@dataclass(frozen=True, slots=True)
class BiomeAttention:
    """A player's points on one biome: in the cycle under way, and ever."""

    biome: Biome
    window_points: int
    total_points: int


def attention_of(*, player_id: int) -> list[BiomeAttention]:
    """Return a player's points on each biome, in canonical order."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_PLAYER, {"player": player_id})
        points = {biome: (window, total) for biome, window, total in cursor.fetchall()}
    return [BiomeAttention(biome, *points.get(biome, (0, 0))) for biome in Biome]


def waiting_attention() -> dict[Biome, int]:
    """Return everyone's points for the cycle under way, in canonical order."""
    waiting = WaitingAttention.objects.values_list("biome").annotate(points=Sum("points"))
    # PostgreSQL sums bigint to numeric.
    points = {biome: int(count) for biome, count in waiting}
    return {biome: points.get(biome, 0) for biome in Biome}
