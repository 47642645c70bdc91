"""Clients of the stream receive the right events in the right order."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from attention.biomes import Biome
from attention.models import WaitingAttention
from attention.selectors import waiting_attention
from markets import events
from markets.redistribution.cycle import run_cycle
from markets.streaming import rooms
from streams import event_log, subscriptions
from streams.client_queue import Letter
from streams.hub import hub
from streams.tests.sockets import OpenSocket, Socket, in_database, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("markets")]

announce = in_database(event_log.announce)


@pytest.fixture
def high_message_limit(settings) -> None:
    """Raise the message limit so high that no client is throttled."""
    settings.STREAM_MESSAGES_PER_SEC = 1000


def token_of(player: User, **lifetime: timedelta) -> str:
    token = AccessToken.for_user(player)
    token.set_exp(**lifetime)
    return f"?token={token}"


def away(*_args: object) -> None:
    """Raise the error of an unreachable database."""
    raise OperationalError


async def refusal_of(socket: Socket) -> tuple[str, str | None]:
    message = await socket.hear()
    assert message["type"] == "error"
    assert message["detail"]
    return message["code"], message["attr"]


async def is_still_open(socket: Socket) -> bool:
    await socket.say("ping")
    return await socket.hear() == {"type": "pong"}


async def test_a_guest_gets_a_snapshot_then_every_cycle(open_socket: OpenSocket, now: datetime) -> None:
    guest = await open_socket()
    snapshot = await guest.subscribe()
    assert [market["biome"] for market in snapshot["markets"]] == Biome.values
    assert {market["price"] for market in snapshot["markets"]} == {"100.00"}
    assert (snapshot["room"], snapshot["cycle"], snapshot["total_cash"]) == ("biome_market_all", None, "700000000.00")

    await in_database(run_cycle)(number=1, now=now)
    update = await guest.hear()
    assert update["type"] == "biome_market_update"
    assert (update["epoch"], update["seq"]) == (snapshot["epoch"], snapshot["seq"] + 1)
    assert (update["cycle"], update["reason"]) == (1, "no_attention")
    assert update["at"].endswith("Z")
    assert update["markets"] == snapshot["markets"]
    assert [change["amount_added_bdt"] for change in update["redistributions"]] == ["0.00"] * 7


async def test_the_room_of_one_biome_hears_of_its_market_alone(open_socket: OpenSocket, now: datetime) -> None:
    guest = await open_socket()
    snapshot = await guest.subscribe("biome_market_snow")
    assert [market["biome"] for market in snapshot["markets"]] == ["snow"]
    await in_database(run_cycle)(number=1, now=now)
    await in_database(run_cycle)(number=2, now=now + timedelta(seconds=1))
    for number in (1, 2):
        update = await guest.hear()
        assert (update["type"], update["cycle"]) == ("biome_market_update", number)
        assert [market["biome"] for market in update["markets"]] == ["snow"]
        assert [change["biome"] for change in update["redistributions"]] == ["snow"]


async def test_an_event_for_several_rooms_comes_once(open_socket: OpenSocket) -> None:
    guest = await open_socket()
    await guest.subscribe()
    await guest.subscribe("biome_market_ocean")
    await in_database(events.announce_attention)([(Biome.OCEAN, 3)])
    assert (await guest.hear())["attention"] == [{"biome": "ocean", "attention_points": 3, "points": 3}]
    assert await is_still_open(guest)


async def test_after_unsubscribing_a_room_is_silent(open_socket: OpenSocket, now: datetime) -> None:
    leaver, stayer = await open_socket(), await open_socket()
    await leaver.subscribe()
    await stayer.subscribe()
    await leaver.say("unsubscribe_biome_market", room="biome_market_all")
    assert await is_still_open(leaver)
    await in_database(run_cycle)(number=1, now=now)
    assert (await stayer.hear())["type"] == "biome_market_update"
    assert await is_still_open(leaver)


async def test_what_happens_during_a_snapshot_comes_behind_it(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = await open_socket()
    await guest.subscribe("biome_market_snow")
    original = hub.join

    def join_then_event(room: str, mailbox: object) -> event_log.Position:
        place = original(room, mailbox)
        event_log.announce(event_log.Event("biome_trade", (room,), {"shares": "1.00"}))
        return place

    monkeypatch.setattr(hub, "join", join_then_event)
    snapshot = await guest.subscribe("biome_market_ocean")
    trade = await guest.hear()
    assert (trade["type"], trade["seq"]) == ("biome_trade", snapshot["seq"] + 1)


async def test_attention_counts_in_the_next_cycle(open_socket: OpenSocket, alice: User, now: datetime) -> None:
    player = await open_socket(token_of(alice))
    await player.say("attention", biome="ocean", points=3)
    assert await player.hear() == {"type": "attention", "biome": "ocean", "accepted": 3, "dropped": 0, "remaining": 7}
    await player.subscribe()
    await in_database(run_cycle)(number=1, now=now)
    update = await player.hear_until("biome_market_update")
    assert update["reason"] == "redistributed"
    assert [change["new_attention_weight"] for change in update["redistributions"]] == ["1.00"] + ["0.00"] * 6


async def test_attention_beyond_the_budget_is_dropped(open_socket: OpenSocket, alice: User) -> None:
    player = await open_socket(token_of(alice))
    await player.say("attention", biome="ocean", points=8)
    await player.hear()
    await player.say("attention", biome="snow", points=5)
    assert await player.hear() == {"type": "attention", "biome": "snow", "accepted": 2, "dropped": 3, "remaining": 0}
    waiting = await in_database(waiting_attention)()
    assert (waiting[Biome.OCEAN], waiting[Biome.SNOW], sum(waiting.values())) == (8, 2, 10)


async def test_attention_so_far_is_announced(open_socket: OpenSocket, alice: User) -> None:
    guest, player = await open_socket(), await open_socket(token_of(alice))
    await guest.subscribe()
    await player.say("attention", biome="ocean", points=3)
    told = await guest.hear()
    assert told["type"] == "biome_attention_update"
    assert told["attention"][0] == {"biome": "ocean", "attention_points": 3, "points": 3}


async def test_bad_attention_is_refused(open_socket: OpenSocket, alice: User, high_message_limit: None) -> None:
    player = await open_socket(token_of(alice))
    for content, attr in [
        ({"biome": "moon", "points": 1}, "biome"),
        ({"biome": ["ocean"], "points": 1}, "biome"),
        ({"points": 1}, "biome"),
        ({"biome": "ocean"}, "points"),
        ({"biome": "ocean", "points": 0}, "points"),
        ({"biome": "ocean", "points": 1.5}, "points"),
        ({"biome": "ocean", "points": True}, "points"),
        ({"biome": "ocean", "points": "3"}, "points"),
        ({"biome": "ocean", "points": 10**30}, "points"),
    ]:
        await player.say("attention", **content)
        assert (await refusal_of(player))[1] == attr
    assert await is_still_open(player)
    assert not await in_database(WaitingAttention.objects.exists)()


async def test_guests_give_no_attention(open_socket: OpenSocket) -> None:
    guest = await open_socket()
    await guest.say("attention", biome="ocean", points=1)
    assert await refusal_of(guest) == ("not_authenticated", None)
    assert not await in_database(WaitingAttention.objects.exists)()


async def test_private_events_reach_their_owner_alone(open_socket: OpenSocket, alice: User, bob: User) -> None:
    hers, his, guest = await open_socket(token_of(alice)), await open_socket(token_of(bob)), await open_socket()
    for socket in (hers, his, guest):
        await socket.subscribe()
    private = event_log.Event("transaction", (event_log.player_room(alice.pk),), {"amount": "1.00"})
    public = event_log.Event("biome_trade", (events.ALL_MARKETS,), {"biome": "ocean"})
    await announce(private, public)
    assert [(await hers.hear())["type"] for _ in range(2)] == ["transaction", "biome_trade"]
    assert (await his.hear())["type"] == "biome_trade"
    assert (await guest.hear())["type"] == "biome_trade"


async def test_nobody_joins_a_private_room_by_name(open_socket: OpenSocket, alice: User, bob: User) -> None:
    socket = await open_socket(token_of(bob))
    await socket.say("subscribe_biome_market", room=event_log.player_room(alice.pk))
    assert await refusal_of(socket) == ("invalid_choice", "room")


async def test_what_is_no_message_is_refused_and_the_socket_stays_open(
    open_socket: OpenSocket, high_message_limit: None
) -> None:
    guest = await open_socket()
    for text in ("", "{", "[]", "3", "null", '"ping"', "[" * 4000, "x" * 5000, '{"a": ' * 600):
        await guest.wire.send_input({"type": "websocket.receive", "text": text})
        assert await refusal_of(guest) == ("parse_error", None)
    await guest.wire.send_to(bytes_data=b'{"action": "ping"}')
    assert await refusal_of(guest) == ("parse_error", None)
    assert await is_still_open(guest)


async def test_an_unknown_action_is_refused(open_socket: OpenSocket, high_message_limit: None) -> None:
    guest = await open_socket()
    for message in ({}, {"action": None}, {"action": ["ping"]}, {"action": "connect"}):
        await guest.wire.send_json_to(message)
        assert await refusal_of(guest) == ("unknown_action", "action")
    assert await is_still_open(guest)


@pytest.mark.parametrize(
    "message",
    [
        {"action": "ping"},
        {"action": "subscribe_biome_market", "room": "biome_market_all"},
        {"action": "unsubscribe_biome_market", "room": "biome_market_all"},
        {"action": "resume", "epoch": "", "seq": 0},
        {"action": "attention", "biome": "ocean", "points": 1},
    ],
)
async def test_an_unknown_field_is_refused(
    open_socket: OpenSocket, alice: User, high_message_limit: None, message: Any
) -> None:
    player = await open_socket(token_of(alice))
    await player.wire.send_json_to(message | {"misspelt": 1})
    assert await refusal_of(player) == ("unknown_field", "misspelt")
    assert await is_still_open(player)


async def test_an_unknown_parameter_is_refused(open_socket: OpenSocket) -> None:
    guest = await open_socket("?tokn=x")
    assert await refusal_of(guest) == ("unknown_parameter", "tokn")
    assert await guest.hear_close() == 1008


async def test_an_unknown_room_is_refused(open_socket: OpenSocket, high_message_limit: None) -> None:
    guest = await open_socket()
    for room in ("biome_market_moon", "biome_market_", "", None, 3, ["biome_market_all"], {"a": 1}):
        await guest.say("subscribe_biome_market", room=room)
        assert (await refusal_of(guest))[1] == "room"
    assert await is_still_open(guest)


async def test_resuming_sends_to_a_snapshot(open_socket: OpenSocket) -> None:
    guest = await open_socket()
    await guest.say("resume", epoch="of old", seq=5)
    assert (await guest.hear())["type"] == "resync"


async def test_a_flood_ends_the_connection(open_socket: OpenSocket, settings) -> None:
    settings.STREAM_MESSAGES_PER_SEC = 5
    guest, other = await open_socket(), await open_socket()
    # Twelve in less than two seconds: more than five of them are in the same one.
    for _ in range(12):
        await guest.say("ping")
    assert await guest.hear_close() == 1008
    assert await is_still_open(other)


async def test_a_session_signs_in(open_socket: OpenSocket, alice: User, client) -> None:
    await in_database(client.force_login)(alice, backend="django.contrib.auth.backends.ModelBackend")
    player = await open_socket(cookie=f"sessionid={client.cookies['sessionid'].value}", origin="http://localhost:8000")
    await player.say("attention", biome="ocean", points=1)
    assert (await player.hear())["accepted"] == 1


async def test_an_expired_token_is_turned_away(open_socket: OpenSocket, alice: User) -> None:
    socket = await open_socket(token_of(alice, lifetime=timedelta(seconds=-1)))
    assert await refusal_of(socket) == ("token_not_valid", None)
    assert await socket.hear_close() == 4401


async def test_while_the_database_is_away_players_are_told_to_come_back(
    open_socket: OpenSocket, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.access.authentication._visitor_with", away)
    socket = await open_socket(f"?token={token_of(alice)}")
    assert await refusal_of(socket) == ("service_unavailable", None)
    assert await socket.hear_close() == 1013


async def test_a_token_that_is_none_is_turned_away(open_socket: OpenSocket) -> None:
    for token in ("x", "%00", "é", "a.b.c"):
        socket = await open_socket(f"?token={token}")
        assert await socket.hear_close() == 4401


async def test_a_deactivated_player_is_turned_away(open_socket: OpenSocket, alice: User) -> None:
    query = token_of(alice)
    await in_database(User.objects.filter(pk=alice.pk).update)(is_active=False)
    socket = await open_socket(query)
    assert await socket.hear_close() == 4401


async def test_a_player_who_was_deactivated_meanwhile_gives_no_attention(open_socket: OpenSocket, alice: User) -> None:
    player = await open_socket(token_of(alice))
    await in_database(User.objects.filter(pk=alice.pk).update)(is_active=False)
    await player.say("attention", biome="ocean", points=1)
    assert await refusal_of(player) == ("user_inactive", None)
    assert not await in_database(WaitingAttention.objects.exists)()


async def test_a_token_that_expires_ends_the_connection(open_socket: OpenSocket, alice: User) -> None:
    # Tokens end on a whole second: at most one from now.
    socket = await open_socket(token_of(alice, lifetime=timedelta(seconds=1)))
    assert await socket.hear_close() == 4401


async def test_nothing_is_left_when_everyone_has_gone(open_socket: OpenSocket) -> None:
    for _ in range(2):
        guest = await open_socket()
        await guest.subscribe()
        await guest.leave()
        guest.is_open = False
        assert [task for task in asyncio.all_tasks() if "_read_for_ever" in repr(task)] == []
        assert (hub._rooms, hub._connected) == ({}, set())


async def test_subscribers_at_once_share_a_read(open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    take_snapshot = rooms.take_snapshot
    monkeypatch.setattr(rooms, "take_snapshot", lambda biome: reads.append(biome) or take_snapshot(biome))
    guests = [await open_socket() for _ in range(5)]
    for guest in guests:
        await guest.say("subscribe_biome_market", room="biome_market_all")
    snapshots = [await guest.hear() for guest in guests]
    assert {snapshot["type"] for snapshot in snapshots} == {"biome_market_snapshot"}
    assert len(reads) <= 2
    await announce(event_log.Event("biome_trade", (events.ALL_MARKETS,), {"number": 1}))
    assert [(await guest.hear())["number"] for guest in guests] == [1] * 5


async def test_an_event_between_asking_and_the_shared_read_is_in_the_snapshot_alone(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, one = await open_socket(), await open_socket()
    await both.subscribe("biome_market_ocean")
    read = subscriptions.snapshots.read

    async def read_after_an_event(room: str) -> Letter:
        before = hub.position.seq
        await announce(event_log.Event("biome_trade", (events.ALL_MARKETS, events.market_room("ocean")), {"number": 1}))
        await until(lambda: hub.position.seq > before)
        return await read(room)

    monkeypatch.setattr(subscriptions.snapshots, "read", read_after_an_event)
    place = hub.position
    await one.say("subscribe_biome_market", room="biome_market_all")
    snapshot = await one.hear()
    assert (snapshot["type"], snapshot["seq"]) == ("biome_market_snapshot", place.seq + 1)
    # Who was in the event's room before hears it, and in order.
    assert (await both.hear())["number"] == 1
    await both.say("subscribe_biome_market", room="biome_market_all")
    assert [(await both.hear())["type"] for _ in range(2)] == ["biome_trade", "biome_market_snapshot"]
    assert (await one.hear())["seq"] == place.seq + 2
