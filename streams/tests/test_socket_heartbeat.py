"""A client with a frozen stream notices it within two seconds by the missing heartbeat."""

from __future__ import annotations

import asyncio
import time

import pytest
import redis.asyncio

from embedded.places import CHECKOUT
from markets import events
from streams import event_log
from streams import hub as hub_module
from streams.tests.sockets import OpenSocket, Socket, in_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("markets")]

#: A client calls the stream stale when it has heard nothing for so long (static/js/stream.js).
STALE_SECS = 2.0


async def test_each_second_says_where_the_stream_is_while_nothing_happens(open_socket: OpenSocket) -> None:
    guest = await open_socket()
    snapshot = await guest.subscribe()
    first = await guest.hear_any()
    started_secs = time.monotonic()
    second = await guest.hear_any()
    assert time.monotonic() - started_secs < STALE_SECS
    assert [beat["type"] for beat in (first, second)] == ["heartbeat"] * 2
    assert (second["epoch"], second["seq"], second["log_seq"]) == (snapshot["epoch"], snapshot["seq"], snapshot["seq"])
    assert first["at"] < second["at"]


async def test_a_heartbeat_names_the_last_event_that_was_handed_out(open_socket: OpenSocket) -> None:
    guest = await open_socket()
    snapshot = await guest.subscribe()
    await in_database(event_log.announce)(event_log.Event("biome_trade", (events.ALL_MARKETS,), {}))
    await guest.hear_until("biome_trade")
    while (beat := await guest.hear_any())["type"] != "heartbeat":
        pass
    assert (beat["seq"], beat["log_seq"]) == (snapshot["seq"] + 1, snapshot["seq"] + 1)


async def test_a_reader_that_is_stuck_beats_no_more(open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stuck(_seq: int, *, reader: redis.asyncio.Redis, wait_secs: float) -> list[event_log.Entry]:
        await asyncio.Event().wait()
        raise AssertionError

    guest = await open_socket()
    await guest.subscribe()
    monkeypatch.setattr(event_log, "entries_after", stuck)
    # At most one read that began before the reader was stuck, and its heartbeat, are still to come.
    while await is_heard_within(guest, STALE_SECS):
        pass
    await guest.say("ping")
    assert await guest.hear_any() == {"type": "pong"}


async def test_without_redis_it_beats_no_more_and_then_again(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = await open_socket()
    await guest.subscribe()
    with monkeypatch.context() as away:
        away.setattr(event_log, "position_seen_by", refuse)
        while await is_heard_within(guest, STALE_SECS):
            pass
    assert await guest.hear_until("resync")
    assert await is_heard_within(guest, STALE_SECS)


def test_the_page_waits_for_two_heartbeats() -> None:
    assert 2 * hub_module.HEARTBEAT_SECS == STALE_SECS
    assert f"STALE_AFTER_MS = {STALE_SECS * 1000:.0f};" in (CHECKOUT / "static/js/stream.js").read_text()


async def is_heard_within(socket: Socket, secs: float) -> bool:
    if await socket.wire.receive_nothing(timeout=secs, interval=0.05):
        return False
    await socket.hear_any()
    return True


async def refuse(_reader: redis.asyncio.Redis) -> event_log.Position:
    raise redis.ConnectionError
