"""Concurrent auctions, in real threads. Each race has a control that shows it with the lock off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.db.models import Sum

from accounts.models import User
from core.errors import BidTooLow, BuyNowGone, ListingClosed, ListingHasBids
from marketplace.models import Bid, Land, Listing
from marketplace.sales.auctions import place_bid, settle_ended, settle_listing
from marketplace.sales.listings import Offer, cancel_listing, open_listing
from marketplace.sales.purchases import buy_listing
from marketplace.tests.conftest import BDT, DAY_SECS, Fund, Offering, broken_invariants, money
from marketplace.tests.rivals import meet_after, unlock
from tests.fixtures import Interpose, RunTogether, StartThread, UntilBlocked
from trading.models import Kind, Transaction, Wallet

pytestmark = pytest.mark.django_db(transaction=True)

BIDDERS = 50
LOCKS = (
    "marketplace.sales.auctions.listing_locked",
    "marketplace.sales.purchases.listing_locked",
    "marketplace.sales.listings.listing_locked",
)

Act = Callable[[], Any]


@pytest.fixture
def bids(now: datetime) -> Callable[..., Act]:
    """Return an action that bids."""

    def prepared(listing: Listing, player: User, max_bdt: int, at: datetime = now) -> Act:
        request = {"listing_id": listing.pk, "bidder_id": player.pk, "max_micro": max_bdt * BDT, "now": at}
        return lambda: place_bid(operation=uuid4(), **request)

    return prepared


@pytest.fixture
def buys(now: datetime) -> Callable[..., Act]:
    """Return an action that buys at the buy-now price."""
    return lambda listing, player: (
        lambda: buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=player.pk, now=now)
    )


# --- Bids ------------------------------------------------------------------------------------------------------------


def test_of_fifty_bidders_at_once_one_leads_and_only_that_one_s_money_is_held(
    offered: Offering, fund: Fund, bids: Callable[..., Act], run_together: RunTogether, settings: Any
) -> None:
    # All of them wait for one row, on whatever machine this is.
    settings.LOCK_TIMEOUT_MS = 30_000
    listing = offered()
    bidders = [User.objects.create_user(f"bidder-{number}", f"{number}@example.com") for number in range(BIDDERS)]
    fund(10_000, *bidders)
    # Each could beat all before: by more than a step.
    maxima = [round(100 * 1.06**number) for number in range(BIDDERS)]

    results = run_together([bids(listing, bidder, most) for bidder, most in zip(bidders, maxima, strict=True)])

    assert {type(result) for result in results} <= {Bid, BidTooLow}
    listing.refresh_from_db()
    made = [result for result in results if isinstance(result, Bid)]
    assert listing.bids_count == len(made) == Bid.objects.count()
    assert (listing.top_bidder, listing.top_max_micro) == (bidders[-1], maxima[-1] * BDT)
    assert money(bidders[-1]) == (10_000 - maxima[-1], maxima[-1])
    assert Wallet.objects.aggregate(held=Sum("held_micro"))["held"] == maxima[-1] * BDT
    assert broken_invariants() == []


def test_control_without_the_listing_s_lock_two_lead_and_one_s_money_is_held_for_nothing(
    offered: Offering, fund: Fund, bob: User, carol: User, bids: Callable[..., Act], run_together: RunTogether,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    listing = offered()
    fund(500, bob, carol)
    unlock(monkeypatch, *LOCKS)
    meet_after(monkeypatch, LOCKS[0])

    results = run_together([bids(listing, bob, 200), bids(listing, carol, 300)])

    assert [result.is_leading for result in results] == [True, True]
    assert broken_invariants() == ["holds"]


# --- Buy-now against a bid -------------------------------------------------------------------------------------------


def test_buy_now_and_a_bid_at_once_take_their_turns(
    offered: Offering, fund: Fund, bob: User, carol: User, land: Land, bids: Callable[..., Act],
    buys: Callable[..., Act], run_together: RunTogether,
) -> None:  # fmt: skip
    listing = offered(buy_now_micro=400 * BDT)
    fund(500, bob, carol)

    bid, sale = run_together([bids(listing, bob, 300), buys(listing, carol)])

    assert isinstance(bid, Bid | ListingClosed)
    assert isinstance(sale, Transaction)
    listing.refresh_from_db()
    land.refresh_from_db()
    assert (listing.status, listing.sold_micro, land.owner) == (Listing.Status.SOLD, 400 * BDT, carol)
    assert (money(bob), money(carol)) == ((500, 0), (100, 0))
    assert broken_invariants() == []


def test_a_bid_that_reaches_buy_now_while_it_is_taken_is_too_late_or_leads(
    offered: Offering, fund: Fund, bob: User, carol: User, bids: Callable[..., Act], buys: Callable[..., Act],
    bid: Callable[..., Bid], run_together: RunTogether,
) -> None:  # fmt: skip
    listing = offered(buy_now_micro=250 * BDT)
    fund(500, bob, carol)
    bid(listing, bob, 240)

    rival, sale = run_together([bids(listing, carol, 400), buys(listing, bob)])

    listing.refresh_from_db()
    if isinstance(rival, Bid):
        assert isinstance(sale, BuyNowGone)
        assert (listing.top_bidder, listing.price_micro) == (carol, 252 * BDT)
    else:
        assert isinstance(rival, ListingClosed)
        assert (sale.kind, listing.status) == (Kind.BUY_NOW, Listing.Status.SOLD)
    assert broken_invariants() == []


def test_control_without_the_listing_s_lock_what_is_sold_is_bid_on(
    offered: Offering, fund: Fund, bob: User, carol: User, bids: Callable[..., Act], buys: Callable[..., Act],
    run_together: RunTogether, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    listing = offered(buy_now_micro=400 * BDT)
    fund(500, bob, carol)
    unlock(monkeypatch, *LOCKS)
    meet_after(monkeypatch, *LOCKS[:2])

    bid, sale = run_together([bids(listing, bob, 300), buys(listing, carol)])

    assert (type(bid), type(sale)) == (Bid, Transaction)
    assert money(bob) == (200, 300)
    assert broken_invariants() == ["holds"]


# --- The end ---------------------------------------------------------------------------------------------------------


def test_two_workers_and_a_form_settle_once(
    offered: Offering, fund: Fund, alice: User, bob: User, land: Land, bid: Callable[..., Bid], now: datetime,
    run_together: RunTogether,
) -> None:  # fmt: skip
    listing = offered()
    fund(500, bob)
    bid(listing, bob, 300)
    over = now + timedelta(seconds=DAY_SECS)

    worker: list[Act] = [lambda: settle_ended(now=over, at_most=10)]
    look: list[Act] = [lambda: settle_listing(listing_id=listing.pk, now=over)]
    *settled, first, second = run_together(worker * 2 + look * 2)

    assert sum(settled) <= 1
    assert [seen.status for seen in (first, second)] == [Listing.Status.SOLD] * 2
    land.refresh_from_db()
    assert land.owner == bob
    assert Transaction.objects.filter(kind=Kind.AUCTION).count() == 1
    assert (money(alice), money(bob)) == ((95, 0), (400, 0))
    assert broken_invariants() == []


def test_workers_share_what_has_ended(
    fund: Fund, alice: User, own: Callable[..., None], now: datetime, run_after: Interpose, in_thread: StartThread
) -> None:
    """While one worker settles a listing, another skips it: none waits."""
    for parcel in Land.objects.all():
        own(alice, parcel)
        _auction(alice, parcel, now)
    over = now + timedelta(seconds=2 * DAY_SECS)
    others: list[int] = []
    run_after(
        "marketplace.sales.auctions.ended_listing_claimed",
        lambda: others.append(in_thread(lambda: settle_ended(now=over, at_most=10)).result(10)),
    )

    assert settle_ended(now=over, at_most=10) == 1

    assert others == [2]
    assert set(Listing.objects.values_list("status", flat=True)) == {Listing.Status.EXPIRED}


def test_control_without_the_lock_only_the_database_s_constraints_keep_it_from_being_settled_twice(
    offered: Offering, fund: Fund, bob: User, bid: Callable[..., Bid], now: datetime, run_together: RunTogether,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    listing = offered()
    fund(500, bob)
    bid(listing, bob, 300)
    over = now + timedelta(seconds=DAY_SECS)
    monkeypatch.setattr(
        "marketplace.sales.auctions.ended_listing_claimed",
        lambda _now, **_: Listing.objects.filter(status="active").first(),
    )
    meet_after(monkeypatch, "marketplace.sales.auctions.ended_listing_claimed")

    results = run_together([lambda: settle_ended(now=over, at_most=1)] * 2)

    assert sorted(results) == [0, 1]
    [record] = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is IntegrityError


def test_control_without_the_lock_what_is_held_is_freed_twice(
    offered: Offering, fund: Fund, alice: User, bob: User, own: Callable[..., None], bid: Callable[..., Bid],
    now: datetime, run_together: RunTogether, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Without the lock, money held by an auction whose reserve is not met is freed twice.

    No transaction tells the two apart then; bob leads elsewhere, so that there is money to free.
    """
    listing = offered(reserve_micro=400 * BDT)
    other = Land.objects.last()
    assert other is not None
    own(alice, other)
    fund(700, bob)
    bid(listing, bob, 300)
    bid(_auction(alice, other, now), bob, 350)
    over = now + timedelta(seconds=DAY_SECS)
    unlock(monkeypatch, *LOCKS)
    meet_after(monkeypatch, LOCKS[0])

    run_together([lambda: settle_listing(listing_id=listing.pk, now=over)] * 2)

    assert money(bob) == (650, 50)
    assert broken_invariants() == ["holds"]


def test_a_bid_at_the_end_and_the_settlement_take_their_turns(
    offered: Offering, fund: Fund, bob: User, carol: User, bids: Callable[..., Act], bid: Callable[..., Bid],
    now: datetime, run_together: RunTogether,
) -> None:  # fmt: skip
    """Either the last bid moved the end, and the settlement finds nothing to do, or it came too late."""
    listing = offered()
    fund(500, bob, carol)
    bid(listing, bob, 200)
    over = now + timedelta(seconds=DAY_SECS)

    last, settled = run_together(
        [bids(listing, carol, 300, at=over - timedelta(seconds=1)), lambda: settle_ended(now=over, at_most=10)]
    )

    listing.refresh_from_db()
    if isinstance(last, Bid):
        assert (settled, listing.status, listing.top_bidder) == (0, Listing.Status.ACTIVE, carol)
        assert listing.ends_at == over + timedelta(seconds=299)
    else:
        assert isinstance(last, ListingClosed)
        assert (settled, listing.status, listing.top_bidder) == (1, Listing.Status.SOLD, bob)
    assert broken_invariants() == []


# --- The seller cancels ----------------------------------------------------------------------------------------------


def test_a_bid_that_came_first_keeps_the_seller_from_cancelling(
    offered: Offering, fund: Fund, alice: User, bob: User, bid: Callable[..., Bid], now: datetime,
    run_after: Interpose, in_thread: StartThread, until_blocked: UntilBlocked,
) -> None:  # fmt: skip
    listing = offered()
    fund(500, bob)
    cancelling: list[Any] = []

    def cancel() -> None:
        cancelling.append(in_thread(lambda: cancel_listing(listing_id=listing.pk, seller_id=alice.pk, now=now)))
        until_blocked()

    run_after("marketplace.sales.auctions.listing_locked", cancel)
    assert bid(listing, bob, 200).is_leading

    with pytest.raises(ListingHasBids):
        cancelling[0].result(10)
    assert money(bob) == (300, 200)
    assert broken_invariants() == []


def test_a_bid_on_what_is_being_cancelled_comes_too_late(
    offered: Offering, fund: Fund, alice: User, bob: User, bids: Callable[..., Act], now: datetime,
    run_after: Interpose, in_thread: StartThread, until_blocked: UntilBlocked,
) -> None:  # fmt: skip
    listing = offered()
    fund(500, bob)
    bidding: list[Any] = []

    def bid() -> None:
        bidding.append(in_thread(bids(listing, bob, 200)))
        until_blocked()

    run_after("marketplace.sales.listings.listing_locked", bid)
    cancel_listing(listing_id=listing.pk, seller_id=alice.pk, now=now)

    with pytest.raises(ListingClosed):
        bidding[0].result(10)
    assert money(bob) == (500, 0)
    assert broken_invariants() == []


def test_control_without_the_listing_s_lock_money_is_held_for_what_was_cancelled(
    offered: Offering, fund: Fund, alice: User, bob: User, bids: Callable[..., Act], now: datetime,
    run_together: RunTogether, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    listing = offered()
    fund(500, bob)
    unlock(monkeypatch, *LOCKS)
    meet_after(monkeypatch, LOCKS[0], LOCKS[2])

    bid, cancelled = run_together(
        [bids(listing, bob, 200), lambda: cancel_listing(listing_id=listing.pk, seller_id=alice.pk, now=now)]
    )

    assert (type(bid), cancelled.status) == (Bid, Listing.Status.CANCELLED)
    assert broken_invariants() == ["holds"]


def _auction(seller: User, parcel: Land, now: datetime) -> Listing:
    offer = Offer(kind=Listing.Kind.AUCTION, price_micro=100 * BDT, title="By the sea", lasts_secs=2 * DAY_SECS)
    return open_listing(operation=uuid4(), seller_id=seller.pk, land_id=parcel.pk, offer=offer, now=now)
