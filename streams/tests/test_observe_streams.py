"""Log lines and events of the streams carry the id of the request or connection that caused them."""

from __future__ import annotations

import json
import logging

from prometheus_client import REGISTRY
from rest_framework_simplejwt.tokens import AccessToken

from core.observability import context
from markets import events
from streams import event_log
from streams.tests.sockets import in_database, until
from tests.fixtures import WAIT_SECS


def counted(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_an_event_knows_whose_work_announced_it(own_log):
    began = context.begin(context.Work("request-1", "operation-1", lambda: 7))
    event_log.announce(event_log.Event("test", (events.ALL_MARKETS,), {}))
    context.end(began)
    async with event_log.log_reader() as reader:
        [entry] = await event_log.entries_after(0, reader=reader, wait_secs=2)
    assert json.loads(entry.ids) == {"request_id": "request-1", "player_id": 7, "operation_id": "operation-1"}
    assert "request-1" not in entry.frame
    assert 0 <= entry.age_secs < WAIT_SECS


async def test_the_lines_of_a_connection_name_it_and_its_player(open_socket, markets, alice, caplog):
    seen = []
    caplog.set_level(logging.INFO, "exchange.streams")
    caplog.handler.addFilter(lambda record: bool(seen.append((record.getMessage(), context.ids_under_way())) or True))
    socket = await open_socket(f"?token={AccessToken.for_user(alice)}")
    await socket.subscribe()
    assert counted("exchange_stream_clients", who="player") == 1
    await socket.leave()
    await until(lambda: counted("exchange_stream_clients", who="player") == 0)
    (begins, ids), (ends, same_ids) = [(line, ids) for line, ids in seen if line.startswith("a stream")]
    assert (begins, ends.split(" after")[0]) == ("a stream begins", "a stream ends")
    assert ids == same_ids == {"request_id": ids["request_id"], "player_id": alice.pk}


async def test_what_is_handed_out_is_counted_and_timed(open_socket, markets):
    socket = await open_socket()
    await socket.subscribe()
    handed_out = counted("exchange_stream_events_total", type="biome_trade")
    timed = counted("exchange_stream_lag_seconds_count")
    await in_database(event_log.announce)(event_log.Event("biome_trade", (events.ALL_MARKETS,), {}))
    await socket.hear_until("biome_trade")
    assert counted("exchange_stream_events_total", type="biome_trade") == handed_out + 1
    assert counted("exchange_stream_lag_seconds_count") == timed + 1
