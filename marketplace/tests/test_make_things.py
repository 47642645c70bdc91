"""Creating answers 201 with the address; a repeat gets the same answer, marked as one."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from marketplace.models import Land, Listing
from marketplace.sales.auctions import settle_ended
from marketplace.tests.conftest import Fund, Offering, State
from marketplace.tests.test_marketplace_api import of
from trading.models import Transaction
from trading.statements.csv_export import COLUMNS

pytestmark = pytest.mark.django_db(transaction=True)

API = "/api/v1"


@pytest.fixture
def now() -> datetime:
    """Use the real time, as the pages and the API do."""
    return timezone.now()


def twice(api: APIClient, path: str, body: dict[str, Any]) -> tuple[Any, Any]:
    key = {"Idempotency-Key": str(uuid4())}
    first, again = (api.post(f"{API}/{path}", body, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201), first.content
    assert (first.headers.get("Idempotency-Replayed"), again.headers.get("Idempotency-Replayed")) == (None, "true")
    assert (again.json(), again["Location"]) == (first.json(), first["Location"])
    return first, again


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("biome-market/buy", {"biome": "ocean", "spend": "10"}),
        ("biome-market/sell", {"biome": "ocean", "shares": "0.01"}),
        ("wallet/transfer", {"to": "bob", "amount": "1"}),
        ("marketplace/lands/{land}/buy", {"most": "200"}),
    ],
)
def test_a_transaction(fund: Fund, alice: User, bob: User, land: Land, path: str, body: dict[str, Any]) -> None:
    fund(1000, alice)
    api = of(alice)
    api.post(f"{API}/biome-market/buy", {"biome": "ocean", "spend": "20"})
    first, _ = twice(api, path.format(land=land.pk), body)
    read = api.get(first["Location"])
    assert first["Location"] == f"{API}/transactions/{first.json()['id']}"
    assert (read.json()["id"], read.json()["operation"]) == (first.json()["id"], first.json()["operation"])
    assert read.json()["balance_after"] == first.json()["balance_after"]


def test_a_gift_and_a_sale(own: Any, fund: Fund, alice: User, bob: User, land: Land) -> None:
    own(alice, land)
    fund(100, alice)
    fund(500, bob)
    gift, _ = twice(of(alice), f"marketplace/lands/{land.pk}/give", {"to": "bob"})
    assert of(bob).get(gift["Location"]).json()["kind"] == "gift"
    terms = {"land": land.pk, "kind": "fixed_price", "price": "200", "title": "By the river"}
    listing = of(bob).post(f"{API}/marketplace/listings", terms).json()
    fund(500, alice)
    sale, _ = twice(of(alice), f"marketplace/listings/{listing['id']}/buy", {"most": "200"})
    assert of(alice).get(sale["Location"]).json()["listing"] == listing["id"]
    assert of(None).get(f"{API}/marketplace/listings/{listing['id']}").json()["buyer"] == "alice"


def test_a_top_up_is_read_by_who_asked_for_it(root: User, alice: User) -> None:
    moved, _ = twice(of(root), "wallet/topup", {"player": "alice", "amount": "5", "reason": "won"})
    told = of(root).get(moved["Location"]).json()
    assert (told["initiator"], told["payee"], told["balance_after"]) == ("root", "alice", None)
    assert of(alice).get(moved["Location"]).json()["balance_after"] == "5.00"


def test_a_listing_is_told_as_it_was_opened(own: Any, fund: Fund, alice: User, bob: User, land: Land) -> None:
    own(alice, land)
    fund(500, bob)
    key = {"Idempotency-Key": str(uuid4())}
    terms = {"land": land.pk, "kind": "auction", "price": "100", "title": "By the river", "buy_now": "300"}
    first = of(alice).post(f"{API}/marketplace/listings", terms, headers=key)
    bid, _ = twice(of(bob), f"marketplace/listings/{first.json()['id']}/bids", {"max": "150"})
    assert bid["Location"] == f"{API}/marketplace/listings/{first.json()['id']}/bids"
    again = of(alice).post(f"{API}/marketplace/listings", terms, headers=key)
    assert (again.status_code, again["Idempotency-Replayed"], again.json()) == (201, "true", first.json())
    read = of(None).get(first["Location"]).json()
    assert (read["id"], read["bids"], read["buyer"]) == (first.json()["id"], 1, None)


def test_an_account(db: None) -> None:
    form = {"username": "ada", "email": "ada@example.org", "password": "a long passphrase of mine"}
    reply = of(None).post(f"{API}/auth/register", form)
    assert (reply.status_code, reply["Location"]) == (201, f"{API}/auth/me")
    api = APIClient(headers={"Authorization": f"Bearer {reply.json()['access']}"})
    assert api.get(reply["Location"]).json()["username"] == "ada"


def test_nobody_reads_anothers(fund: Fund, alice: User, bob: User) -> None:
    fund(10, alice)
    number = Transaction.objects.get().pk
    assert of(bob).get(f"{API}/transactions/{number}").status_code == 404
    assert of(None).get(f"{API}/transactions/{number}").status_code == 401


def test_a_sold_auction_names_its_winner(offered: Offering, fund: Fund, bid: Any, alice: User, bob: User) -> None:
    fund(500, bob)
    listing = offered()
    bid(listing, bob, 150)
    path = f"{API}/marketplace/listings"
    Listing.objects.update(opened_at=timezone.now() - timedelta(days=9), ends_at=timezone.now())
    settle_ended(now=timezone.now(), at_most=1)
    assert of(None).get(f"{path}/{listing.pk}").json()["buyer"] == "bob"
    [sold] = of(None).get(f"{path}?status=sold").json()["results"]
    assert (sold["buyer"], sold["sold_for"]) == ("bob", "100.00")


def test_what_a_key_made(own: Any, fund: Fund, state: State, alice: User, bob: User, land: Land) -> None:
    own(alice, land)
    fund(500, bob)
    keys = {name: str(uuid4()) for name in ("listing", "bid", "transaction", "refused", "unused")}

    def send(api: APIClient, name: str, path: str, body: dict[str, Any]) -> Any:
        return api.post(f"{API}/{path}", body, headers={"Idempotency-Key": keys[name]}).json()

    terms = {"land": land.pk, "kind": "auction", "price": "100", "title": "By the river"}
    listing = send(of(alice), "listing", "marketplace/listings", terms)
    bid = send(of(bob), "bid", f"marketplace/listings/{listing['id']}/bids", {"max": "150"})
    bought = send(of(bob), "transaction", "biome-market/buy", {"biome": "ocean", "spend": "10"})
    send(of(bob), "refused", "biome-market/buy", {"biome": "ocean", "spend": "100000"})
    before = state()

    def outcome(api: APIClient, name: str) -> Any:
        return api.get(f"{API}/biome-market/operations/{keys[name]}").json()

    found = outcome(of(bob), "transaction")
    assert (found["status"], found["made"], found["id"]) == ("done", "transaction", bought["id"])
    assert (found["at"], found["location"]) == (bought["at"], f"{API}/transactions/{bought['id']}")
    assert found["transaction"]["balance_after"] == bought["balance_after"]
    found = outcome(of(bob), "bid")
    assert (found["made"], found["id"], found["transaction"]) == ("bid", bid["id"], None)
    assert found["location"] == f"{API}/marketplace/listings/{listing['id']}/bids"
    found = outcome(of(alice), "listing")
    assert (found["made"], found["location"]) == ("listing", f"{API}/marketplace/listings/{listing['id']}")
    nothing = {"status": "unknown", "made": None, "id": None, "at": None, "location": None, "transaction": None}
    for api, name in ((of(bob), "refused"), (of(bob), "unused"), (of(alice), "transaction"), (of(bob), "listing")):
        assert outcome(api, name) == nothing | {"key": keys[name]}
    assert state() == before


def test_a_key_is_a_uuid(alice: User) -> None:
    reply = of(alice).get(f"{API}/biome-market/operations/mine")
    assert (reply.status_code, reply.json()["errors"][0]["attr"]) == (400, "key")


def test_own_bids_and_what_is_held(offered: Offering, fund: Fund, bid: Any, bob: User, carol: User) -> None:
    fund(1000, bob, carol)
    listing = offered()
    first, second = bid(listing, bob, 150), bid(listing, carol, 300.5)
    [mine] = of(carol).get(f"{API}/marketplace/bids").json()["results"]
    assert (mine["id"], mine["max"], mine["leads_now"], mine["listing"]) == (second.pk, "300.50", True, listing.pk)
    [outbid] = of(bob).get(f"{API}/marketplace/bids").json()["results"]
    assert (outbid["id"], outbid["max"], outbid["leads_now"]) == (first.pk, "150.00", False)
    assert "300.5" not in str(outbid)
    holds = of(carol).get(f"{API}/wallet/holds").json()
    assert holds["held"] == of(carol).get(f"{API}/wallet").json()["held"] == "300.50"
    [hold] = holds["holds"]
    assert (hold["kind"], hold["amount"], hold["listing"]) == ("bid", "300.50", listing.pk)
    assert of(bob).get(f"{API}/wallet/holds").json() == {"held": "0.00", "holds": []}


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("", ["biome_sell", "transfer", "biome_buy", "fixed_price", "topup"]),
        ("?kind=transfer", ["transfer"]),
        ("?source=biome", ["biome_sell", "biome_buy"]),
        ("?side=sell", ["biome_sell"]),
        ("?biome=ocean", ["biome_sell", "biome_buy"]),
        ("?biome=snow", []),
        ("?role=seller", ["biome_sell", "topup"]),
        ("?land={land}", ["fixed_price"]),
        ("?listing=1", []),
        ("?since=2100-01-01T00:00:00Z", []),
        ("?until=2000-01-01T00:00:00Z", []),
    ],
)
def test_filters_of_transactions(fund: Fund, alice: User, bob: User, land: Land, query: str, kinds: list[str]) -> None:
    deal(fund, alice, land)
    reply = of(alice).get(f"{API}/transactions{query.format(land=land.pk)}")
    assert [row["kind"] for row in reply.json()["results"]] == kinds


@pytest.mark.parametrize("query", ["?kind=biome_buy&side=sell", "?format=xml", "?until=2000-01-01&since=2001-01-01"])
def test_what_contradicts_itself_is_refused(alice: User, query: str) -> None:
    for path in ("transactions", "biome-market/transactions"):
        assert of(alice).get(f"{API}/{path}{query}").status_code == 400


@pytest.mark.parametrize(
    ("query", "kinds"),
    [("", ["biome_sell", "biome_buy"]), ("?side=buy", ["biome_buy"]), ("?kind=biome_sell", ["biome_sell"]),
     ("?biome=snow", []), ("?since=2100-01-01T00:00:00Z", []), ("?until=2000-01-01T00:00:00Z", [])],
)  # fmt: skip
def test_filters_of_trades(fund: Fund, alice: User, bob: User, land: Land, query: str, kinds: list[str]) -> None:
    deal(fund, alice, land)
    reply = of(alice).get(f"{API}/biome-market/transactions{query}")
    assert [row["kind"] for row in reply.json()["results"]] == kinds


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("transactions", ["biome_sell", "transfer", "biome_buy", "fixed_price", "topup"]),
        ("marketplace/transactions/audit-trail", ["biome_sell", "transfer", "biome_buy", "fixed_price", "topup"]),
        ("biome-market/transactions", ["biome_sell", "biome_buy"]),
    ],
)
def test_the_same_as_a_file(fund: Fund, alice: User, bob: User, land: Land, path: str, kinds: list[str]) -> None:
    deal(fund, alice, land)
    by_query = of(alice).get(f"{API}/{path}?format=csv")
    by_accept = of(alice).get(f"{API}/{path}", headers={"Accept": "text/csv"})
    for reply in (by_query, by_accept):
        assert (reply.streaming, reply["Content-Type"]) == (True, "text/csv; charset=utf-8")
        assert reply["Cache-Control"] == "no-store"
        rows = list(csv.DictReader(b"".join(reply.streaming_content).decode("utf-8-sig").splitlines()))
        assert [row["kind"] for row in rows] == kinds
        assert tuple(rows[0]) == COLUMNS
    refused = of(None).get(f"{API}/{path}?format=csv")
    assert (refused.status_code, refused["Content-Type"]) == (401, "application/json")


def deal(fund: Fund, player: User, land: Land) -> None:
    fund(1000, player)
    api = of(player)
    for path, body in (
        (f"marketplace/lands/{land.pk}/buy", {"most": "200"}),
        ("biome-market/buy", {"biome": "ocean", "spend": "20"}),
        ("wallet/transfer", {"to": "bob", "amount": "1"}),
        ("biome-market/sell", {"biome": "ocean", "shares": "0.01"}),
    ):
        assert api.post(f"{API}/{path}", body).status_code == 201
