"""A leaderboard's content: a page of the standings, the own one, and the biomes by volume. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from analytics.leaderboard.rankings import Measure, Period, Traded, most_traded, own_standing, ranked_at
from core.api.pagination import NewestFirst
from core.database.replicas import may_be_stale
from trading.models import Standing


class BestGainFirst(NewestFirst):
    """Pages of standings by gain."""

    ordering = "gain_rank"


class BestVolumeFirst(NewestFirst):
    """Pages of standings by volume."""

    ordering = "volume_rank"


PAGES: dict[Measure, type[NewestFirst]] = {Measure.GAIN: BestGainFirst, Measure.VOLUME: BestVolumeFirst}


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """A ranking of players over a period, by a measure.

    `own` is None for guests, and for players without activity in it.
    """

    period: Period
    by: Measure
    as_of: datetime | None
    standings: Sequence[Standing]
    own: Standing | None
    most_traded: list[Traded]


@may_be_stale
def leaderboard_of(
    *, period: Period, by: Measure, standings: Sequence[Standing], player_id: int | None, now: datetime
) -> Leaderboard:
    """Return the leaderboard around a page of its standings, for a player or a guest."""
    own = None if player_id is None else own_standing(player_id=player_id, period=period)
    return Leaderboard(period, by, ranked_at(), standings, own, most_traded(period=period, now=now))
