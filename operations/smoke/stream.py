"""The step on the socket."""

from __future__ import annotations

import json
import time

import httpx
from websockets.sync.client import ClientConnection, connect

from operations.smoke.shares import MARKETS
from operations.smoke.visit import WAIT_SECS, Reply, Unexpected, Visit, expect


def hear_market(visit: Visit) -> str:
    """On the socket, a snapshot and then a cycle that came after it."""
    url = httpx.URL(visit.stream_url).copy_merge_params({"token": visit.access_token})
    with connect(str(url), proxy=None, open_timeout=WAIT_SECS, close_timeout=1.0) as socket:
        socket.send(json.dumps({"action": "subscribe_biome_market", "room": "biome_market_all"}))
        snapshot = _heard(socket, "biome_market_snapshot")
        update = _heard(socket, "biome_market_update")
    expect(f"{MARKETS} markets", len(update["markets"]), MARKETS)
    expect(f"the epoch {snapshot['epoch']}", update["epoch"], snapshot["epoch"])
    if update["seq"] <= snapshot["seq"] or update["cycle"] <= visit.cycle:
        raise Unexpected(f"an event after {snapshot['seq']} and a cycle after {visit.cycle}", update)
    return f"cycle {update['cycle']} at {visit.stream_url}"


def _heard(socket: ClientConnection, message_type: str) -> Reply:
    """The next message of a type; others are passed over. Raises Unexpected when it does not come in time."""
    deadline = time.monotonic() + WAIT_SECS
    while (left_secs := deadline - time.monotonic()) > 0:
        try:
            message = json.loads(socket.recv(timeout=left_secs), object_hook=Reply)
        except TimeoutError:
            break
        if message["type"] == message_type:
            return Reply(message)
        if message["type"] == "error":
            raise Unexpected(f"a {message_type}", message)
    raise Unexpected(f"a {message_type} within {WAIT_SECS:.0f} s", "none")
