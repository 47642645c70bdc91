"""Giving attention, as every door does it: the meter's answer, and word of it on the stream."""

from __future__ import annotations

from attention.biomes import Biome
from attention.meter import Given, give_attention
from attention.selectors import waiting_attention
from markets import live
from markets.economy import current_settings


def track_attention(*, player_id: int, biome: Biome, points: int) -> Given:
    """Give a player's points to a biome in the next cycle, as far as the budget in force allows.

    Raises ValueError for points below 1, MarketBusy.
    """
    budget_points = current_settings().attention_budget_points
    given = give_attention(player_id=player_id, points={biome: points}, budget_points=budget_points)
    if given.accepted and live.attention_is_due():
        live.announce_attention(waiting_attention().items())
    return given
