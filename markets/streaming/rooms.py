"""The streams' rooms of the markets, and what a client is told first in each."""

from __future__ import annotations

from channels.db import database_sync_to_async

from attention.biomes import Biome
from markets.events import ALL_MARKETS, market_room
from markets.snapshot import take_snapshot
from streams import event_log
from streams.client_queue import Letter
from streams.event_log import Position

#: By room, the market whose events are in it; None for the room of all.
BIOMES = {ALL_MARKETS: None} | {market_room(biome): biome for biome in Biome}


async def snapshot_of(room: str, place: Position) -> Letter:
    """Return the markets of a room as they stand. Raises ServiceUnavailable before the markets are opened."""
    snapshot = await database_sync_to_async(take_snapshot)(BIOMES[room])
    text = event_log.placed_text("biome_market_snapshot", place, {"room": room, **snapshot})
    return Letter("biome_market_snapshot", text, place=place)
