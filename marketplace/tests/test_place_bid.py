"""Bids hold money while they lead, and free it at once when they are beaten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from core.errors import (
    AccountClosed,
    BidTooLow,
    DomainError,
    IdempotencyConflict,
    InsufficientFunds,
    ListingClosed,
    MarketplacePaused,
    OwnListing,
    TooManyParcels,
)
from marketplace.models import Bid, Land, Listing
from marketplace.sales.auctions import place_bid, settle_ended, settle_listing
from marketplace.tests.conftest import BDT, DAY_SECS, Fund, Offering, State, broken_invariants, money
from markets.economic_settings import change_settings
from trading.models import Kind, Transaction, Wallet

pytestmark = pytest.mark.django_db(transaction=True)

Place = Callable[..., Bid]


def test_the_leader_s_money_is_held(offered: Offering, fund: Fund, bob: User, bid: Place) -> None:
    fund(500, bob)
    listing = offered()
    assert bid(listing, bob, 300).is_leading
    listing.refresh_from_db()
    assert (listing.price_micro, listing.top_bidder, listing.bids_count) == (100 * BDT, bob, 1)
    assert money(bob) == (200, 300)
    assert broken_invariants() == []


def test_outbid_it_is_free_again(offered: Offering, fund: Fund, bob: User, carol: User, bid: Place) -> None:
    fund(500, bob, carol)
    listing = offered()
    bid(listing, bob, 200)
    assert bid(listing, carol, 300).price_micro == 210 * BDT
    assert (money(bob), money(carol)) == ((500, 0), (200, 300))
    assert not bid(listing, bob, 250).is_leading
    assert (money(bob), money(carol)) == ((500, 0), (200, 300))
    assert broken_invariants() == []


def test_a_raise_holds_the_difference(offered: Offering, fund: Fund, bob: User, bid: Place) -> None:
    fund(500, bob)
    listing = offered()
    bid(listing, bob, 200)
    bid(listing, bob, 500)
    assert money(bob) == (0, 500)


def test_the_same_request_bids_once(offered: Offering, fund: Fund, bob: User, now: datetime, state: State) -> None:
    fund(500, bob)
    listing, operation = offered(), uuid4()
    request = {"operation": operation, "listing_id": listing.pk, "bidder_id": bob.pk, "now": now}
    first = place_bid(max_micro=200 * BDT, **request)
    before = state()
    assert place_bid(max_micro=200 * BDT, **request) == first
    with pytest.raises(IdempotencyConflict):
        place_bid(max_micro=250 * BDT, **request)
    assert state() == before


@pytest.mark.parametrize(
    ("who", "max_bdt", "refusal"),
    [
        ("alice", 200, OwnListing),
        ("bob", 99.999999, BidTooLow),
        ("bob", 500.000001, InsufficientFunds),
    ],
)
def test_refusals_change_nothing(
    offered: Offering, fund: Fund, alice: User, bob: User, bid: Place, state: State,
    who: str, max_bdt: float, refusal: type[DomainError],
) -> None:  # fmt: skip
    fund(500, alice, bob)
    listing, before = offered(), []
    before = state()
    with pytest.raises(refusal):
        bid(listing, {"alice": alice, "bob": bob}[who], max_bdt)
    assert state() == before


def test_the_next_bid_is_a_step_higher(
    offered: Offering, fund: Fund, bob: User, carol: User, bid: Place, state: State
) -> None:
    fund(500, bob, carol)
    listing = offered()
    bid(listing, bob, 100)
    before = state()
    with pytest.raises(BidTooLow):
        bid(listing, carol, 104.999999)
    with pytest.raises(BidTooLow):
        bid(listing, bob, 100)
    assert state() == before
    assert bid(listing, carol, 105).is_leading


def test_nobody_bids_beyond_the_parcels_allowed(
    offered: Offering, fund: Fund, bob: User, bid: Place, state: State, settings: Any
) -> None:
    fund(500, bob)
    listing = offered()
    settings.LAND_PARCELS_MAX = 0
    before = state()
    with pytest.raises(TooManyParcels):
        bid(listing, bob, 200)
    assert state() == before


def test_paused_or_closed_nobody_bids(
    offered: Offering, fund: Fund, bob: User, carol: User, bid: Place, state: State, now: datetime
) -> None:
    fund(500, bob, carol)
    listing = offered()
    User.objects.filter(pk=carol.pk).update(is_active=False)
    before = state()
    with pytest.raises(AccountClosed):
        bid(listing, carol, 200)
    change_settings(changed_by=None, reason="for the story", now=now, marketplace_paused=True)
    with pytest.raises(MarketplacePaused):
        bid(listing, bob, 200)
    assert state() == before


def test_a_late_bid_moves_the_end_but_not_beyond_the_cap(
    offered: Offering, fund: Fund, bob: User, carol: User, bid: Place, now: datetime, settings: Any
) -> None:
    settings.AUCTION_EXTENDED_SECS_MAX = 360
    fund(10_000, bob, carol)
    listing = offered()
    end = now + timedelta(seconds=DAY_SECS)
    bid(listing, bob, 200, at=end - timedelta(seconds=300))
    listing.refresh_from_db()
    assert listing.ends_at == end
    bid(listing, carol, 300, at=end - timedelta(seconds=1))
    listing.refresh_from_db()
    assert listing.ends_at == end + timedelta(seconds=299)
    bid(listing, bob, 400, at=end + timedelta(seconds=298))
    listing.refresh_from_db()
    assert listing.ends_at == end + timedelta(seconds=360)
    with pytest.raises(ListingClosed):
        bid(listing, carol, 900, at=end + timedelta(seconds=360))


def test_the_winner_pays_what_is_needed_from_what_is_held(
    offered: Offering, fund: Fund, alice: User, bob: User, carol: User, land: Land, bid: Place, now: datetime
) -> None:
    fund(500, bob, carol)
    listing = offered()
    bid(listing, bob, 200)
    bid(listing, carol, 400)
    over = now + timedelta(seconds=DAY_SECS)
    assert settle_ended(now=over - timedelta(seconds=1), at_most=10) == 0
    assert settle_ended(now=over, at_most=10) == 1
    listing.refresh_from_db()
    land.refresh_from_db()
    assert (listing.status, listing.sold_micro, land.owner) == (Listing.Status.SOLD, 210 * BDT, carol)
    assert (money(bob), money(carol)) == ((500, 0), (290, 0))
    assert Wallet.objects.get(pk=alice.pk).balance_micro == 210 * BDT * 95 // 100
    sale = Transaction.objects.latest("pk")
    assert (sale.kind, sale.payer, sale.payee, sale.listing_id) == (Kind.AUCTION, carol, alice, listing.pk)
    assert (sale.amount_micro, sale.fee_micro) == (210 * BDT, 210 * BDT * 5 // 100)
    settle_listing(listing_id=listing.pk, now=over)
    assert Transaction.objects.latest("pk") == sale
    assert broken_invariants() == []


@pytest.mark.parametrize("bids", [[], [249]])
def test_without_a_bid_or_below_the_reserve_nothing_moves(
    offered: Offering, fund: Fund, alice: User, bob: User, land: Land, bid: Place, now: datetime, bids: list[float]
) -> None:
    fund(500, bob)
    listing = offered(reserve_micro=250 * BDT)
    for amount in bids:
        bid(listing, bob, amount)
    transactions = Transaction.objects.count()
    settled = settle_listing(listing_id=listing.pk, now=now + timedelta(seconds=DAY_SECS))
    land.refresh_from_db()
    assert (settled.status, land.owner) == (Listing.Status.EXPIRED, alice)
    assert money(bob) == (500, 0)
    assert Transaction.objects.count() == transactions
    assert broken_invariants() == []
