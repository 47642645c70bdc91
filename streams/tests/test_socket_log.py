"""Clients continue, or are told to resync, when the stream's log in Redis is lost or replaced."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from core.redis import clients
from markets import events
from markets.redistribution.cycle import run_cycle
from streams import event_log
from streams.client_queue import Letter, Mailbox
from streams.hub import hub
from streams.tests.sockets import OpenSocket, in_database, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("markets")]

TRADE = event_log.Event("biome_trade", (events.ALL_MARKETS,), {"biome": "ocean"})
announce = in_database(event_log.announce)


def reader_of_nothing() -> redis.asyncio.Redis:
    """Open a reader of an address where no Redis listens."""
    return redis.asyncio.Redis.from_url("redis://127.0.0.1:1", retry=Retry(NoBackoff(), 0))


def kill_readers() -> int:
    """Close our connections that wait for the log, as a restart of Redis would; returns their number."""
    client = clients.redis_client()
    waiting = [
        each for each in client.client_list() if (each["name"], each["cmd"]) == (event_log.reader_name(), "xread")
    ]
    for each in waiting:
        client.client_kill_filter(_id=each["id"])
    return len(waiting)


async def test_a_cut_connection_loses_nothing(open_socket: OpenSocket) -> None:
    guest = await open_socket()
    snapshot = await guest.subscribe()
    await announce(TRADE)
    assert (await guest.hear())["seq"] == snapshot["seq"] + 1
    while not await in_database(kill_readers)():
        pass
    await announce(TRADE, TRADE)
    assert [(await guest.hear())["seq"] for _ in range(2)] == [snapshot["seq"] + 2, snapshot["seq"] + 3]


async def test_a_log_that_comes_back_empty_is_told(open_socket: OpenSocket, own_log: str) -> None:
    guest = await open_socket()
    before = await guest.subscribe()
    await announce(TRADE, TRADE)
    assert [(await guest.hear())["seq"] for _ in range(2)] == [1, 2]
    await in_database(clients.redis_client().delete)(*event_log._KEYS)
    await announce(TRADE)
    resync = await guest.hear()
    assert (resync["type"], resync["seq"]) == ("resync", 1)
    assert resync["epoch"] not in ("", before["epoch"])
    after = await guest.subscribe()
    assert (after["epoch"], after["seq"]) == (resync["epoch"], 1)
    await announce(TRADE)
    assert (await guest.hear())["seq"] == 2


async def test_a_gap_is_told(open_socket: OpenSocket, own_log: str) -> None:
    guest = await open_socket()
    snapshot = await guest.subscribe()
    await in_database(clients.redis_client().incrby)(event_log._KEYS[1], 5)
    await announce(TRADE)
    assert (await guest.hear())["type"] == "resync"
    assert (await guest.hear())["seq"] == snapshot["seq"] + 6


async def test_what_cannot_be_read_does_not_freeze_the_stream(open_socket: OpenSocket, own_log: str) -> None:
    guest = await open_socket()
    snapshot = await guest.subscribe()
    await in_database(clients.redis_client().incr)(event_log._KEYS[1])
    await in_database(clients.redis_client().xadd)(own_log, {"no": "event"}, id=f"{snapshot['seq'] + 1}-0")
    assert (await guest.hear())["type"] == "resync"
    await announce(TRADE)
    assert (await guest.hear_until("biome_trade"))["seq"] == snapshot["seq"] + 2


async def test_without_redis_a_socket_is_served_and_resyncs_when_it_is_back(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    with monkeypatch.context() as away:
        away.setattr(event_log, "log_reader", reader_of_nothing)
        guest = await open_socket()
        snapshot = await guest.subscribe()
        assert (snapshot["epoch"], snapshot["seq"], len(snapshot["markets"])) == ("", 0, 7)
    assert (await guest.hear())["type"] == "resync"
    await in_database(run_cycle)(number=1, now=now)
    assert (await guest.hear())["type"] == "biome_market_update"


async def test_when_redis_was_away_clients_resync(open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = await open_socket()
    await guest.subscribe()
    attempts = 0
    reader = event_log.log_reader

    def away_twice() -> redis.asyncio.Redis:
        nonlocal attempts
        attempts += 1
        return reader_of_nothing() if attempts <= 2 else reader()

    monkeypatch.setattr(event_log, "log_reader", away_twice)
    while not await in_database(kill_readers)():
        pass
    assert (await guest.hear())["type"] == "resync"
    await announce(TRADE)
    assert (await guest.hear())["type"] == "biome_trade"


async def test_a_slow_client_stalls_nobody_and_holds_little(own_log: str) -> None:
    heard: list[Letter] = []
    takes = asyncio.Event()

    async def quickly(letters: Sequence[Letter]) -> None:
        heard.extend(letters)

    async def never(_letters: Sequence[Letter]) -> None:
        await takes.wait()

    slow, quick = (Mailbox(deliver, limit=3, states=2) for deliver in (never, quickly))
    for mailbox in (slow, quick):
        await hub.connect(mailbox)
        hub.join(events.ALL_MARKETS, mailbox)
    await announce(*[TRADE] * 10)
    await until(lambda: sum(letter.kind == "biome_trade" for letter in heard) == 10)
    assert len(slow._waiting) <= 3
    for mailbox in (slow, quick):
        mailbox.close()
        await hub.disconnect(mailbox)


async def test_trades_go_out_together_and_a_cycle_takes_them_along(own_log: str, settings: Any) -> None:
    settings.STREAM_GATHER_MS = 60_000
    writes: list[list[str]] = []

    async def note(letters: Sequence[Letter]) -> None:
        writes.append([letter.kind for letter in letters if letter.kind != "heartbeat"])

    mailbox = Mailbox(note, limit=9, states=9)
    await hub.connect(mailbox)
    hub.join(events.ALL_MARKETS, mailbox)
    await announce(TRADE)
    await until(lambda: ["biome_trade"] in writes)
    await announce(TRADE)
    await announce(TRADE)
    assert (hub.position.seq, (await in_database(event_log.position)()).seq) == (1, 3)
    await announce(event_log.Event("biome_market_update", (events.ALL_MARKETS,), {}))
    await until(lambda: hub.position.seq == 4)
    assert [write for write in writes if write] == [
        ["biome_trade"],
        ["biome_trade", "biome_trade", "biome_market_update"],
    ]
    mailbox.close()
    await hub.disconnect(mailbox)


async def test_who_comes_while_the_last_one_leaves_can_resume(own_log: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, may_close = event_log.log_reader, asyncio.Event()

    @asynccontextmanager
    async def slow_to_close() -> AsyncIterator[redis.asyncio.Redis]:
        async with reader() as log:
            try:
                yield log
            finally:
                await may_close.wait()

    async def nowhere(_letters: Sequence[Letter]) -> None:
        pass

    monkeypatch.setattr(event_log, "log_reader", slow_to_close)
    leaving, coming = (Mailbox(nowhere, limit=3, states=2) for _ in range(2))
    await hub.connect(leaving)
    left = asyncio.create_task(hub.disconnect(leaving))
    await until(lambda: hub._reader is None)
    await hub.connect(coming)
    may_close.set()
    await left
    assert await hub.missed(hub.position) == []
    await hub.disconnect(coming)


async def test_a_reader_whose_cancellation_got_lost_ends_all_the_same(
    own_log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deaf(_seq: int, *, reader: redis.asyncio.Redis, wait_secs: float) -> list[event_log.Entry]:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return [event_log.Entry("biome_trade", event_log.Position("another", 7), (events.ALL_MARKETS,), "{}")]
        raise AssertionError

    async def nowhere(_letters: Sequence[Letter]) -> None:
        pass

    monkeypatch.setattr(event_log, "entries_after", deaf)
    mailbox = Mailbox(nowhere, limit=3, states=2)
    await hub.connect(mailbox)
    await asyncio.wait_for(hub.disconnect(mailbox), 10)
    assert hub.position == event_log.NOWHERE
