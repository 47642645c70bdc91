"""The parts common to all stream connections, over any protocol: a mailbox at the hub, and an end."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from math import ceil
from typing import Any

from django.conf import settings
from django.utils import timezone

from core.api import timestamps
from core.observability import context
from core.observability.metrics import STREAM_CLIENTS
from streams import event_log
from streams.access.authentication import Visitor
from streams.client_queue import Deliver, Letter, Mailbox
from streams.close_codes import CLOSE_RESTARTING
from streams.event_log import NOWHERE
from streams.hub import hub

logger = logging.getLogger("exchange.streams")

DRAIN_STEP_SECS = 0.1


def welcome_letter(visitor: Visitor, rooms: Sequence[str] = ()) -> Letter:
    """Return the first message to a client: its player and its rooms. It has no position, as it is no event."""
    is_guest = visitor.player_id is None
    private = [] if visitor.player_id is None else [event_log.player_room(visitor.player_id)]
    told = {
        "type": "welcome",
        "at": timestamps.time_text(timezone.now()),
        "listener": "guest" if is_guest else "player",
        "player": None if is_guest else {"id": visitor.player_id, "username": visitor.username},
        "rooms": [*private, *rooms],
    }
    return Letter("welcome", json.dumps(told))


@asynccontextmanager
async def connected(visitor: Visitor, deliver: Deliver) -> AsyncIterator[Mailbox]:
    """Provide a mailbox that the hub serves during the block, in the player's private room from the start.

    It holds back what arrives until it is released, so that the client can first state its position.
    """
    mailbox = Mailbox(deliver, limit=settings.STREAM_MAILBOX_MESSAGES, states=settings.STREAM_WAITING_STATES)
    mailbox.sign_in, mailbox.api_key = visitor.sign_in, visitor.api_key
    clients = STREAM_CLIENTS.labels("guest" if visitor.player_id is None else "player")
    clients.inc()
    started_secs = time.monotonic()
    context.name_player(visitor.player_id)
    logger.info("a stream begins")
    try:
        await hub.connect(mailbox)
        mailbox.hold()
        if visitor.player_id is not None:
            hub.join(event_log.player_room(visitor.player_id), mailbox)
        yield mailbox
    finally:
        mailbox.close()
        clients.dec()
        logger.info("a stream ends after %.1f s", time.monotonic() - started_secs)
        await hub.disconnect(mailbox)


async def first_of(*works: Coroutine[Any, Any, int | None], within_secs: float | None) -> int | None:
    """Run these coroutines together until one ends, and cancel the others. Returns or raises what it did.

    Raises TimeoutError when none ends in time.
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, timeout=within_secs, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            raise TimeoutError
        return next(task for task in tasks if task in done).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.exception()


async def say_shutdown(*, over_secs: float = 0.0) -> None:
    """Tell every client that this server is shutting down, and end the connections.

    Spread evenly over so long: a thousand clients that come back in the same instant would wait for each other.
    """
    loop = asyncio.get_running_loop()
    until_secs = loop.time() + over_secs
    at_most, untold = 1, 1
    while untold and (left_secs := until_secs - loop.time()) > 0:
        untold = _send_away(at_most)
        at_most = ceil(untold * DRAIN_STEP_SECS / left_secs)
        await asyncio.sleep(DRAIN_STEP_SECS)
    _send_away(at_most=None)


def _send_away(at_most: int | None) -> int:
    letter, to_newcomers = (
        Letter("shutdown", event_log.placed_text("shutdown", place, {}), place=place)
        for place in (hub.position, NOWHERE)
    )
    return hub.end_all(letter, CLOSE_RESTARTING, to_newcomers=to_newcomers, at_most=at_most)
