"""The examples of success in the API's description are what the API returned, and what it returns now.

`RECORD_EXAMPLES=1` writes them anew; then `manage.py spectacular --file docs/openapi.yaml`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.sign_ins.devices import Client as Program
from accounts.sign_ins.tokens import issue_tokens
from accounts.tests.cast import PASSWORD
from core.api.openapi_answers import RETURNED
from marketplace.models import Listing
from marketplace.sales.ownership import buy_from_world
from markets.redistribution.cycle import run_cycle
from operations.tests import attackers
from operations.tests.attackers import SECRETS, Exchange, access_token
from operations.tests.attackers import exchange as exchange
from operations.tests.test_api_schema import DESCRIPTION
from operations.tests.test_hostile_input import uncounted as uncounted
from trading.models import Transaction

pytestmark = pytest.mark.django_db

KEY = "0b6f3f7e-58a4-4c3a-9a3c-5f1d2c3b4a59"
#: What is sent where `test_hostile_input.GOOD` has nothing to say: by operation.
SENT: dict[str, Any] = {
    "auth_keys_create": {"name": "A bot", "scopes": ["read", "trade"], "current_password": PASSWORD},
    "auth_me_partial_update": {"theme": "dark"},
    "auth_register_create": {"username": "ada", "email": "ada@example.org", "password": PASSWORD},
    "auth_session_create": {"username": "player", "password": PASSWORD},
    "auth_token_create": {"username": "player", "password": PASSWORD},
    "auth_token_refresh_create": {"refresh": "$refresh"},
    "biome_market_buy_create": {"biome": "ocean", "spend": "100", "worst_price": "1000"},
    "biome_market_quote_create": {"biome": "ocean", "side": "buy", "spend": "100"},
    "biome_market_sell_create": {"biome": "ocean", "shares": "1"},
    "biome_market_track_attention_create": {"biome": "ocean", "points": 3},
    "marketplace_lands_buy_create": {"most": "1000"},
    "marketplace_lands_give_create": {"to": "other"},
    "marketplace_lands_look_create": {"points": 1},
    "marketplace_listings_create": {"land": 6, "kind": "auction", "price": "5", "title": "By the river"},
    "marketplace_listings_partial_update": {"price": "90"},
    "marketplace_listings_bids_create": {"max": "900"},
    "marketplace_listings_buy_create": {"most": "900"},
    "wallet_topup_create": {"player": "other", "amount": "10", "reason": "a prize"},
    "wallet_withdraw_create": {"player": "other", "amount": "10", "reason": "paid out"},
    "wallet_transfer_create": {"to": "other", "amount": "10", "note": "thanks"},
}
ASKED = {"wallet_transfer_receiver": "to=other", "biome_market_candles_list": "interval=1m"}
#: What is another number each time.
NUMBERS = {"id", "listing", "seq", "cycle", "number", "version", "corrects", "region", "transaction", "unix_ms"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def operations() -> Iterator[tuple[str, str, str]]:
    """Yield path, method and name of each operation that returns JSON."""
    for path, methods in DESCRIPTION["paths"].items():
        for method, operation in methods.items():
            answers = (answer for status, answer in operation["responses"].items() if status.startswith("2"))
            if any("application/json" in answer.get("content", ()) for answer in answers):
                yield path, method, operation["operationId"]


def settled(value: Any, name: str = "") -> Any:
    """Return the answer without the values that differ each time."""
    if isinstance(value, dict):
        return {key: settled(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [settled(part, name) for part in value]
    if isinstance(value, int) and name in NUMBERS:
        return "a number"
    if isinstance(value, str) and name in ("access", "refresh", "key", "prefix", "epoch", "location", "next", "url"):
        return "another each time"
    return _UUID.sub("an id", _TIME.sub("a time", value)) if isinstance(value, str) else value


def without_secrets(value: Any, name: str = "") -> Any:
    """Return the answer with dots in place of credentials, so that nobody must ask whether they still work."""
    if isinstance(value, dict):
        return {key: without_secrets(part, key) for key, part in value.items()}
    return "..." if isinstance(value, str) and name in ("access", "refresh", "key") else value


@pytest.fixture(autouse=True)
def told_openly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the secrets that public examples contain, so that their leak is not reported."""
    monkeypatch.setattr(attackers, "SECRETS", (SECRETS[0], "for the feast", *SECRETS[2:]))
    monkeypatch.setattr(attackers, "SECRET_MAX_MICRO", 200_250_000)


@pytest.fixture
def places(exchange: Exchange) -> dict[str, Any]:
    """Return the values of a path's parameters, where they are not the same for all operations."""
    now = timezone.now()
    buy_from_world(operation=uuid4(), player_id=exchange.player.pk, land_id=6, most_micro=10**12, now=now)
    run_cycle(number=1, now=now - timedelta(seconds=1))
    auction = Listing.objects.get(seller=exchange.other, kind="auction")
    return {
        "biome": "ocean", "x": 1, "y": 1, "seed": 7, "side": 4, "land_id": 9, "listing_id": auction.pk, "number": 1,
        "key": Transaction.objects.filter(initiator=exchange.player).latest("pk").operation,
    }  # fmt: skip


def place_of(name: str, path: str, places: dict[str, Any], exchange: Exchange) -> str:
    own = {
        "marketplace_lands_give_create": {"land_id": 6},
        "marketplace_listings_partial_update": {
            "listing_id": Listing.objects.get(seller=exchange.player, kind="fixed_price").pk
        },
        "marketplace_listings_buy_create": {
            "listing_id": Listing.objects.get(seller=exchange.other, kind="fixed_price").pk
        },
        "transactions_retrieve": {"number": Transaction.objects.filter(initiator=exchange.player).latest("pk").pk},
    }.get(name, {})
    return path.format(**places | own)


def test_examples_are_returned(exchange: Exchange, places: dict[str, Any]) -> None:
    returned = {}
    players = {name: access_token(getattr(exchange, name)) for name in ("player", "administrator")}
    made = Client().post(
        "/api/v1/auth/keys", SENT["auth_keys_create"], "application/json",
        headers={"Authorization": f"Bearer {players['player']}"},
    ).json()  # fmt: skip
    places["key_id"] = made["id"]
    for path, method, name in operations():
        who = "administrator" if name in ("wallet_topup_create", "wallet_withdraw_create") else "player"
        headers = {"Authorization": f"Bearer {players[who]}", "Idempotency-Key": KEY}
        if name.startswith("auth_") and name.split("_")[1] in ("register", "session", "token"):
            headers = {}
        body = dict(SENT.get(name, {}))
        if "refresh" in body:
            body["refresh"] = issue_tokens(player=exchange.player, client=Program("A program", None))["refresh"]
        changes = transaction.atomic()
        # As the test's own, in which what insists on being outermost may be.
        changes._from_testcase = True
        with changes:
            address = f"{place_of(name, path, places, exchange)}?{ASKED.get(name, '')}"
            reply = Client().generic(method, address, json.dumps(body), "application/json", headers=headers)
            transaction.set_rollback(True)
        assert reply.status_code in (200, 201), (name, reply.content)
        returned[name] = reply.json()
    if os.environ.get("RECORD_EXAMPLES"):
        RETURNED.write_text(json.dumps(without_secrets(returned), indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    assert settled(returned) == settled(json.loads(RETURNED.read_text()))


def test_each_of_them_is_in_the_description() -> None:
    recorded = json.loads(RETURNED.read_text())
    for path, method, name in operations():
        answers = DESCRIPTION["paths"][path][method]["responses"]
        [answer] = [answer for status, answer in answers.items() if status.startswith("2")]
        assert answer["content"]["application/json"]["examples"]["returned"]["value"] == recorded[name], name
