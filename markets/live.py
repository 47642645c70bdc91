"""The live stream's log, in Redis: every event gets its place in one order there, and the stream servers read it.

Anything that changes what players see announces it here, after commit. Losing the log loses no money: when Redis comes
back empty, the log begins a new epoch and clients take a snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import uuid4

import redis
from django.conf import settings
from django.utils import timezone

from attention.biomes import Biome
from markets import wire
from markets.models import Cycle, Tick

ALL_MARKETS = "biome_market_all"

LOG_KEY = f"{settings.REDIS_PREFIX}:live:log"
_SEQ_KEY = f"{settings.REDIS_PREFIX}:live:seq"
_EPOCH_KEY = f"{settings.REDIS_PREFIX}:live:epoch"
_ATTENTION_KEY = f"{settings.REDIS_PREFIX}:live:attention-announced"

# Numbering and appending are one step, so that no reader ever sees a later event before an earlier one.
# ARGV: an epoch for the case that there is none, how many events to keep, then rooms and body of each event.
_APPEND = """
local epoch = redis.call('GET', KEYS[1])
if not epoch then
    epoch = ARGV[1]
    redis.call('SET', KEYS[1], epoch)
    redis.call('DEL', KEYS[2], KEYS[3])
end
for i = 3, #ARGV, 2 do
    local seq = redis.call('INCR', KEYS[2])
    local frame = '{"epoch":"' .. epoch .. '","seq":' .. seq .. ',' .. string.sub(ARGV[i + 1], 2)
    redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[2], seq .. '-0', 'rooms', ARGV[i], 'frame', frame)
end
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, for the sockets in any of `rooms`."""

    type: str
    rooms: tuple[str, ...]
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the log. `seq` counts from 1 in each epoch; 0 is before the first event."""

    epoch: str
    seq: int


def market_room(biome: str) -> str:
    """The room of one market's public events."""
    return f"biome_market_{biome}"


def player_room(player_id: int) -> str:
    """The room of one player's private events: only that player's own sockets are ever in it."""
    return f"player_{player_id}"


@lru_cache(maxsize=1)
def redis_client() -> redis.Redis:
    """This process's connections to Redis, for announcing. They give up after a second: trades do not wait for them."""
    return redis.Redis.from_url(settings.REDIS_URL, decode_responses=True, socket_timeout=1, socket_connect_timeout=1)


def announce(*events: Event) -> None:
    """Append events to the log, in this order. Only after commit. Raises redis.RedisError when Redis is away."""
    at = wire.time_text(timezone.now())
    parts: list[str] = []
    for event in events:
        parts += [" ".join(event.rooms), _compact({"type": event.type, "at": at, **event.content})]
    redis_client().eval(_APPEND, 3, _EPOCH_KEY, _SEQ_KEY, LOG_KEY, uuid4().hex, settings.STREAM_EVENTS_KEPT, *parts)


def position() -> Position:
    """The place of the newest event. Read it before the state that it shall stand for."""
    epoch, seq = redis_client().mget(_EPOCH_KEY, _SEQ_KEY)
    return Position(str(epoch or ""), int(seq or 0))


def announce_cycle(*, cycle: Cycle, ticks: Sequence[Tick]) -> None:
    """Tell everyone in the market rooms how a cycle left the markets; each market's own room hears of it alone."""
    changes = wire.redistributions_json(ticks)
    markets = [wire.market_json(tick.market) for tick in ticks]
    head = {"cycle": cycle.number, "cycle_at": wire.time_text(cycle.at), "reason": cycle.reason}

    def update(room: str, chosen: slice) -> Event:
        content = head | {"markets": markets[chosen], "redistributions": changes[chosen]}
        return Event("biome_market_update", (room,), content)

    single = [update(market_room(tick.market_id), slice(place, place + 1)) for place, tick in enumerate(ticks)]
    announce(update(ALL_MARKETS, slice(None)), *single)


def announce_attention(waiting: Iterable[tuple[Biome, int]]) -> None:
    """Tell the market rooms the attention so far in the cycle under way."""
    content = {"attention": [{"biome": biome, "points": points} for biome, points in waiting]}
    announce(Event("biome_attention_update", (ALL_MARKETS, *map(market_room, Biome)), content))


def attention_is_due() -> bool:
    """True at most once in `ATTENTION_ANNOUNCE_MS`, over all processes: whoever gets it announces."""
    return bool(redis_client().set(_ATTENTION_KEY, 1, nx=True, px=settings.ATTENTION_ANNOUNCE_MS))


def _compact(content: Mapping[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"))
