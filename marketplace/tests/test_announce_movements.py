"""The stream's `transaction` event goes once to each player of each row of the ledger, in the fields of REST."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from attention.biomes import Biome
from marketplace import events as of_land
from marketplace.models import Bid, Listing
from marketplace.sales.auctions import settle_listing
from marketplace.sales.ownership import give_land
from marketplace.sales.purchases import buy_listing, refund
from marketplace.tests.conftest import BDT, Fund, Offering
from streams.event_log import Event, player_room
from trading import events as of_money
from trading.models import Transaction
from trading.orders.market_orders import buy_shares
from trading.wallets.starting_grants import grant_verified_player
from trading.wallets.wallets import transfer

pytestmark = pytest.mark.django_db(transaction=True)

FIXED, AUCTION = Listing.Kind.FIXED_PRICE, Listing.Kind.AUCTION
FEE_MICRO = 7_500_000


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """Collect all events that are announced."""
    heard: list[Event] = []
    for module in (of_money, of_land):
        monkeypatch.setattr(module, "announce", lambda *told: heard.extend(told))
    return heard


@pytest.fixture
def everything_is_told(events: list[Event]) -> Iterator[None]:
    """Assert after the test that each player of each transaction was told of it exactly once."""
    yield
    told = Counter(
        (event.rooms[0], event.content["transaction"]["id"]) for event in events if event.type == "transaction"
    )
    rows = Transaction.objects.all()
    owed = {(player_room(player), row.pk) for row in rows for player in (row.payer_id, row.payee_id) if player}
    assert told == Counter(owed)


@pytest.mark.usefixtures("everything_is_told")
@pytest.mark.parametrize(("price_micro", "rows"), [(100 * BDT, 2), (BDT, 2), (FEE_MICRO, 1)])
def test_a_refund_of_a_sale(
    alice: User, bob: User, root: User, offered: Offering, fund: Fund, now: datetime, price_micro: int, rows: int
) -> None:
    """A refund is announced to each player involved: one paid by seller and treasury, by the treasury to both, or
    with a fee of all of the price.
    """
    listing = offered(FIXED, price_micro=price_micro)
    fund(200, alice, bob)
    sale = buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now)
    request: dict[str, Any] = {
        "operation": uuid4(), "administrator_id": root.pk, "transaction_id": sale.pk, "reason": "a mistake", "now": now,
    }  # fmt: skip

    first = refund(**request)

    assert Transaction.objects.filter(corrects=sale).count() == rows
    assert refund(**request) == first


@pytest.mark.usefixtures("everything_is_told")
def test_a_starting_grant(alice: User, bob: User, fund: Fund, now: datetime, settings: Any) -> None:
    """A starting grant is announced when the wallet opens, for its player's first trade or for somebody's transfer."""
    settings.STARTING_GRANT_BDT = 1_000
    buy_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.OCEAN, spend_micro=BDT, now=now)
    transfer(operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=BDT, reason="", now=now)

    assert list(Transaction.objects.order_by("pk").values_list("kind", flat=True)) == [
        "topup", "biome_buy", "topup", "transfer",
    ]  # fmt: skip


@pytest.mark.usefixtures("everything_is_told")
def test_the_grant_of_who_is_verified_later(alice: User, fund: Fund, now: datetime, settings: Any) -> None:
    fund(1, alice)
    settings.STARTING_GRANT_BDT = 1_000

    grant_verified_player(alice.pk, now)

    assert Transaction.objects.filter(payee=alice).count() == 2


@pytest.fixture
def sold(
    offered: Offering, fund: Fund, bid: Callable[..., Bid], root: User, bob: User, carol: User, now: datetime
) -> Callable[[str], None]:
    """Return a function by which alice sells a parcel of hers: at a price, by auction, or to be refunded; or gives
    it.
    """

    def sell(story: str) -> None:
        if story == "auction":
            listing = offered(AUCTION)
            fund(500, bob, carol)
            bid(listing, bob, 200)
            bid(listing, carol, 150)
            settle_listing(listing_id=listing.pk, now=listing.latest_end_at)
            return
        listing = offered(FIXED)
        fund(500, bob)
        sale = buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now)
        if story == "gift":
            give_land(
                operation=uuid4(), player_id=bob.pk, land_id=listing.land_id, receiver_id=carol.pk, reason="yours",
                now=now,
            )  # fmt: skip
        if story == "refund":
            refund(operation=uuid4(), administrator_id=root.pk, transaction_id=sale.pk, reason="a mistake", now=now)

    return sell


def told_by_rest(client: Client, player: User) -> dict[int, dict[str, Any]]:
    reply = client.get(
        "/api/v1/transactions", {"limit": 100}, headers={"Authorization": f"Bearer {AccessToken.for_user(player)}"}
    )
    return {row["id"]: row for row in reply.json()["results"]}


@pytest.mark.parametrize("story", ["price", "auction", "gift", "refund"])
def test_land_is_told_as_rest_tells_it(
    events: list[Event], sold: Callable[[str], None], client: Client, story: str, request: pytest.FixtureRequest
) -> None:
    """The stream's fields are fields of REST, with the same values; land and listing among them."""
    sold(story)

    for name in ("alice", "bob", "carol"):
        player = request.getfixturevalue(name)
        rest = told_by_rest(client, player)
        heard = [
            event.content["transaction"]
            for event in events
            if event.type == "transaction" and event.rooms == (player_room(player.pk),)
        ]
        assert {row["id"]: row for row in heard} == {
            row["id"]: {field: rest[row["id"]][field] for field in row} for row in heard
        }
        assert {row["id"] for row in heard} == set(rest)
        assert all(row["land"] or row["corrects"] or row["kind"] == "topup" for row in heard)


@pytest.mark.parametrize(("story", "kind"), [("price", "fixed_price"), ("auction", "auction")])
def test_a_sale_names_its_land_and_its_listing(
    events: list[Event], sold: Callable[[str], None], story: str, kind: str
) -> None:
    sold(story)

    listing = Listing.objects.get()
    told = [event.content["transaction"] for event in events if event.type == "transaction"]
    assert [
        (row["land"], row["listing"], row["corrects"]) for row in told if row["kind"] == kind and row["listing"]
    ] == [(listing.land_id, listing.pk, None)] * 2
    # The first was bought from the world.
    assert {(row["land"], row["listing"]) for row in told if row["payee"] is None and row["land"]} == {
        (listing.land_id, None)
    }
