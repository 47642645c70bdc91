"""The attention meter: who gives points to which biome, and what a cycle takes. The only writer of this app's tables.

The meter is the game's security perimeter: whoever can fake attention can move prices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import Sum

from attention.biomes import Biome
from attention.locks import player_meter_locked
from attention.models import WaitingAttention
from config.database import short_transaction

_ADD_TO_TOTALS = """
    INSERT INTO attention_attentiontotal AS total (player_id, biome, points)
    SELECT %s, given.biome, given.points FROM unnest(%s::text[], %s::bigint[]) AS given (biome, points)
    ON CONFLICT (player_id, biome) DO UPDATE SET points = total.points + excluded.points
"""

_TAKE = """
    WITH taken AS (DELETE FROM attention_waitingattention RETURNING biome, points)
    SELECT biome, sum(points)::bigint FROM taken GROUP BY biome
"""


@dataclass(frozen=True, slots=True)
class Given:
    """What a player asked for and what counted, in points."""

    accepted: dict[Biome, int]
    dropped_points: int
    remaining_points: int

    @property
    def accepted_points(self) -> int:
        """All that counted, over all biomes."""
        return sum(self.accepted.values())


def give_attention(*, player_id: int, points: Mapping[Biome, int], budget_points: int) -> Given:
    """Add a player's points to the next cycle, as far as `budget_points` less what already waits allows.

    Points are positive whole numbers; the mapping's order says which biome is served first. What exceeds the budget is
    dropped, and said so in the answer. Raises ValueError for points below 1, MarketBusy when the player's own requests
    queue too long.

    Rows that a running cycle has taken but not committed still count against the budget: so no cycle, however it ends,
    can ever count more than one budget of a player.
    """
    if any(count < 1 for count in points.values()):
        raise ValueError("attention is given in whole points of at least 1")
    with short_transaction():
        player_meter_locked(player_id=player_id)
        remaining = max(0, budget_points - waiting_points(player_id=player_id))
        accepted = _fit(points, remaining)
        if accepted:
            _record(player_id=player_id, accepted=accepted)
    used = sum(accepted.values())
    return Given(accepted=accepted, dropped_points=sum(points.values()) - used, remaining_points=remaining - used)


def take_attention() -> dict[Biome, int]:
    """Take all waiting points for the cycle that runs in this transaction, and leave none behind.

    Rolled back with the transaction. Points that commit meanwhile are not seen, and wait for the next cycle.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE)
        taken = {Biome(biome): points for biome, points in cursor.fetchall()}
    return {biome: taken.get(biome, 0) for biome in Biome}


def waiting_points(*, player_id: int) -> int:
    """The player's points that no cycle has counted yet."""
    waiting = WaitingAttention.objects.filter(player_id=player_id).aggregate(points=Sum("points"))
    return int(waiting["points"] or 0)


def _fit(points: Mapping[Biome, int], remaining: int) -> dict[Biome, int]:
    accepted = {}
    for biome, count in points.items():
        counted = min(count, remaining)
        if counted == 0:
            break
        accepted[biome] = counted
        remaining -= counted
    return accepted


def _record(*, player_id: int, accepted: Mapping[Biome, int]) -> None:
    WaitingAttention.objects.bulk_create(
        WaitingAttention(player_id=player_id, biome=biome, points=count) for biome, count in accepted.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(_ADD_TO_TOTALS, [player_id, list(accepted), list(accepted.values())])
