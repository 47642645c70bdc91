"""The streams' description, AsyncAPI 3: the messages of a connection, in the shapes of the API's description."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

_SCHEMAS = "#/components/schemas/"
_TIME = {"type": "string", "format": "date-time"}
_TEXT = {"type": "string"}
_WHOLE = {"type": "integer", "minimum": 0}
_PLACE = {"epoch": _TEXT, "seq": _WHOLE, "at": _TIME}
#: Of a trade, what everyone may know.
_OF_TRADE = ("id", "biome", "side", "shares", "amount", "traded", "price_after", "cash_after")


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": _SCHEMAS + name}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"oneOf": [schema, {"type": "null"}]}


def _many(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


def _told(schemas: Mapping[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the server's messages: by type their description, and the fields beside `type`."""
    trade, market = schemas["TradeReply"]["properties"], schemas["MarketsReply"]["properties"]
    snapshot = {name: part for name, part in market.items() if name != "stream"}
    head = {"cycle": _WHOLE, "cycle_at": _TIME, "reason": schemas["CycleReply"]["properties"]["reason"]}
    added = {name: schemas["CycleMarketReply"]["properties"][name] for name in _ADDED}
    given = dict.fromkeys(("accepted", "dropped", "remaining"), _WHOLE)
    points = {"biome": _ref("BiomeEnum"), "attention_points": _WHOLE, "points": {**_WHOLE, "deprecated": True}}
    player = _object({"id": _WHOLE, "username": _TEXT})
    movement = [_ref(name) for name in ("TradeReply", "MovementReply", "LandSaleReply")]
    refusal = {"code": _TEXT, "detail": _TEXT, "attr": {"type": ["string", "null"]}}
    who = {"enum": ["guest", "player"], "type": "string"}
    return {
        "welcome": (
            "First: who is listening, and in which rooms.",
            {"at": _TIME, "listener": who, "player": _or_null(player), "rooms": {"type": "array", "items": _TEXT}},
        ),
        "biome_market_snapshot": ("The room's markets as they stand.", {**_PLACE, "room": _TEXT, **snapshot}),
        "biome_market_update": (
            "After each cycle: the markets, and what it did to each.",
            {
                **_PLACE,
                **head,
                "markets": _many("MarketReply"),
                "redistributions": {"type": "array", "items": _object(added)},
            },
        ),
        "biome_attention_update": (
            "Attention in the cycle under way.",
            {**_PLACE, "attention": {"type": "array", "items": _object(points)}},
        ),
        "biome_trade": ("After each trade.", {**_PLACE, **{name: trade[name] for name in _OF_TRADE}}),
        "marketplace_joined": ("All that happens after `seq` is told.", {**_PLACE, "room": _TEXT}),
        "listing_update": ("A listing, whole.", {**_PLACE, "listing": _ref("ListingReply")}),
        "bid": ("A bid, without its maximum.", {**_PLACE, "bid": _ref("BidReply")}),
        "transaction": ("Private: money, shares or land moved.", {**_PLACE, "transaction": {"anyOf": movement}}),
        "portfolio_update": (
            "Private: the wallet, and the holding that a trade changed.",
            {**_PLACE, "wallet": _ref("WalletReply"), "holding": _or_null(_ref("PositionReply"))},
        ),
        "heartbeat": ("Each second.", {**_PLACE, "log_seq": _WHOLE}),
        "resync": ("Events were missed: subscribe again.", dict(_PLACE)),
        "shutdown": ("The server goes away: come back at once.", dict(_PLACE)),
        "error": ("A message was refused, or the connection ends.", refusal),
        "attention": ("How much of the attention counted.", {"biome": _ref("BiomeEnum"), **given}),
        "pong": ("The answer to ping.", {}),
    }


_ADDED = ("biome", "amount_added_bdt", "attention_points", "new_attention_weight")


def _asked() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the client's messages: by action their description, and the fields beside `action`."""
    room = {"room": _TEXT}
    place = {"epoch": _TEXT, "seq": _WHOLE, "rooms": {"type": "array", "items": _TEXT}}
    return {
        "subscribe_biome_market": ("Join a room.", room),
        "unsubscribe_biome_market": ("Leave a room.", room),
        "resume": ("Get what was missed since a place.", place),
        "give_attention": ("Give points to a biome.", {"biome": _ref("BiomeEnum"), "points": _WHOLE}),
        "ping": ("Ask for a pong.", {}),
    }


@cache
def stream_document() -> dict[str, Any]:
    """Return the whole description."""
    schemas = SchemaGenerator().get_schema(public=True)["components"]["schemas"]  # type: ignore[no-untyped-call]
    told = {name: _message(name, "type", name, *said) for name, said in _told(schemas).items()}
    asked = {name: _message(name, "action", _action(name), *said) for name, said in _asked().items()}
    used = _used({"told": told, "asked": asked}, schemas)
    by_socket = {name: {"$ref": f"#/components/messages/{name}"} for name in [*told, *asked]}
    by_events = {name: by_socket[name] for name in told if name not in ("attention", "pong")}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Biome Exchange streams",
            "version": "1.0.0",
            "description": "What happens on the exchange, as it happens. Rooms and closes: docs/streams.md.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "socket": {"host": "127.0.0.1:8001", "protocol": "ws", "description": "The embedded run"},
            "events": {"host": "127.0.0.1:8001", "protocol": "http", "description": "The embedded run"},
        },
        "channels": {
            "socket": _channel("/api/v1/ws", "socket", by_socket),
            "events": _channel("/api/v1/realtime/events", "events", by_events),
        },
        "operations": {
            "tell": _operation("send", "socket", told),
            "tellByServerSentEvents": _operation("send", "events", by_events),
            "listen": _operation("receive", "socket", asked),
        },
        "components": {"messages": {**told, **asked}, "schemas": used},
    }


def _action(name: str) -> str:
    return "attention" if name == "give_attention" else name


def _message(name: str, key: str, word: str, summary: str, content: Mapping[str, Any]) -> dict[str, Any]:
    payload = _object({key: {"type": "string", "const": word}, **content})
    if name == "resume":
        payload["required"].remove("rooms")
    return {"name": name, "summary": summary, "payload": payload}


def _channel(address: str, server: str, messages: Mapping[str, Any]) -> dict[str, Any]:
    return {"address": address, "servers": [{"$ref": f"#/servers/{server}"}], "messages": dict(messages)}


def _operation(action: str, channel: str, messages: Mapping[str, Any]) -> dict[str, Any]:
    refs = [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages]
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "messages": refs}


def _used(node: Any, schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schemas that are referenced, and those that these reference."""
    found: dict[str, Any] = {}
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).removeprefix(_SCHEMAS)
            if name in schemas and name not in found:
                found[name] = schemas[name]
                waiting.append(schemas[name])
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return dict(sorted(found.items()))
