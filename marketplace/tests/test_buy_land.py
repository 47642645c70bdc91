"""Land is bought from the world and from listings, given away, and sales are undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from core.errors import (
    BuyNowGone,
    DomainError,
    InsufficientFunds,
    LandListed,
    LandTaken,
    ListingClosed,
    ListingHasBids,
    NotLandOwner,
    NotRefundable,
    OwnListing,
    PriceMoved,
    TooManyListings,
)
from marketplace.models import Bid, Flag, Land, Listing
from marketplace.sales.listings import Offer, cancel_listing, edit_price, open_listing, remove_listing
from marketplace.sales.ownership import buy_from_world, give_land
from marketplace.sales.purchases import buy_listing, refund_sale
from marketplace.tests.conftest import BDT, DAY_SECS, Fund, Offering, State, broken_invariants, money
from trading.models import Kind, Source, Transaction

pytestmark = pytest.mark.django_db(transaction=True)

FIXED, AUCTION = Listing.Kind.FIXED_PRICE, Listing.Kind.AUCTION


def test_the_world_sells_at_the_base_price(fund: Fund, alice: User, land: Land, now: datetime) -> None:
    fund(151, alice)
    sale = buy_from_world(operation=uuid4(), player_id=alice.pk, land_id=land.pk, now=now)
    land.refresh_from_db()
    assert (land.owner, land.owned_since, money(alice)) == (alice, now, (1, 0))
    assert (sale.kind, sale.payer, sale.payee, sale.fee_micro) == (Kind.FIXED_PRICE, alice, None, 0)
    assert Transaction.objects.get(pk=sale.pk).source == Source.MARKETPLACE
    assert broken_invariants() == []


def test_a_parcel_is_sold_once(fund: Fund, alice: User, bob: User, land: Land, now: datetime, state: State) -> None:
    fund(500, alice, bob)
    operation = uuid4()
    first = buy_from_world(operation=operation, player_id=alice.pk, land_id=land.pk, now=now)
    before = state()
    assert buy_from_world(operation=operation, player_id=alice.pk, land_id=land.pk, now=now) == first
    with pytest.raises(LandTaken):
        buy_from_world(operation=uuid4(), player_id=bob.pk, land_id=land.pk, now=now)
    assert state() == before


@pytest.mark.parametrize(("funds", "most", "refusal"), [(149, None, InsufficientFunds), (500, 149, PriceMoved)])
def test_the_world_refuses(
    fund: Fund, alice: User, land: Land, now: datetime, state: State,
    funds: int, most: int | None, refusal: type[DomainError],
) -> None:  # fmt: skip
    fund(funds, alice)
    before = state()
    with pytest.raises(refusal):
        buy_from_world(operation=uuid4(), player_id=alice.pk, land_id=land.pk, now=now, most_micro=most and most * BDT)
    assert state() == before


def test_a_fixed_price_is_paid_without_the_fee_to_the_seller(
    offered: Offering, fund: Fund, alice: User, bob: User, land: Land, now: datetime
) -> None:
    fund(150, bob)
    listing = offered(FIXED)
    sale = buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now, most_micro=100 * BDT)
    land.refresh_from_db()
    listing.refresh_from_db()
    assert (land.owner, listing.status, sale.kind) == (bob, Listing.Status.SOLD, Kind.FIXED_PRICE)
    assert (money(alice), money(bob)) == ((95, 0), (50, 0))
    with pytest.raises(ListingClosed):
        buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now)
    assert broken_invariants() == []


def test_buy_now_ends_the_auction_and_frees_the_leader(
    offered: Offering, fund: Fund, alice: User, bob: User, carol: User, now: datetime, bid: Callable[..., Bid]
) -> None:
    fund(500, bob, carol)
    listing = offered(AUCTION, buy_now_micro=400 * BDT)
    bid(listing, bob, 300)
    sale = buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=carol.pk, now=now)
    assert (sale.kind, money(bob), money(carol), money(alice)) == (Kind.BUY_NOW, (500, 0), (100, 0), (380, 0))
    assert broken_invariants() == []


def test_the_leader_buys_now_with_what_is_held(
    offered: Offering, fund: Fund, bob: User, now: datetime, bid: Callable[..., Bid]
) -> None:
    fund(400, bob)
    listing = offered(AUCTION, buy_now_micro=400 * BDT)
    bid(listing, bob, 350)
    buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now)
    assert money(bob) == (0, 0)
    assert broken_invariants() == []


def test_buy_now_is_gone_when_bids_have_reached_it(
    offered: Offering, fund: Fund, bob: User, carol: User, now: datetime, bid: Callable[..., Bid]
) -> None:
    fund(500, bob, carol)
    listing = offered(AUCTION, buy_now_micro=200 * BDT)
    bid(listing, bob, 200)
    bid(listing, carol, 300)
    with pytest.raises(BuyNowGone):
        buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now)


def test_one_s_own_listing_cannot_be_bought(offered: Offering, fund: Fund, alice: User, now: datetime) -> None:
    fund(500, alice)
    with pytest.raises(OwnListing):
        buy_listing(operation=uuid4(), listing_id=offered(FIXED).pk, buyer_id=alice.pk, now=now)


def test_a_dearer_price_than_seen_is_refused(
    offered: Offering, fund: Fund, alice: User, bob: User, now: datetime, state: State
) -> None:
    fund(500, bob)
    listing = offered(FIXED)
    edit_price(listing_id=listing.pk, seller_id=alice.pk, price_micro=120 * BDT, now=now)
    before = state()
    with pytest.raises(PriceMoved):
        buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now, most_micro=100 * BDT)
    assert state() == before


def test_what_is_listed_is_neither_listed_again_nor_given(
    offered: Offering, alice: User, bob: User, land: Land, now: datetime, state: State
) -> None:
    offered()
    before = state()
    offer = Offer(kind=FIXED, price_micro=BDT, title="Again", lasts_secs=DAY_SECS)
    with pytest.raises(LandListed):
        open_listing(operation=uuid4(), seller_id=alice.pk, land_id=land.pk, offer=offer, now=now)
    with pytest.raises(LandListed):
        give_land(operation=uuid4(), player_id=alice.pk, land_id=land.pk, receiver_id=bob.pk, reason="", now=now)
    with pytest.raises(NotLandOwner):
        open_listing(operation=uuid4(), seller_id=bob.pk, land_id=land.pk, offer=offer, now=now)
    assert state() == before


def test_with_bids_a_listing_stays_as_it_is(
    offered: Offering, fund: Fund, alice: User, bob: User, root: User, now: datetime, bid: Callable[..., Bid]
) -> None:
    fund(500, bob)
    listing = offered()
    bid(listing, bob, 200)
    with pytest.raises(ListingHasBids):
        cancel_listing(listing_id=listing.pk, seller_id=alice.pk, now=now)
    with pytest.raises(ListingHasBids):
        edit_price(listing_id=listing.pk, seller_id=alice.pk, price_micro=BDT, now=now)
    removed = remove_listing(listing_id=listing.pk, administrator=root, reason="rude words", now=now)
    assert (removed.status, removed.removed_by, removed.removed_reason) == ("cancelled", root, "rude words")
    assert money(bob) == (500, 0)
    assert broken_invariants() == []


def test_listings_are_limited(offered: Offering, alice: User, now: datetime, settings: Any) -> None:
    settings.LISTINGS_MAX = 0
    with pytest.raises(TooManyListings):
        offered()


@pytest.mark.usefixtures("no_land_fee")
def test_a_gift_moves_the_parcel_and_is_recorded(
    own: Callable[..., None], alice: User, bob: User, land: Land, now: datetime
) -> None:
    own(alice, land)
    gift = give_land(
        operation=uuid4(), player_id=alice.pk, land_id=land.pk, receiver_id=bob.pk, reason="for you", now=now
    )
    land.refresh_from_db()
    assert (land.owner, gift.kind, gift.amount_micro, gift.payer, gift.payee) == (bob, Kind.GIFT, 0, bob, alice)
    assert Transaction.objects.get(pk=gift.pk).source == Source.MARKETPLACE
    assert broken_invariants() == []


def test_a_sale_is_refunded_once_by_rows_that_name_it(
    offered: Offering, fund: Fund, alice: User, bob: User, root: User, land: Land, now: datetime, state: State
) -> None:
    fund(100, bob)
    listing = offered(FIXED)
    sale = buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now)
    request = {"administrator_id": root.pk, "transaction_id": sale.pk, "reason": "fraud", "now": now}
    refund_sale(operation=uuid4(), **request)
    land.refresh_from_db()
    assert (land.owner, money(alice), money(bob)) == (alice, (0, 0), (100, 0))
    refunds = Transaction.objects.filter(corrects=sale).order_by("pk")
    assert [(each.payer, each.amount_micro // BDT) for each in refunds] == [(alice, 95), (None, 5)]
    assert broken_invariants() == []
    before = state()
    with pytest.raises(NotRefundable):
        refund_sale(operation=uuid4(), **request)
    assert state() == before


def test_far_from_comparable_prices_a_sale_is_flagged(offered: Offering, fund: Fund, bob: User, now: datetime) -> None:
    fund(10_000, bob)
    listing = offered(FIXED, price_micro=5_000 * BDT)
    sale = buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now)
    flag = Flag.objects.get()
    assert (flag.transaction_id, flag.comparable_micro) == (sale.pk, 150 * BDT)


def test_a_broken_owner_or_hold_is_found(
    offered: Offering, fund: Fund, bob: User, land: Land, now: datetime, bid: Callable[..., Bid]
) -> None:
    fund(500, bob)
    listing = offered()
    bid(listing, bob, 200)
    Listing.objects.filter(pk=listing.pk).update(top_max_micro=201 * BDT)
    Land.objects.filter(pk=land.pk).update(owner=bob)
    assert broken_invariants() == ["holds", "land"]
