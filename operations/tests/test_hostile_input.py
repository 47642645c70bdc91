"""Every field for a number or a text refuses the hostile list with a stable code, and nothing has changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from django.conf import settings
from django.test import Client

from accounts.models import User
from core.web.rate_limits import FixedWindowThrottle
from marketplace.models import Bid, Land, Listing
from markets.models import EconomicSettings, Market
from operations.tests.attackers import Exchange, access_token
from operations.tests.attackers import exchange as exchange
from operations.tests.hostile import NO_AMOUNTS, NO_SCALARS, NO_TEXTS, NO_TYPED_AMOUNTS, NO_WHOLE_NUMBERS
from trading.models import Holding, Transaction, Wallet

pytestmark = pytest.mark.django_db

#: Bodies that would be carried out, by the names of their fields.
GOOD = {
    "biome": "ocean",
    "points": 1,
    "side": "sell",
    "shares": "1",
    "player": "other",
    "amount": "1",
    "reason": "because",
    "to": "other",
    "land": 2,
    "kind": "auction",
    "price": "1",
    "title": "By the river",
    "max": "900",
    "most": "900",
    "username": "nobody",
    "email": "nobody@example.org",
    "password": "correct horse battery staple",
    "refresh": "token",
    "current_password": "correct horse battery staple",
    "new_password": "an entirely different thing",
    "uid": "Mg",
    "token": "token",
    "name": "bot",
    "scopes": ["read"],
}
#: What a path's parameters are.
PLACES = {
    **dict.fromkeys(("land_id", "listing_id", "number", "sign_in_id", "key_id", "x", "y"), 1),
    "biome": "ocean",
    "seed": 7,
    "side": 4,
    "key": "00000000-0000-4000-8000-000000000006",
}
DESCRIPTION = yaml.load((settings.BASE_DIR / "docs" / "openapi.yaml").read_text(), yaml.CSafeLoader)


@pytest.fixture(autouse=True)
def uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FixedWindowThrottle, "allow_request", lambda *_: True)


def component(reference: str) -> dict[str, Any]:
    found: dict[str, Any] = DESCRIPTION["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Return one object's schema: of a union all fields of its parts, and the required fields of the last one."""
    if "oneOf" not in schema:
        return schema
    parts = [component(part["$ref"]) for part in schema["oneOf"]]
    return {**parts[-1], "properties": {name: field for part in parts for name, field in part["properties"].items()}}


def bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and schema of every operation that takes JSON."""
    for path, operations in DESCRIPTION["paths"].items():
        for method, operation in operations.items():
            if "requestBody" in operation:
                reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                yield method, path, plain(component(reference))


def hostile_values(schema: dict[str, Any]) -> Iterator[Any]:
    """Yield the values that a field must refuse, by the type in its schema."""
    yield from NO_SCALARS.values()
    if schema.get("type") == "integer":
        yield from NO_WHOLE_NUMBERS.values()
    elif "[0-9]" in schema.get("pattern", ""):
        yield from NO_AMOUNTS.values()
        yield from (1, 1.5)
    else:
        yield from NO_TEXTS.values()


BODIES = list(bodies())


@pytest.mark.parametrize(("method", "path", "schema"), BODIES, ids=[f"{method} {path}" for method, path, _ in BODIES])
def test_fields_of_the_api(exchange: Exchange, method: str, path: str, schema: dict[str, Any]) -> None:
    before = everything()
    caller = Client(headers={"Authorization": f"Bearer {access_token(exchange.administrator)}"})
    body = {name: GOOD[name] for name in schema.get("required", ())}
    for name, field in schema["properties"].items():
        for value in hostile_values(field):
            reply = caller.generic(method, path.format(**PLACES), json.dumps(body | {name: value}), "application/json")
            assert HTTPStatus.BAD_REQUEST <= reply.status_code < 500, (name, value, reply.content)
            assert reply.json()["errors"][0]["code"].isidentifier(), (name, value, reply.content)
    assert everything() == before


OPERATION = {"operation": "00000000-0000-4000-8000-000000000006"}
ORDER = {
    "side": "buy",
    "by": "spend",
    "spend": "1",
    "tolerance": "5",
    "seen_cash_micro": "100000000000000",
    **OPERATION,
}
OFFER = {"kind": "auction", "price": "1", "title": "Mine", "lasts_secs": "86400", **OPERATION}
#: Forms that would be carried out, but for one field with a number.
FORMS = [
    ("/biome-market/ocean/trade/", ORDER, ("spend", "tolerance", "seen_cash_micro")),
    ("/biome-market/ocean/trade/", ORDER | {"by": "shares"}, ("shares",)),
    ("/biome-market/ocean/trade/", ORDER | {"side": "sell"}, ("shares",)),
    ("/transfer/", {"to": "other", "amount": "1", "confirmed": "1", **OPERATION}, ("amount",)),
    ("/marketplace/{auction}/bid/", {"max": "900", **OPERATION}, ("max",)),
    ("/marketplace/{sale}/buy/", {"most": "900", **OPERATION}, ("most",)),
    ("/marketplace/{own}/price/", {"price": "1"}, ("price",)),
    ("/land/2/list/", OFFER, ("price", "reserve", "buy_now", "lasts_secs")),
    ("/land/9/buy/", {"most_micro": "900000000", **OPERATION}, ("most_micro",)),
    ("/account/preferences/", {"theme": "dark", "motion": "full"}, ("default_tolerance_bps",)),
    ("/admin/trading/wallet/top-up/", {"player": "other", "reason": "because", **OPERATION}, ("amount",)),
    ("/admin/trading/wallet/withdraw/", {"player": "other", "reason": "because", **OPERATION}, ("amount",)),
]
#: Fields that programs fill in: whole numbers, of plain digits.
WHOLE_NUMBERS = {"seen_cash_micro", "most_micro", "lasts_secs"}
#: Fields in which nothing is a number too.
NOTHING_IS_A_NUMBER = {"tolerance", "default_tolerance_bps"}


@pytest.mark.parametrize(("path", "form", "fields"), FORMS, ids=[f"{path} {fields[0]}" for path, _, fields in FORMS])
def test_numbers_in_forms(exchange: Exchange, path: str, form: dict[str, str], fields: tuple[str, ...]) -> None:
    listings = {
        "auction": Listing.objects.get(seller=exchange.other, kind="auction").pk,
        "sale": Listing.objects.get(seller=exchange.other, kind="fixed_price").pk,
        "own": Listing.objects.get(seller=exchange.player, kind="fixed_price").pk,
    }
    browser = Client()
    browser.force_login(exchange.administrator if path.startswith("/admin/") else exchange.player)
    before = everything()
    for field in fields:
        for name, typed in (NO_AMOUNTS if field in WHOLE_NUMBERS else NO_TYPED_AMOUNTS).items():
            if field in NOTHING_IS_A_NUMBER and name in ("zero", "zero with places"):
                continue
            reply = browser.post(path.format(**listings), form | {field: typed})
            is_refused = 400 <= reply.status_code < 500 or (
                path.startswith("/admin/") and b"errorlist" in reply.content
            )
            assert is_refused, (field, typed, reply.status_code)
    assert everything() == before


ADDRESSES = [
    "/marketplace/?least=",
    "/marketplace/?cursor=",
    "/transactions/?land=",
    "/transactions/?cursor=",
    "/transactions/?since=",
    "/api/v1/marketplace/listings?land=",
    "/api/v1/marketplace/listings?most=",
    "/api/v1/marketplace/lands?limit=",
    "/api/v1/biome-market/transactions?cursor=",
    "/api/v1/biome-market/candles/ocean?interval=1m&since=",
    "/api/v1/marketplace/transactions/audit-trail?land=",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_numbers_in_addresses(exchange: Exchange, address: str) -> None:
    browser = Client()
    browser.force_login(exchange.player)
    is_typed = address == "/marketplace/?least="
    for typed in (NO_TYPED_AMOUNTS if is_typed else NO_AMOUNTS).values():
        reply = browser.generic("GET", address.partition("?")[0], QUERY_STRING=address.partition("?")[2] + quote(typed))
        assert reply.status_code == 400, (typed, reply.status_code)


def everything() -> list[Any]:
    """Return all rows of money, land and accounts."""
    models = (Wallet, Holding, Market, Transaction, Land, Listing, Bid, EconomicSettings)
    people = list(User.objects.order_by("pk").values("username", "email", "display_name", "password", "is_active"))
    return [people, *(list(model._default_manager.order_by("pk").values()) for model in models)]
