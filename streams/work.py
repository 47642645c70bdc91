"""What a streams process does beside serving its clients, under whichever server."""

from __future__ import annotations

import asyncio
import gc

from core.observability import heartbeats
from core.observability.metrics import leave
from streams.control import obey_for_ever

# A full collection of what thousands of connections hold takes a third of a second, in which no tick goes out. The
# usual thresholds are met by a few ticks; these by what some thousand closed connections leave behind.
GARBAGE_THRESHOLDS = (10_000, 10, 10)


def begin_work(loop: asyncio.AbstractEventLoop) -> list[asyncio.Task[None]]:
    """Start to execute control messages and to show that this process lives. Returns the tasks, for `end_work`."""
    return [loop.create_task(obey_for_ever()), loop.create_task(show_life_for_ever())]


async def end_work(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel the tasks of `begin_work`, and withdraw this process's metrics."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    leave()


def settle_memory() -> None:
    """Keep the program itself from the collector, as it never becomes garbage, and let that look less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


async def show_life_for_ever() -> None:
    """Record every few seconds that this process lives, until cancelled."""
    while True:
        # In a thread: Redis may take its time.
        await asyncio.to_thread(heartbeats.show_life, heartbeats.STREAMS)
        await asyncio.sleep(heartbeats.EVERY_SECS)
