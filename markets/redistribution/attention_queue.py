"""The queue that collects the attention of this process's sockets and gives it in one transaction for each batch."""

from __future__ import annotations

import asyncio
from collections import deque

from channels.db import database_sync_to_async
from django.conf import settings

from attention.biomes import Biome
from attention.meter import Asked, Given
from core.errors import MarketBusy, NotVerified
from core.observability import context
from markets.redistribution.attention import track_attention_together

_Reply = asyncio.Future[Given | None]


class AttentionQueue:
    """The queue of events, which wait while the batch before them is written, and for a few milliseconds at least.

    Each is answered when its batch has committed. At most `ATTENTION_QUEUE_EVENTS` wait.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Asked, _Reply]] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def give(self, *, player_id: int, biome: Biome, points: int) -> Given | None:
        """Give a player's points to a biome; returns None when the player is not active any more.

        Raises NotVerified, ValueError for points below 1, MarketBusy when too many wait or the batch was refused. If
        the caller is cancelled, the points may have been given.
        """
        if points < 1:
            raise ValueError("attention is given in whole points of at least 1")
        if len(self._waiting) >= settings.ATTENTION_QUEUE_EVENTS:
            raise MarketBusy
        reply: _Reply = asyncio.get_running_loop().create_future()
        self._waiting.append((Asked(player_id, {biome: points}), reply))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all(), context=context.of_nobody())
        return await reply

    async def _write_all(self) -> None:
        while self._waiting:
            await asyncio.sleep(settings.ATTENTION_BATCH_MS / 1000)
            count = min(len(self._waiting), settings.ATTENTION_BATCH_EVENTS)
            await _write([self._waiting.popleft() for _ in range(count)])


async def _write(batch: list[tuple[Asked, _Reply]]) -> None:
    """Write a batch, and answer each of its requests: with the meter's result, or with its refusal of them all."""
    try:
        answers = await database_sync_to_async(track_attention_together)([asked for asked, _ in batch])
    except Exception as error:
        for _, reply in batch:
            if not reply.done():
                reply.set_exception(error)
        return
    for (_, reply), answer in zip(batch, answers, strict=True):
        # Done already when the client has left.
        if reply.done():
            continue
        if isinstance(answer, NotVerified):
            reply.set_exception(answer)
        else:
            reply.set_result(answer)


#: This process's queue.
attention_queue = AttentionQueue()
