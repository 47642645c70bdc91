"""The streams' room of the marketplace, and what a client is told first in it."""

from __future__ import annotations

from streams import event_log
from streams.client_queue import Letter
from streams.event_log import Position


async def joined(room: str, place: Position) -> Letter:
    """Return the word that a client is in the room.

    Listings are more than one message should hold: they are read page by page, and events behind this position tell
    how they changed since.
    """
    text = event_log.placed_text("marketplace_joined", place, {"room": room})
    return Letter("marketplace_joined", text, place=place)
