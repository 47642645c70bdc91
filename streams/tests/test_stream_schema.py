"""The streams' description is committed, served, and matches the streams' real messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import yaml
from django.conf import settings
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator

from attention.biomes import Biome
from attention.selectors import waiting_attention
from core.errors import MarketBusy
from marketplace import events as of_land
from marketplace.models import Bid, Listing
from markets import events as of_markets
from markets.models import Cycle
from markets.redistribution.cycle import run_cycle
from markets.snapshot import take_snapshot
from operations.api_docs import stream_yaml
from operations.tests.attackers import SHARE, Exchange
from operations.tests.attackers import exchange as exchange
from streams import event_log, registry, socket
from streams.access.authentication import Visitor
from streams.client_queue import resync_letter
from streams.connection import welcome_letter
from streams.event_log import Position
from trading import events as of_money
from trading.models import Transaction
from trading.orders.market_orders import buy_shares

pytestmark = pytest.mark.django_db

COMMITTED = settings.BASE_DIR / "docs" / "asyncapi.yaml"
DOCUMENT = yaml.load(COMMITTED.read_text(), yaml.CSafeLoader)
PLACE = Position("epoch", 7)


def faults(name: str, said: dict[str, Any]) -> list[str]:
    """Return the differences of a message from its description."""
    payload = DOCUMENT["components"]["messages"][name]["payload"]
    rules = Draft202012Validator({**payload, "components": DOCUMENT["components"]})
    return [error.message for error in rules.iter_errors(json.loads(json.dumps(said)))]


def as_said(event: event_log.Event) -> dict[str, Any]:
    text = event_log.placed_text(event.type, PLACE, event.content)
    told: dict[str, Any] = json.loads(text)
    return told


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[event_log.Event]:
    """Record all events that are announced."""
    events: list[event_log.Event] = []

    def keep(*told: event_log.Event) -> None:
        events.extend(told)

    for module in (event_log, of_markets, of_money, of_land):
        monkeypatch.setattr(module, "announce", keep)
    return events


def test_it_is_committed() -> None:
    assert COMMITTED.read_text() == stream_yaml(), "write operations.api_docs.stream_yaml() to docs/asyncapi.yaml"


def test_it_is_served(client: Client) -> None:
    reply = client.get("/api/asyncapi/")
    assert yaml.load(reply.content, yaml.CSafeLoader) == DOCUMENT
    assert client.get("/api/asyncapi/", headers={"If-None-Match": reply["ETag"]}).status_code == 304


def test_events(
    exchange: Exchange, announced: list[event_log.Event], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    now = timezone.now()
    with django_capture_on_commit_callbacks(execute=True):
        buy_shares(
            operation=uuid4(), player_id=exchange.player.pk, biome=Biome.OCEAN, shares_micro=SHARE, spend_micro=None,
            now=now,
        )  # fmt: skip
        run_cycle(number=1, now=now + timedelta(seconds=1))
    of_land.announce_bid(Bid.objects.select_related("bidder").latest("pk"))
    of_land.announce_listing(Listing.objects.get(kind="fixed_price", seller=exchange.player).pk)
    for movement in Transaction.objects.order_by("pk"):
        if movement.kind not in ("biome_buy", "biome_sell"):
            of_money.announce_movement(movement)
    of_markets.announce_attention(waiting_attention().items())
    if not any(event.type == "biome_market_update" for event in announced):
        cycle = Cycle.objects.latest("number")
        announced += of_markets.cycle_events(cycle=cycle, ticks=list(cycle.ticks.select_related("market")))
    met = {event.type for event in announced}
    assert met == {
        "biome_trade", "transaction", "portfolio_update", "bid", "listing_update", "biome_attention_update",
        "biome_market_update",
    }  # fmt: skip
    assert [(event.type, fault) for event in announced for fault in faults(event.type, as_said(event))] == []


def test_what_else_is_said(exchange: Exchange) -> None:
    said = {
        "biome_market_snapshot": event_log.placed_text(
            "biome_market_snapshot", PLACE, {"room": "x", **take_snapshot()}
        ),
        "marketplace_joined": event_log.placed_text("marketplace_joined", PLACE, {"room": of_land.MARKETPLACE}),
        "heartbeat": event_log.placed_text("heartbeat", PLACE, {"log_seq": 7}),
        "resync": resync_letter(PLACE).text,
        "shutdown": event_log.placed_text("shutdown", PLACE, {}),
        "error": json.dumps({"type": "error", **socket._told(MarketBusy())}),
        "pong": json.dumps({"type": "pong"}),
    }
    for visitor in (Visitor(None), Visitor(exchange.player.pk, "player")):
        assert faults("welcome", json.loads(welcome_letter(visitor, ["marketplace_all"]).text)) == []
    assert {name: faults(name, json.loads(text)) for name, text in said.items()} == {name: [] for name in said}


def test_every_action_and_message_is_described() -> None:
    said = [message["payload"]["properties"] for message in DOCUMENT["components"]["messages"].values()]
    actions = {parts["action"]["const"] for parts in said if "action" in parts}
    assert actions == set(socket.StreamConsumer.actions) | set(registry.actions)
    assert faults("pong", {"type": "pong", "strange": 1}) != []
