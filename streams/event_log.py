"""The live stream's log in Redis: every event gets its position in one order there, and the stream servers read it.

All changes that players see are announced here, after commit. Losing the log loses no money: when Redis comes back
empty, the log begins a new epoch and clients take a snapshot.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

import redis
import redis.asyncio
from django.conf import settings
from django.utils import timezone
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff

from core.api import timestamps
from core.observability import context
from core.redis.clients import redis_client
from streams.log_writer import LogWriter

logger = logging.getLogger(__name__)

LOG_KEY = f"{settings.REDIS_PREFIX}:live:log"
_SEQ_KEY = f"{settings.REDIS_PREFIX}:live:seq"
_EPOCH_KEY = f"{settings.REDIS_PREFIX}:live:epoch"
_TIMES_KEY = f"{settings.REDIS_PREFIX}:live:seq-at:"
_KEYS = (_EPOCH_KEY, _SEQ_KEY, LOG_KEY, _TIMES_KEY)

# Where an event says when it was announced: before all that it has to tell.
_AT, _AT_WITHIN = re.compile('"at":"([^"]+)"'), 256

# A reader gives up on an answer after so long: Redis is frozen, or the network.
READ_TIMEOUT_SECS = 2.0
_READ_BATCH = 500
# Each of these periods of the clock has a key with the first event in it, by which the log is trimmed.
_PERIOD_SECS = 10

# ARGV[1]: an epoch, for the case that there is none.
_OPEN = """
local epoch = redis.call('GET', KEYS[1])
if not epoch then
    epoch = ARGV[1]
    redis.call('SET', KEYS[1], epoch)
    redis.call('DEL', KEYS[2], KEYS[3])
end
"""

# Numbering and appending are one step, so that no reader ever sees a later event before an earlier one.
# ARGV[2]: how many seconds to keep events, ARGV[3]: how many events at most, ARGV[4]: whose work announces them, which
# no client is told. Then type, rooms and body of each event.
# Where Redis takes nothing for want of memory, events are lost: the log is given up, which makes room, so that the next
# one is of another epoch and all clients take a snapshot.
_APPEND = f"""{_OPEN}
for i = 5, #ARGV, 3 do
    local seq = redis.pcall('INCR', KEYS[2])
    if type(seq) == 'table' then
        redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
        return seq
    end
    local frame = '{{"epoch":"' .. epoch .. '","seq":' .. seq .. ',' .. string.sub(ARGV[i + 2], 2)
    redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[3], seq .. '-0',
        'epoch', epoch, 'type', ARGV[i], 'rooms', ARGV[i + 1], 'frame', frame,
        'ids', ARGV[4])
end
local period, kept = math.floor(redis.call('TIME')[1] / {_PERIOD_SECS}), math.ceil(ARGV[2] / {_PERIOD_SECS})
local newest = redis.call('GET', KEYS[2]) or 0
if redis.call('SET', KEYS[4] .. period, newest, 'NX', 'EX', (kept + 3) * {_PERIOD_SECS}) then
    local oldest = redis.call('GET', KEYS[4] .. (period - kept - 1))
    if oldest then redis.call('XTRIM', KEYS[3], 'MINID', '~', oldest .. '-0') end
end
"""

#: Where in the command its events begin: after the script, the keys and their number, and four arguments.
_FIRST_EVENT = 3 + len(_KEYS) + 4

_POSITION = f"""{_OPEN}
return {{epoch, redis.call('GET', KEYS[2]) or '0'}}
"""


@dataclass(frozen=True, slots=True)
class Event:
    """An event for the sockets in any of `rooms`."""

    type: str
    rooms: tuple[str, ...]
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Position:
    """A position in the log. `seq` counts from 1 in each epoch; 0 is before the first event."""

    epoch: str
    seq: int


#: Where nobody can be: what is told while Redis is away.
NOWHERE = Position("", 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the log: its position, its rooms, and the text that every client gets."""

    type: str
    position: Position
    rooms: tuple[str, ...]
    frame: str
    #: Whose work announced it, as JSON.
    ids: str = "{}"

    @property
    def age_secs(self) -> float:
        """Return the seconds since it was announced."""
        found = _AT.search(self.frame, 0, _AT_WITHIN)
        return max(0.0, (timezone.now() - datetime.fromisoformat(found[1])).total_seconds()) if found else 0.0


def player_room(player_id: int) -> str:
    """Return the room of one player's private events: only that player's own sockets are ever in it."""
    return f"player_{player_id}"


@lru_cache(maxsize=1)
def silent_connections() -> LogWriter:
    """Return this process's log writer, whose commands time out after a second and wait for no answer."""
    return LogWriter()


def _tell(*command: str | int) -> None:
    """Send `_APPEND` without waiting for its end. Raises redis.RedisError when it cannot be sent."""
    silent_connections().send((len(command) - _FIRST_EVENT) // 3, *command)


def announce(*events: Event) -> None:
    """Append events to the log, in this order. Only after commit.

    With Redis away or full they are lost, which is counted and logged once: their content is in the database, and
    when Redis is back the streams send every client to take a snapshot.
    """
    at = timestamps.time_text(timezone.now())
    parts: list[str] = []
    for event in events:
        parts += [event.type, " ".join(event.rooms), _compact({"type": event.type, "at": at, **event.content})]
    try:
        kept = (settings.STREAM_KEPT_SECS, settings.STREAM_EVENTS_KEPT)
        ids = _compact(context.ids_under_way())
        _tell("EVAL", _APPEND, len(_KEYS), *_KEYS, uuid4().hex, *kept, ids, *parts)
    except redis.RedisError as error:
        silent_connections().lost(len(events), error)


def position() -> Position:
    """Return the position of the newest event, NOWHERE while Redis is away.

    Read it before the state that it describes.
    """
    try:
        return _position_of(redis_client().eval(_POSITION, len(_KEYS), *_KEYS, uuid4().hex))
    except redis.RedisError as error:
        logger.warning("the stream's position is unknown: %s", error)
        return NOWHERE


def log_reader() -> redis.asyncio.Redis:
    """Open a connection for following the log; it belongs to the running event loop.

    Close it, or use it as a context.
    """
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        client_name=reader_name(),
        decode_responses=True,
        socket_connect_timeout=1,
        socket_timeout=READ_TIMEOUT_SECS,
        # Its user tries again, and says meanwhile that it does not follow.
        retry=AsyncRetry(NoBackoff(), 0),
    )


def reader_name() -> str:
    """Return the name, in Redis' CLIENT LIST, of the connection on which this process follows the log."""
    return f"{settings.REDIS_PREFIX}-log-reader-{os.getpid()}"


async def position_seen_by(reader: redis.asyncio.Redis) -> Position:
    """Return the position of the newest event. Raises redis.RedisError."""
    return _position_of(await reader.eval(_POSITION, len(_KEYS), *_KEYS, uuid4().hex))


async def entries_after(seq: int, *, reader: redis.asyncio.Redis, wait_secs: float) -> list[Entry]:
    """Return the events after `seq`, oldest first, a batch at most.

    Waits up to `wait_secs` for one. Raises redis.RedisError.
    """
    # 0 would be for ever.
    block_ms = max(1, round(wait_secs * 1000))
    streams: Any = await reader.xread({LOG_KEY: f"{seq}-0"}, count=_READ_BATCH, block=block_ms)
    if not streams:
        return []
    [[_, entries]] = streams
    return [_entry_of(entry_id, fields) for entry_id, fields in entries]


async def entries_before(seq: int, *, first_seq: int, reader: redis.asyncio.Redis) -> list[Entry]:
    """Return the events from `first_seq` on, as far as the log still has them, and before `seq`; oldest first.

    Raises redis.RedisError.
    """
    found: list[Entry] = []
    first = f"{first_seq}-0"
    while True:
        batch: Any = await reader.xrange(LOG_KEY, first, f"({seq}-0", count=_READ_BATCH)
        if not batch:
            return found
        found += [_entry_of(entry_id, fields) for entry_id, fields in batch]
        first = f"({batch[-1][0]}"


def placed_text(message_type: str, place: Position, content: Mapping[str, Any]) -> str:
    """Return the text of a message that is not in the log, such as a snapshot, with its position in the log."""
    at = timestamps.time_text(timezone.now())
    return _compact({"type": message_type, "epoch": place.epoch, "seq": place.seq, "at": at, **content})


def _position_of(answer: Any) -> Position:
    epoch, seq = answer
    return Position(str(epoch), int(seq))


def _entry_of(entry_id: str, fields: Mapping[str, str]) -> Entry:
    seq = int(entry_id.partition("-")[0])
    return Entry(
        fields["type"],
        Position(fields["epoch"], seq),
        tuple(fields["rooms"].split()),
        fields["frame"],
        fields.get("ids", "{}"),
    )


def _compact(content: Mapping[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"))
