"""Each thing has one name, in the API's schema and in the streams' messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from drf_spectacular.generators import SchemaGenerator

from attention.biomes import Biome
from markets import payloads as market_wire
from markets.events import cycle_events
from markets.models import Cycle
from markets.redistribution.cycle import run_cycle
from markets.selectors import cycle_with_ticks
from streams.event_log import player_room
from trading.orders.market_orders import buy_shares, sell_shares
from trading.serializers import AMOUNT_HELP
from trading.wallets.wallets import top_up, transfer

#: What a former name, within what, is called now.
FORMER = {
    ("Tick", "attention"): "attention_points",
    ("Candle", "attention"): "attention_points",
    ("Candle", "attention_moved"): "amount_added_bdt",
    ("CycleMarket", "attention"): "attention_points",
    ("Impact", "attention"): "attention_points",
    ("Impact", "land_attention"): "land_attention_points",
    ("Impact", "moved"): "amount_added_bdt",
    ("LandImpact", "points"): "attention_points",
    ("LandImpact", "moved"): "amount_added_bdt",
}
#: Words by which a payload could name attention, the cash that it moved, or points, and what each of them is.
NAMES = {
    "attention_points", "land_attention_points", "new_attention_weight", "amount_added_bdt", "attention_budget",
    # A player's own, on one biome: in the cycle under way, and ever.
    "window_points", "total_points",
    # Of one request.
    "points",
    # Of the rules: what a player can give in one cycle.
    "budget_points",
    # What all markets together gave and got in a cycle.
    "moved",
}  # fmt: skip
WORDS = ("attention", "points", "moved", "added", "weight")
BDT = 1_000_000


@pytest.fixture(scope="module")
def components() -> dict[str, Any]:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    found: dict[str, Any] = schema["components"]["schemas"]
    return {name.removesuffix("Reply"): parts for name, parts in found.items()}


def test_each_former_name_is_deprecated_and_beside_the_one_name(components):
    for (component, former), name in FORMER.items():
        properties = components[component]["properties"]
        assert properties[former]["deprecated"] is True, (component, former)
        assert name in properties, (component, name)
        assert properties[name]["type"] == properties[former]["type"]


def test_every_payload_of_the_schema_keeps_to_the_names(components):
    strange = {
        (component, name)
        for component, parts in components.items()
        for name, described in parts.get("properties", {}).items()
        if any(word in name for word in WORDS) and name not in NAMES and not described.get("deprecated")
    }
    # A group of rules, and no number.
    assert strange == {("Rules", "attention")}
    points = {component for component, parts in components.items() if _is_current(parts, "points")}
    moved = {component for component, parts in components.items() if _is_current(parts, "moved")}
    assert points == {"AttentionRequest", "LookRequest"}
    assert moved == {"Cycle"}


def test_an_amount_of_a_transaction_means_one_thing(components):
    told = {"Quote", "Trade", "ImpactQuote", "Movement", "LandSale", "Audit"}
    described = {
        component: parts["properties"]["amount"]["description"]
        for component, parts in components.items()
        if "fee" in parts.get("properties", {}) and "amount" in parts["properties"]
    }
    assert set(described) <= told
    assert set(described.values()) == {AMOUNT_HELP}
    assert {"Trade", "Movement", "LandSale", "Audit"} <= set(described)


def test_streams_keep_to_the_names(markets, now):
    run_cycle(number=1, now=now)
    cycle, ticks = cycle_with_ticks(Cycle.objects.latest("number").number)
    told = [event.content for event in cycle_events(cycle=cycle, ticks=ticks)]
    told.append({"attention": market_wire.attention_json([(Biome.OCEAN, 3)])})
    told.append(market_wire.cycle_json(cycle, ticks))
    names = {name for content in told for name in _names(content) if any(word in name for word in WORDS)}

    # `attention` is the list of all markets' points, and in cycles a former name.
    assert names - {"attention"} <= NAMES
    [entry] = market_wire.attention_json([(Biome.OCEAN, 3)])
    assert entry == {"biome": "ocean", "attention_points": 3, "points": 3}


def test_a_tick_a_cycle_and_the_stream_say_one_cash_change(markets, now):
    run_cycle(number=1, now=now)
    cycle, ticks = cycle_with_ticks(Cycle.objects.latest("number").number)
    same = ("attention_points", "amount_added_bdt")
    by_tick = [[market_wire.tick_json(tick)[name] for name in same] for tick in ticks]
    assert by_tick == [[told[name] for name in same] for told in market_wire.redistributions_json(ticks)]
    assert by_tick == [[told[name] for name in same] for told in market_wire.cycle_json(cycle, ticks)["markets"]]


def test_amounts_agree_in_the_trades_the_trail_and_the_stream(
    client, monkeypatch, django_capture_on_commit_callbacks, markets, alice, bob, now
):
    streamed: dict[int, dict[str, Any]] = {}

    def hear(*events: Any) -> None:
        for event in events:
            if event.type == "transaction" and event.rooms == (player_room(alice.pk),):
                streamed[event.content["transaction"]["id"]] = event.content["transaction"]

    monkeypatch.setattr("trading.events.announce", hear)
    with django_capture_on_commit_callbacks(execute=True):
        _trade_and_give(alice, bob, now)
    client.force_login(alice)

    trail = {row["id"]: row for row in client.get("/api/v1/marketplace/transactions/audit-trail").json()["results"]}
    trades = client.get("/api/v1/biome-market/transactions").json()["results"]

    assert len(trail) == len(streamed) == 4
    for number, told in streamed.items():
        shared = told.keys() & trail[number].keys()
        assert {"amount", "fee", "balance_change", "balance_after"} <= shared
        assert {name: told[name] for name in shared} == {name: trail[number][name] for name in shared}
    for trade in trades:
        assert streamed[trade["id"]] == trade
        paid = trade["side"] == "buy"
        assert (trade["amount"] if paid else trade["traded"]) == (trade["total"] if paid else trade["amount"])


def _trade_and_give(alice: Any, bob: Any, now: Any) -> None:
    top_up(operation=uuid4(), initiator_id=alice.pk, player_id=alice.pk, amount_micro=1000 * BDT, reason="x", now=now)
    trade = {"player_id": alice.pk, "biome": Biome.OCEAN, "shares_micro": BDT, "now": now}
    buy_shares(operation=uuid4(), **trade)
    sell_shares(operation=uuid4(), **trade)
    transfer(operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=BDT, reason="", now=now)


def _is_current(parts: dict[str, Any], name: str) -> bool:
    described = parts.get("properties", {}).get(name)
    return described is not None and not described.get("deprecated")


def _names(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        for name, value in content.items():
            yield name
            yield from _names(value)
    elif isinstance(content, list):
        for value in content:
            yield from _names(value)
