"""The addresses and the stream's actions that load generators use (docs/api.md, docs/streams.md). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

API = "/api/v1/biome-market"
ALL_MARKETS = "biome_market_all"


def subscribe(room: str) -> dict[str, Any]:
    """Return the action that enters a room."""
    return {"action": "subscribe_biome_market", "room": room}


def resume(epoch: str, seq: int, *, rooms: Sequence[str]) -> dict[str, Any]:
    """Return the action that goes on after the last event of an earlier connection."""
    return {"action": "resume", "epoch": epoch, "seq": seq, "rooms": list(rooms)}


def give_attention(biome: str, *, points: int) -> dict[str, Any]:
    """Return the action that gives a biome attention."""
    return {"action": "attention", "biome": biome, "points": points}
