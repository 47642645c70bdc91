"""Events of the markets for the streams: cycles and attention, by room."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

import redis
import redis.asyncio
from django.conf import settings

from attention.biomes import Biome
from core.api import timestamps
from core.redis.clients import redis_client
from markets import payloads
from markets.models import Cycle, Tick
from streams.event_log import Event, announce

logger = logging.getLogger(__name__)

ALL_MARKETS = "biome_market_all"


_ATTENTION_KEY = f"{settings.REDIS_PREFIX}:live:attention-announced"


# ARGV: for how many milliseconds. A key that lasts longer is of a clock that was set back since.
_ONCE = """
if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[1]) then redis.call('DEL', KEYS[1]) end
return redis.call('SET', KEYS[1], 1, 'NX', 'PX', ARGV[1]) and 1 or 0
"""


def market_room(biome: str) -> str:
    """Return the room of one market's public events."""
    return f"biome_market_{biome}"


def announce_cycle(*, cycle: Cycle, ticks: Sequence[Tick]) -> None:
    """Announce the markets after a cycle to all market rooms; each market's own room gets its market alone."""
    announce(*cycle_events(cycle=cycle, ticks=ticks))


def cycle_events(*, cycle: Cycle, ticks: Sequence[Tick]) -> list[Event]:
    """Return a cycle's events: the one for the room of all markets first, then each market's own."""
    changes = payloads.redistributions_json(ticks)
    floor_micro = cycle.settings.price_floor_micro
    heading = payloads.heading_prices([tick.market for tick in ticks], floor_micro=floor_micro)
    markets = [payloads.market_json(tick.market, heading_price=heading[tick.market_id]) for tick in ticks]
    head = {"cycle": cycle.number, "cycle_at": timestamps.time_text(cycle.at), "reason": cycle.reason}

    def update(room: str, chosen: slice) -> Event:
        content = head | {"markets": markets[chosen], "redistributions": changes[chosen]}
        return Event("biome_market_update", (room,), content)

    single = [update(market_room(tick.market_id), slice(place, place + 1)) for place, tick in enumerate(ticks)]
    return [update(ALL_MARKETS, slice(None)), *single]


def announce_attention(waiting: Iterable[tuple[Biome, int]]) -> None:
    """Announce the attention so far in the cycle under way to the market rooms."""
    content = {"attention": payloads.attention_json(waiting)}
    announce(Event("biome_attention_update", (ALL_MARKETS, *map(market_room, Biome)), content))


def attention_is_due() -> bool:
    """Return True at most once in `ATTENTION_ANNOUNCE_MS`, over all processes: that caller announces.

    False without Redis.
    """
    try:
        return bool(redis_client().eval(_ONCE, 1, _ATTENTION_KEY, settings.ATTENTION_ANNOUNCE_MS))
    except redis.RedisError as error:
        logger.warning("attention is not announced: %s", error)
        return False
