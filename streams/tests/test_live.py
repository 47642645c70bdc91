"""The live log keeps one order for all events, and each client gets those of its rooms."""

from __future__ import annotations

import json
from datetime import datetime
from threading import Thread
from typing import Any

import pytest
import redis
from django.conf import settings

from accounts.models import User
from attention.biomes import Biome
from attention.meter import give_attention
from core.redis import clients
from markets import events
from markets.models import Cycle
from markets.redistribution.cycle import run_cycle
from streams import event_log
from streams.log_writer import LogWriter

pytestmark = pytest.mark.usefixtures("own_log")


def logged() -> list[tuple[list[str], dict[str, Any]]]:
    """Return the rooms and content of every event in the log."""
    entries: Any = clients.redis_client().xrange(event_log.LOG_KEY)
    return [(fields["rooms"].split(), json.loads(fields["frame"])) for _, fields in entries]


def event(number: int = 0) -> event_log.Event:
    return event_log.Event("biome_trade", (events.ALL_MARKETS, events.market_room("ocean")), {"number": number})


def test_events_are_numbered_from_one() -> None:
    event_log.announce(event(1), event(2))
    event_log.announce(event(3))
    frames = [frame for _, frame in logged()]
    assert [(frame["seq"], frame["number"]) for frame in frames] == [(1, 1), (2, 2), (3, 3)]
    [epoch] = {frame["epoch"] for frame in frames}
    assert event_log.position() == event_log.Position(epoch, 3)
    assert frames[0]["type"] == "biome_trade"
    assert frames[0]["at"].endswith("Z")
    assert logged()[0][0] == ["biome_market_all", "biome_market_ocean"]


def test_announcing_nothing_is_nothing() -> None:
    event_log.announce()
    assert event_log.position().seq == 0


def test_there_is_an_epoch_before_the_first_event() -> None:
    before = event_log.position()
    event_log.announce(event())
    assert len(before.epoch) == 32
    assert event_log.position() == event_log.Position(before.epoch, 1)


def test_announcers_at_once_get_one_order() -> None:
    def announce() -> None:
        for _ in range(20):
            event_log.announce(event(), event())

    threads = [Thread(target=announce) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [frame["seq"] for _, frame in logged()] == list(range(1, 161))


def test_a_log_that_was_lost_begins_a_new_epoch() -> None:
    event_log.announce(event(), event())
    before = event_log.position()
    clients.redis_client().delete(event_log._KEYS[0])
    event_log.announce(event())
    after = event_log.position()
    assert after.epoch != before.epoch
    assert after.seq == 1
    assert [frame["seq"] for _, frame in logged()] == [1]


def test_old_events_are_dropped(settings: Any) -> None:
    settings.STREAM_EVENTS_KEPT = 10
    for _ in range(50):
        event_log.announce(*[event()] * 10)
    # Redis drops whole nodes of its list, of a hundred entries by default.
    assert clients.redis_client().xlen(event_log.LOG_KEY) <= 10 + 2 * 100
    assert logged()[-1][1]["seq"] == event_log.position().seq == 500


def test_events_are_kept_for_five_minutes(settings: Any) -> None:
    settings.STREAM_KEPT_SECS = 300
    for _ in range(50):
        event_log.announce(*[event()] * 10)
    assert logged()[0][1]["seq"] == 1
    # As if the period that ended five minutes ago had begun with event 300, and a new one began now.
    client = clients.redis_client()
    period = int(client.time()[0]) // 10
    for old in (period - 31, period - 30):
        client.set(f"{event_log._KEYS[3]}{old}", 300)
    client.delete(f"{event_log._KEYS[3]}{period}")
    event_log.announce(event())
    # Redis drops whole nodes of its list.
    assert 200 <= logged()[0][1]["seq"] <= 300
    assert logged()[-1][1]["seq"] == 501


def test_without_redis_the_position_is_nowhere(without_redis: None) -> None:
    assert event_log.position() == event_log.NOWHERE


def test_without_redis_announcing_is_no_error(without_redis: None) -> None:
    event_log.announce(event())
    assert not events.attention_is_due()


def test_attention_is_due_once_in_a_while() -> None:
    assert [events.attention_is_due() for _ in range(3)] == [True, False, False]
    assert 0 < clients.redis_client().pttl(events._ATTENTION_KEY) <= 250


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("markets")
class TestCycles:
    def test_a_cycle_is_announced_to_all_and_to_each(self, alice: User, now: datetime) -> None:
        give_attention(player_id=alice.pk, points={Biome.SNOW: 1}, budget_points=10)
        run_cycle(number=1, now=now)
        [(to_all, update), *singles] = logged()
        assert to_all == ["biome_market_all"]
        assert (update["type"], update["cycle"], update["cycle_at"]) == (
            "biome_market_update",
            1,
            "2026-01-01T12:00:00Z",
        )
        assert [market["price"] for market in update["markets"]] == ["99.166667"] * 6 + ["105.00"]
        assert update["redistributions"][-1] == {
            "biome": "snow",
            "amount_added_bdt": "5000000.00",
            "attention_points": 1,
            "new_attention_weight": "1.00",
        }
        assert [rooms for rooms, _ in singles] == [[f"biome_market_{biome}"] for biome in Biome]
        assert [single["markets"] for _, single in singles] == [[market] for market in update["markets"]]

    def test_a_cycle_that_is_rolled_back_is_not_announced(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(**_: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr("markets.redistribution.cycle._write", fail)
        with pytest.raises(RuntimeError):
            run_cycle(number=1, now=now)
        assert logged() == []

    def test_a_cycle_runs_without_redis(self, now: datetime, without_redis: None) -> None:
        assert run_cycle(number=1, now=now) is not None
        assert Cycle.objects.count() == 1


def test_a_command_is_packed_as_redis_reads_it(own_log: str) -> None:
    text = f"\N{BENGALI LETTER A} with\r\na break, {own_log}"
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pubsub() as hears:
        hears.subscribe(text)
        hears.get_message(timeout=5)
        LogWriter().send(1, "PUBLISH", text, 7)
        message = hears.get_message(timeout=5)
    assert message is not None
    assert (message["channel"].decode(), message["data"]) == (text, b"7")
