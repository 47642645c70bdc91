"""The JSON of the leaderboard. Pure. `analytics.serializers` describes its shapes."""

from __future__ import annotations

from typing import Any

from analytics.leaderboard.page import Leaderboard
from analytics.leaderboard.rankings import Measure
from core.api.timestamps import time_text
from markets.money import micro_text
from trading.models import Standing
from trading.payloads import public_name


def leaderboard_json(leaderboard: Leaderboard) -> dict[str, Any]:
    """Return a page of a leaderboard, the caller's own place, and the biomes by volume traded."""
    by, own = leaderboard.by, leaderboard.own
    return {
        "period": leaderboard.period,
        "by": by,
        "as_of": time_text(leaderboard.as_of) if leaderboard.as_of else None,
        "own": standing_json(own, by) if own else None,
        "most_traded": [
            {"biome": traded.biome, "volume": micro_text(traded.volume_micro)} for traded in leaderboard.most_traded
        ],
        "results": [standing_json(standing, by) for standing in leaderboard.standings],
    }


def standing_json(standing: Standing, by: Measure) -> dict[str, Any]:
    """Return a player's rank with the gain and volume."""
    return {
        "rank": standing.gain_rank if by == Measure.GAIN else standing.volume_rank,
        "name": public_name(standing.player),
        "username": public_name(standing.player),
        "display_name": standing.player.display_name,
        "is_simulated": standing.player.is_simulated,
        "gain": micro_text(standing.gain_micro),
        "volume": micro_text(standing.volume_micro),
    }
