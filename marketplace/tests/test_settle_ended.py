"""The worker's settlement continues with other listings when one fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils.crypto import salted_hmac

from accounts.models import User
from core.errors import MarketBusy
from marketplace.models import Land, Listing
from marketplace.sales import purchases
from marketplace.sales.auctions import place_bid, settle_ended
from marketplace.sales.listings import Offer, open_listing
from marketplace.tests.conftest import BDT, DAY_SECS, Fund, broken_invariants
from trading.models import Transaction

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def auctions(alice: User, bob: User, fund: Fund, own: Callable[..., None], now: datetime) -> list[Listing]:
    """Open three auctions of Alice, which end one after the other; Bob leads all."""
    fund(500, bob)
    opened = []
    for number, parcel in enumerate(Land.objects.order_by("pk")):
        own(alice, parcel)
        offer = Offer(Listing.Kind.AUCTION, 100 * BDT, "By the river", DAY_SECS + number)
        opened.append(open_listing(operation=uuid4(), seller_id=alice.pk, land_id=parcel.pk, offer=offer, now=now))
        place_bid(operation=uuid4(), listing_id=opened[-1].pk, bidder_id=bob.pk, max_micro=110 * BDT, now=now)
    return opened


@pytest.fixture
def over(now: datetime) -> datetime:
    return now + timedelta(days=2)


@pytest.fixture
def obstruct(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that makes the sale of one listing raise."""

    def make(obstructed: Listing, error: Exception) -> None:
        def sell(listing: Listing, **request: Any) -> Any:
            sold = purchases.sell_to(listing, **request)
            if listing == obstructed:
                raise error
            return sold

        monkeypatch.setattr("marketplace.sales.auctions.sell_to", sell)

    return make


def statuses() -> list[str]:
    return list(Listing.objects.order_by("pk").values_list("status", flat=True))


def test_one_that_cannot_be_settled_is_logged_and_passed_by(
    auctions: list[Listing], over: datetime, obstruct: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    obstruct(auctions[0], RuntimeError("a stone in the way"))

    assert settle_ended(now=over, at_most=10) == 2

    assert statuses() == ["active", "sold", "sold"]
    [record] = caplog.records
    assert record.getMessage() == f"listing {auctions[0].pk} cannot be settled"
    assert broken_invariants() == []


def test_no_more_are_tried_than_asked(auctions: list[Listing], over: datetime, obstruct: Callable[..., None]) -> None:
    obstruct(auctions[0], RuntimeError("a stone in the way"))

    assert settle_ended(now=over, at_most=2) == 1

    assert statuses() == ["active", "sold", "active"]


def test_where_wallets_are_busy_the_rest_is_left_for_the_next_time(
    auctions: list[Listing], over: datetime, obstruct: Callable[..., None]
) -> None:
    obstruct(auctions[1], MarketBusy())

    with pytest.raises(MarketBusy):
        settle_ended(now=over, at_most=10)

    assert statuses() == ["sold", "active", "active"]
    assert broken_invariants() == []


def test_a_settlement_has_the_id_that_version_0_1_0_gives_it(auctions: list[Listing], over: datetime) -> None:
    """So that the database accepts one settlement only while workers of both versions run."""
    assert settle_ended(now=over, at_most=1) == 1
    settlement = Transaction.objects.get(listing_id=auctions[0].pk)
    secret = salted_hmac("marketplace.auctions.settlement", str(auctions[0].pk), algorithm="sha256").digest()
    assert settlement.operation == UUID(bytes=secret[:16])
