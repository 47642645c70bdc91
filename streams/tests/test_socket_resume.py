"""Clients that resume get the events they missed, once and in order, or are told that these are unknown."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import redis.asyncio
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from core.redis import clients
from markets import events
from streams import event_log, replay_buffer
from streams.event_log import Position
from streams.hub import hub
from streams.tests.sockets import Message, OpenSocket, Socket, in_database, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("markets")]

ROOM = events.ALL_MARKETS
announce = in_database(event_log.announce)


def trade(number: int, room: str = ROOM) -> event_log.Event:
    return event_log.Event("biome_trade", (room,), {"number": number})


async def resume(socket: Socket, place: Message, *rooms: str) -> None:
    await socket.say("resume", epoch=place["epoch"], seq=place["seq"], rooms=list(rooms or (ROOM,)))


async def numbers_heard(socket: Socket, count: int) -> list[int]:
    return [(await socket.hear())["number"] for _ in range(count)]


async def test_what_was_missed_comes_in_order_then_what_happens(open_socket: OpenSocket) -> None:
    before = await open_socket()
    await before.subscribe()
    await announce(trade(1))
    last = await before.hear()
    await before.leave()
    before.is_open = False
    await announce(trade(2), trade(3))
    after = await open_socket()
    await resume(after, last)
    assert await numbers_heard(after, 2) == [2, 3]
    await announce(trade(4))
    assert await numbers_heard(after, 1) == [4]


async def test_a_new_process_reads_the_log_once_for_all(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    entries_before = event_log.entries_before

    async def counting(seq: int, **reader: Any) -> list[event_log.Entry]:
        reads.append(seq)
        return await entries_before(seq, **reader)

    monkeypatch.setattr(event_log, "entries_before", counting)
    monkeypatch.setattr(event_log, "_READ_BATCH", 2)
    await announce(*map(trade, range(1, 7)))
    place = await in_database(event_log.position)()
    sockets = [await open_socket() for _ in range(3)]
    for missed, socket in enumerate(sockets, start=4):
        await resume(socket, {"epoch": place.epoch, "seq": place.seq - missed})
    for missed, socket in enumerate(sockets, start=4):
        assert await numbers_heard(socket, missed) == list(range(7 - missed, 7))
    assert len(reads) == 1


async def test_no_more_of_the_log_is_read_than_is_of_use(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_buffer, "_FURTHER_BACK", 1)
    await announce(*map(trade, range(1, 7)))
    place = await in_database(event_log.position)()
    guest = await open_socket()
    await resume(guest, {"epoch": place.epoch, "seq": place.seq - 2})
    assert await numbers_heard(guest, 2) == [5, 6]
    assert [letter.place.seq for letter in hub._tail._letters] == [place.seq - 2, place.seq - 1, place.seq]
    another = await open_socket()
    await resume(another, {"epoch": place.epoch, "seq": place.seq - 5})
    assert await numbers_heard(another, 5) == [2, 3, 4, 5, 6]


async def test_only_the_rooms_of_the_client_are_replayed(open_socket: OpenSocket) -> None:
    place = await in_database(event_log.position)()
    ocean, snow = events.market_room("ocean"), events.market_room("snow")
    await announce(trade(1, ocean), trade(2, snow), trade(3, ROOM), trade(4, ocean))
    guest = await open_socket()
    await resume(guest, {"epoch": place.epoch, "seq": place.seq}, ocean)
    assert await numbers_heard(guest, 2) == [1, 4]


async def test_private_events_are_replayed_to_their_owner_alone(
    open_socket: OpenSocket, alice: User, bob: User
) -> None:
    place = await in_database(event_log.position)()
    await announce(trade(1, event_log.player_room(alice.pk)), trade(2))
    for player, numbers in ((alice, [1, 2]), (bob, [2])):
        socket = await open_socket(f"?token={AccessToken.for_user(player)}")
        await resume(socket, {"epoch": place.epoch, "seq": place.seq})
        assert await numbers_heard(socket, len(numbers)) == numbers
        await socket.say("ping")
        assert (await socket.hear())["type"] == "pong"


async def test_a_private_event_before_the_first_word_comes_once_and_in_order(
    open_socket: OpenSocket, alice: User
) -> None:
    place = await in_database(event_log.position)()
    await announce(trade(1), trade(2))
    player = await open_socket(f"?token={AccessToken.for_user(alice)}")
    await until(lambda: event_log.player_room(alice.pk) in hub._rooms)
    await announce(trade(3, event_log.player_room(alice.pk)))
    await until(lambda: hub.position.seq == place.seq + 3)
    await resume(player, {"epoch": place.epoch, "seq": place.seq})
    assert await numbers_heard(player, 3) == [1, 2, 3]
    await announce(trade(4))
    assert await numbers_heard(player, 1) == [4]


async def test_who_says_nothing_hears_private_events_all_the_same(open_socket: OpenSocket, alice: User) -> None:
    player = await open_socket(f"?token={AccessToken.for_user(alice)}")
    await until(lambda: event_log.player_room(alice.pk) in hub._rooms)
    await announce(trade(1, event_log.player_room(alice.pk)))
    assert await numbers_heard(player, 1) == [1]


async def test_what_was_heard_before_resuming_is_not_repeated(open_socket: OpenSocket, alice: User) -> None:
    place = await in_database(event_log.position)()
    await announce(trade(1), trade(2, event_log.player_room(alice.pk)))
    player = await open_socket(f"?token={AccessToken.for_user(alice)}")
    await player.subscribe("biome_market_ocean")
    await announce(trade(3, event_log.player_room(alice.pk)))
    assert await numbers_heard(player, 1) == [3]
    await resume(player, {"epoch": place.epoch, "seq": place.seq})
    assert await numbers_heard(player, 2) == [1, 2]
    await announce(trade(4))
    assert await numbers_heard(player, 1) == [4]


async def test_a_second_resume_repeats_nothing(open_socket: OpenSocket, alice: User) -> None:
    place = await in_database(event_log.position)()
    at = {"epoch": place.epoch, "seq": place.seq}
    await announce(trade(1), trade(2, event_log.player_room(alice.pk)), trade(3, events.market_room("snow")))
    player = await open_socket(f"?token={AccessToken.for_user(alice)}")
    await resume(player, at)
    assert await numbers_heard(player, 2) == [1, 2]
    await resume(player, at)
    await resume(player, {**at, "seq": place.seq + 1})
    await announce(trade(4))
    assert await numbers_heard(player, 1) == [4]
    # Of a room that is new to it, it had nothing.
    await resume(player, at, events.market_room("snow"))
    assert await numbers_heard(player, 1) == [3]
    await resume(player, at, events.market_room("snow"))
    await announce(trade(5))
    assert await numbers_heard(player, 1) == [5]


async def test_a_second_resume_from_further_back_tells_only_what_is_new(open_socket: OpenSocket) -> None:
    place = await in_database(event_log.position)()
    await announce(trade(1), trade(2), trade(3))
    guest = await open_socket()
    await resume(guest, {"epoch": place.epoch, "seq": place.seq + 2})
    assert await numbers_heard(guest, 1) == [3]
    for _ in range(2):
        await resume(guest, {"epoch": place.epoch, "seq": place.seq})
    await announce(trade(4))
    assert await numbers_heard(guest, 3) == [1, 2, 4]


async def test_private_rooms_cannot_be_named(open_socket: OpenSocket, alice: User, bob: User) -> None:
    socket = await open_socket(f"?token={AccessToken.for_user(bob)}")
    await resume(socket, {"epoch": "", "seq": 0}, event_log.player_room(alice.pk))
    refusal = await socket.hear()
    assert (refusal["type"], refusal["code"]) == ("error", "invalid_choice")


async def test_what_happens_during_the_replay_comes_once_behind_it(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries_before = event_log.entries_before

    async def slowly(seq: int, **reader: Any) -> list[event_log.Entry]:
        found = await entries_before(seq, **reader)
        before = hub.position.seq
        await announce(trade(3))
        await until(lambda: hub.position.seq > before)
        return found

    monkeypatch.setattr(event_log, "entries_before", slowly)
    place = await in_database(event_log.position)()
    await announce(trade(1), trade(2))
    guest = await open_socket()
    await resume(guest, {"epoch": place.epoch, "seq": place.seq})
    assert await numbers_heard(guest, 3) == [1, 2, 3]
    await announce(trade(4))
    assert await numbers_heard(guest, 1) == [4]


@pytest.mark.parametrize("place", [{"epoch": "of old", "seq": 5}, {"epoch": "", "seq": 0}])
async def test_another_epoch_is_told(open_socket: OpenSocket, place: Message) -> None:
    guest = await open_socket()
    await resume(guest, place)
    resync = await guest.hear()
    assert (resync["type"], resync["seq"]) == ("resync", hub.position.seq)
    await announce(trade(1))
    assert await numbers_heard(guest, 1) == [1]


async def test_what_the_log_has_dropped_is_told(open_socket: OpenSocket, own_log: str) -> None:
    place = await in_database(event_log.position)()
    await announce(*map(trade, range(1, 6)))
    await in_database(clients.redis_client().xtrim)(own_log, minid=f"{place.seq + 3}-0", approximate=False)
    late, later = await open_socket(), await open_socket()
    await resume(late, {"epoch": place.epoch, "seq": place.seq + 2})
    assert await numbers_heard(late, 3) == [3, 4, 5]
    await resume(later, {"epoch": place.epoch, "seq": place.seq + 1})
    assert (await later.hear())["type"] == "resync"


async def test_a_place_that_never_was_is_told(open_socket: OpenSocket) -> None:
    place = await in_database(event_log.position)()
    guest = await open_socket()
    await resume(guest, {"epoch": place.epoch, "seq": place.seq + 100})
    assert (await guest.hear())["type"] == "resync"


async def test_a_client_that_is_ahead_of_this_process_hears_nothing_twice(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = await open_socket()
    place = await guest.subscribe()
    # The log has moved on, and this process has not read that yet.
    monkeypatch.setattr(event_log, "position_seen_by", in_future(hub.position))
    await resume(guest, {"epoch": place["epoch"], "seq": place["seq"] + 2})
    await guest.say("ping")
    assert (await guest.hear())["type"] == "pong"
    await announce(trade(1), trade(2), trade(3))
    assert await numbers_heard(guest, 1) == [3]


async def test_this_process_catches_up_while_a_client_that_is_ahead_comes_back(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.STREAM_WAITING_STATES = 2
    seen_by = event_log.position_seen_by
    guest = await open_socket()
    place = await guest.subscribe()
    cycles = [
        event_log.Event("biome_market_update", (events.ALL_MARKETS,), {"cycle": number}) for number in range(1, 9)
    ]

    async def slowly(reader: redis.asyncio.Redis) -> event_log.Position:
        if asyncio.current_task() is not hub._reader:
            await announce(*cycles)
            await until(lambda: hub.position.seq == place["seq"] + len(cycles))
        return await seen_by(reader)

    another = await open_socket()
    await until(lambda: len(hub._connected) == 2)
    monkeypatch.setattr(event_log, "position_seen_by", slowly)
    await resume(another, {"epoch": place["epoch"], "seq": place["seq"] + 1})
    assert [(await another.hear())["cycle"] for _ in range(7)] == [2, 3, 4, 5, 6, 7, 8]


async def test_any_place_is_refused_or_resynced(open_socket: OpenSocket, settings: Any) -> None:
    settings.STREAM_MESSAGES_PER_SEC = 1000
    guest = await open_socket()
    no_seqs: list[Any] = ["5", True, None, [], {}, 1.5, -1, 10**19, 10**400, 1e308, "٣", "9" * 1000]
    for epoch in ("", "x", None, 5, [], {}, "\x00", "é" * 100):
        for seq in no_seqs:
            await guest.say("resume", epoch=epoch, seq=seq)
            assert (await guest.hear())["type"] == "error"
    for epoch in ("", "x", "é", hub.position.epoch):
        await guest.say("resume", epoch=epoch, seq=2**63 - 1)
        assert (await guest.hear())["type"] == "resync"


@pytest.mark.parametrize(
    "content",
    [{}, {"epoch": 1}, {"epoch": "x", "seq": -1}, {"epoch": "x", "seq": "y"}, {"epoch": "x", "seq": 1, "rooms": "all"}],
)
async def test_a_bad_place_is_refused(open_socket: OpenSocket, content: dict[str, Any]) -> None:
    guest = await open_socket()
    await guest.say("resume", **content)
    assert (await guest.hear())["type"] == "error"
    await guest.say("ping")
    assert await guest.hear() == {"type": "pong"}


def in_future(place: Position) -> Any:
    async def position(_reader: Any) -> Position:
        return Position(place.epoch, place.seq + 2)

    return position
