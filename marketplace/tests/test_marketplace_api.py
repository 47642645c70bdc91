"""Land over the API: from the world to an auction's winner, and the refusals."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from marketplace.models import Land, Listing
from marketplace.sales.auctions import settle_ended
from marketplace.tests.conftest import BDT, Fund, Offering, State, broken_invariants

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = "/api/v1/marketplace"


@pytest.fixture
def now() -> datetime:
    """Use the real time, as the pages and the API do."""
    return timezone.now()


def of(player: User | None) -> APIClient:
    client = APIClient()
    client.default_format = "json"
    if player is not None:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(player)}")
    return client


def code(reply: Any) -> tuple[int, str, str | None]:
    [error] = reply.json()["errors"]
    return reply.status_code, error["code"], error["attr"]


def test_from_the_world_to_the_winner(fund: Fund, alice: User, bob: User, carol: User, land: Land) -> None:
    fund(1000, alice, bob, carol)
    seen = of(None).get(f"{ROOT}/lands/{land.pk}").json()
    assert (seen["biome"], seen["owner"], seen["base_price"]) == ("plains", None, "150.00")
    bought = of(alice).post(f"{ROOT}/lands/{land.pk}/buy", {"most": "150"}, headers={"Idempotency-Key": str(uuid4())})
    assert (bought.status_code, bought.json()["amount"], bought.json()["payee"]) == (201, "150.00", None)
    terms = {"land": land.pk, "kind": "auction", "price": "100", "title": " By  the\u202e river ", "buy_now": "900"}
    listed = of(alice).post(f"{ROOT}/listings", terms)
    assert (listed.status_code, listed.json()["title"], listed.json()["least_bid"]) == (201, "By the river", "100.00")
    bids = f"{ROOT}/listings/{listed.json()['id']}/bids"
    assert of(bob).post(bids, {"max": "200"}).json()["price"] == "100.00"
    outbid = of(carol).post(bids, {"max": "300.50"}).json()
    assert (outbid["price"], outbid["is_leading"], outbid["bidder"]) == ("210.00", True, "carol")
    shown = of(None).get(bids).json()["results"]
    assert [(bid["bidder"], bid["price"]) for bid in shown] == [("carol", "210.00"), ("bob", "100.00")]
    assert "300.5" not in str(shown)
    assert "300.5" not in str(of(None).get(f"{ROOT}/listings").json())
    Listing.objects.update(opened_at=timezone.now() - timedelta(days=9), ends_at=timezone.now())
    ended = of(None).get(f"{ROOT}/listings/{listed.json()['id']}").json()
    assert (ended["status"], ended["least_bid"], ended["sold_for"]) == ("ended", None, None)
    assert [of(None).get(f"{ROOT}/listings?status={name}").json()["results"] for name in ("active", "sold")] == [[], []]
    assert of(None).get(f"{ROOT}/listings?status=ended").json()["results"] == [ended]
    assert of(carol).get(f"{ROOT}/bids").json()["results"][0]["listing_status"] == "ended"
    assert of(None).get(f"{ROOT}/lands?for_sale=1").json()["results"] == []
    assert of(None).get(f"{ROOT}/map/parcels/0/0").json()["for_sale"] is None
    assert Listing.objects.get().status == Listing.Status.ACTIVE
    settle_ended(now=timezone.now(), at_most=1)
    settled = of(None).get(f"{ROOT}/listings/{listed.json()['id']}").json()
    assert (settled["status"], settled["sold_for"]) == ("sold", "210.00")
    assert of(None).get(f"{ROOT}/lands/{land.pk}").json()["owner"] == "carol"
    assert broken_invariants() == []


@pytest.mark.parametrize(
    ("path", "body", "refusal"),
    [
        ("lands/999999/buy", {"most": "1"}, (404, "not_found", None)),
        ("listings/999999/bids", {"max": "1"}, (404, "not_found", None)),
        ("listings/{listing}/bids", {"max": "1e400"}, (400, "invalid", "max")),
        ("listings/{listing}/bids", {"max": "-1"}, (400, "invalid", "max")),
        ("listings/{listing}/bids", {}, (400, "required", "max")),
        ("listings/{listing}/bids", {"max": "99"}, (409, "bid_too_low", "max")),
        ("listings/{listing}/bids", {"max": "100000"}, (409, "insufficient_funds", "max")),
        ("listings/{listing}/buy", {"most": "1"}, (409, "buy_now_gone", None)),
        ("lands/{land}/buy", {"most": "1"}, (409, "land_taken", None)),
        ("lands/{land}/give", {"to": "alice"}, (403, "not_land_owner", None)),
        ("listings", {"land": "{land}", "kind": "auction", "price": "1", "title": "\x07 "}, (400, "invalid", "title")),
        ("listings", {"land": 1, "kind": "gift", "price": "1", "title": "x"}, (400, "invalid_choice", "kind")),
        (
            "listings",
            {"land": 1, "kind": "fixed_price", "price": "1", "title": "x", "buy_now": "2"},
            (400, "invalid", "kind"),
        ),
    ],
)
def test_refusals_change_nothing(
    offered: Offering, fund: Fund, bob: User, land: Land, state: State,
    path: str, body: dict[str, Any], refusal: tuple[int, str, str | None],
) -> None:  # fmt: skip
    fund(500, bob)
    listing, ids = offered(), {"land": land.pk}
    ids["listing"] = listing.pk
    before = state()
    asked = {name: land.pk if value == "{land}" else value for name, value in body.items()}
    assert code(of(bob).post(f"{ROOT}/{path.format(**ids)}", asked)) == refusal
    assert state() == before


@pytest.mark.parametrize("path", ["lands/{land}/buy", "listings", "listings/{listing}/bids", "listings/{listing}/buy"])
def test_guests_only_read(offered: Offering, land: Land, path: str) -> None:
    listing = offered()
    assert of(None).post(f"{ROOT}/{path.format(land=land.pk, listing=listing.pk)}", {}).status_code == 401


def test_searching(offered: Offering) -> None:
    listing = offered(price_micro=120 * BDT)

    def found(query: str) -> list[int]:
        return [each["id"] for each in of(None).get(f"{ROOT}/listings?{query}").json()["results"]]

    for query in ("", "biome=plains", "kind=auction", "least=120&most=120", "least_region=3", "seller=ALICE"):
        assert found(query) == [listing.pk], query
    for query in ("biome=ocean", "kind=fixed_price", "most=119", "least_region=4", "seller=bob", "status=sold"):
        assert found(query) == [], query
    for order in ("ending", "newest", "cheapest", "dearest"):
        assert found(f"order={order}") == [listing.pk]
    assert code(of(None).get(f"{ROOT}/listings?order=best")) == (400, "invalid_choice", "order")


def test_an_offer_is_edited_and_taken_back(offered: Offering, alice: User, bob: User) -> None:
    listing = offered()
    path = f"{ROOT}/listings/{listing.pk}"
    assert code(of(bob).patch(path, {"price": "5"})) == (403, "not_land_owner", None)
    assert of(alice).patch(path, {"price": "5"}).json()["price"] == "5.00"
    assert of(alice).delete(path).status_code == 204
    assert of(None).get(path).json()["status"] == "cancelled"
    assert code(of(alice).patch(path, {"price": "6"})) == (409, "listing_closed", None)
