"""Unknown fields and parameters are refused by name, in every operation, and nothing has changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework import serializers

from core.api.known_fields import NAMED_MOST, ApiView, RequestSerializer
from operations.tests.attackers import Exchange, access_token
from operations.tests.attackers import exchange as exchange
from operations.tests.test_hostile_input import BODIES, DESCRIPTION, GOOD, PLACES, everything
from operations.tests.test_hostile_input import uncounted as uncounted

pytestmark = pytest.mark.django_db

BUY = "/api/v1/biome-market/buy"


@pytest.fixture
def caller(exchange: Exchange) -> Client:
    return Client(headers={"Authorization": f"Bearer {access_token(exchange.administrator)}"})


def errors_of(reply: Any) -> list[tuple[str, str | None]]:
    return [(error["code"], error["attr"]) for error in reply.json()["errors"]]


@pytest.mark.parametrize("misspelt", ["worst_prise", "worstPrice", "Worst_price", ""])
def test_a_misspelt_limit_is_no_limit_left_out(caller: Client, misspelt: str) -> None:
    before = everything()
    reply = caller.post(BUY, {"biome": "ocean", "spend": "1", misspelt: "0.5"}, "application/json")
    assert (reply.status_code, errors_of(reply)) == (400, [("unknown_field", misspelt)])
    assert everything() == before


def test_what_else_is_wrong_is_said_too(caller: Client) -> None:
    reply = caller.post(BUY, {"biome": "see", "spent": "1"}, "application/json")
    assert errors_of(reply) == [("unknown_field", "spent"), ("invalid_choice", "biome")]


def test_of_many_the_first_are_named(caller: Client) -> None:
    reply = caller.post(BUY, {"biome": "ocean", "spend": "1"} | {f"x{n}": n for n in range(1000)}, "application/json")
    assert errors_of(reply) == [("unknown_field", f"x{n}") for n in range(NAMED_MOST)]


def test_every_body(caller: Client) -> None:
    before = everything()
    met = {}
    for method, path, schema in BODIES:
        body = {name: GOOD[name] for name in schema.get("required", ())} | {"misspelt": 1}
        reply = caller.generic(method, path.format(**PLACES), json.dumps(body), "application/json")
        met[method, path] = (reply.status_code, errors_of(reply))
    assert met == dict.fromkeys(met, (400, [("unknown_field", "misspelt")]))
    assert everything() == before


def test_every_address(caller: Client) -> None:
    before = everything()
    met = {}
    for path, methods in DESCRIPTION["paths"].items():
        for method in methods:
            reply = caller.generic(method, path.format(**PLACES) + "?misspelt=1", "{}", "application/json")
            met[method, path] = (reply.status_code, errors_of(reply))
    assert met == dict.fromkeys(met, (400, [("unknown_parameter", "misspelt")]))
    assert everything() == before


def test_a_body_where_none_is_taken(caller: Client) -> None:
    reply = caller.delete("/api/v1/auth/sign-ins", {"but": 1}, "application/json")
    assert (reply.status_code, errors_of(reply)) == (400, [("unknown_field", "but")])


def test_a_parameter_twice(caller: Client) -> None:
    reply = caller.get("/api/v1/marketplace/listings?biome=ocean&biome=forest")
    assert (reply.status_code, errors_of(reply)) == (400, [("repeated_parameter", "biome")])


def test_guests_are_asked_who_they_are_first(client: Client) -> None:
    assert client.get("/api/v1/wallet?misspelt=1").status_code == 401


def test_parts_of_a_body() -> None:
    class Limit(RequestSerializer):
        worst = serializers.CharField()

    class Order(RequestSerializer):
        limit = Limit()
        all = Limit(many=True)

    order = Order(data={"limit": {"worst": "1", "wurst": "2"}, "all": [{"worst": "1"}, {"wurst": "1", "worst": "1"}]})
    assert not order.is_valid()
    assert order.errors["limit"]["wurst"][0].code == "unknown_field"
    assert "unknown_field" in str(order.errors["all"])


def test_every_view_of_the_api_knows_its_names() -> None:
    views = [pattern.callback.cls for pattern in _patterns(get_resolver().url_patterns, "")]
    assert [view.__name__ for view in views if not issubclass(view, ApiView)] == []


def _patterns(patterns: list[Any], prefix: str) -> list[URLPattern]:
    found: list[URLPattern] = []
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += _patterns(pattern.url_patterns, route)
        elif route.startswith("api/v1/"):
            found.append(pattern)
    return found
