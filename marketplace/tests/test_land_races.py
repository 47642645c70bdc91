"""Concurrent deals in one parcel, in real threads. Each race has a control with the lock off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from core.errors import LandListed, LandTaken, ListingClosed, NotLandOwner, NotRefundable, PriceMoved, TooManyParcels
from marketplace.models import Land, Listing
from marketplace.sales.listings import Offer, edit_price, open_listing
from marketplace.sales.ownership import buy_from_world, give_land
from marketplace.sales.purchases import buy_listing, refund_sale
from marketplace.tests.conftest import BDT, DAY_SECS, Fund, Offering, broken_invariants, money
from marketplace.tests.rivals import meet_after, unlock
from tests.fixtures import RunTogether
from trading.models import Kind, Transaction

pytestmark = pytest.mark.django_db(transaction=True)

LAND_LOCKS = ("marketplace.sales.ownership.land_locked", "marketplace.sales.purchases.land_locked")
LISTING_LOCKS = ("marketplace.sales.listings.listing_locked", "marketplace.sales.purchases.listing_locked")

Act = Callable[[], Any]


@pytest.fixture
def take(now: datetime) -> Callable[..., Act]:
    """Return an action that buys from the world."""
    return lambda player, parcel: (
        lambda: buy_from_world(operation=uuid4(), player_id=player.pk, land_id=parcel.pk, now=now)
    )


@pytest.fixture
def give(now: datetime) -> Callable[..., Act]:
    """Return an action that gives a parcel away."""
    return lambda player, parcel, receiver: (
        lambda: give_land(
            operation=uuid4(), player_id=player.pk, land_id=parcel.pk, receiver_id=receiver.pk, reason="", now=now
        )
    )


@pytest.fixture
def offer(now: datetime) -> Callable[..., Act]:
    """Return an action that offers a parcel at 100 BDT."""
    terms = Offer(kind=Listing.Kind.FIXED_PRICE, price_micro=100 * BDT, title="By the river", lasts_secs=DAY_SECS)

    def prepared(player: User, parcel: Land) -> Act:
        operation = uuid4()
        return lambda: open_listing(operation=operation, seller_id=player.pk, land_id=parcel.pk, offer=terms, now=now)

    return prepared


@pytest.fixture
def buy(now: datetime) -> Callable[..., Act]:
    """Return an action that buys a listing at 100 BDT at most."""
    return lambda player, listing: (
        lambda: buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=player.pk, most_micro=100 * BDT, now=now)
    )


@pytest.fixture
def refund(now: datetime, root: User) -> Callable[..., Act]:
    """Return an action that refunds a sale."""
    return lambda sale: (
        lambda: refund_sale(
            operation=uuid4(), administrator_id=root.pk, transaction_id=sale.pk, reason="wrong", now=now
        )
    )


def kinds(results: list[Any]) -> list[str]:
    """Return the names of the results' types, sorted."""
    return sorted(type(result).__name__ for result in results)


# --- The world's parcels ---------------------------------------------------------------------------------------------


def test_a_parcel_of_the_world_is_sold_to_one_of_two(
    fund: Fund, alice: User, bob: User, land: Land, take: Callable[..., Act], run_together: RunTogether
) -> None:
    fund(500, alice, bob)

    results = run_together([take(alice, land), take(bob, land)])

    assert kinds(results) == [LandTaken.__name__, Transaction.__name__]
    land.refresh_from_db()
    [sale] = Transaction.objects.filter(land_id=land.pk)
    assert land.owner_id == sale.payer_id
    assert sorted([money(alice), money(bob)]) == [(350, 0), (500, 0)]
    assert broken_invariants() == []


def test_control_without_the_parcel_s_lock_both_pay(
    fund: Fund, alice: User, bob: User, land: Land, take: Callable[..., Act], run_together: RunTogether,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    fund(500, alice, bob)
    unlock(monkeypatch, *LAND_LOCKS)
    meet_after(monkeypatch, LAND_LOCKS[0])

    run_together([take(alice, land), take(bob, land)])

    assert (money(alice), money(bob)) == ((350, 0), (350, 0))


def test_nobody_gets_more_parcels_than_allowed_by_buying_and_being_given_at_once(
    fund: Fund, alice: User, bob: User, carol: User, own: Callable[..., None], take: Callable[..., Act],
    give: Callable[..., Act], run_together: RunTogether, settings: Any,
) -> None:  # fmt: skip
    first, second, third = Land.objects.order_by("pk")
    own(alice, third)
    fund(500, alice)
    fund(500, bob)
    settings.LAND_PARCELS_MAX = 1

    results = run_together([take(bob, first), take(bob, second), give(alice, third, bob)])

    assert kinds(results) == [TooManyParcels.__name__] * 2 + [Transaction.__name__]
    assert Land.objects.filter(owner=bob).count() == 1
    assert broken_invariants() == []


def test_control_without_the_wallet_s_lock_more_parcels_are_bought_than_allowed(
    fund: Fund, bob: User, take: Callable[..., Act], run_together: RunTogether, settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    first, second, _third = Land.objects.order_by("pk")
    fund(500, bob)
    settings.LAND_PARCELS_MAX = 1
    unlock(monkeypatch, "marketplace.sales.ownership.players_wallets_locked")
    meet_after(monkeypatch, "marketplace.sales.ownership.check_room_for_parcel")

    run_together([take(bob, first), take(bob, second)])

    assert Land.objects.filter(owner=bob).count() == 2


# --- Gifts and listings ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_land_fee")
def test_a_parcel_is_given_or_offered(
    alice: User, bob: User, fund: Fund, own: Callable[..., None], land: Land, give: Callable[..., Act],
    offer: Callable[..., Act], run_together: RunTogether,
) -> None:  # fmt: skip
    own(alice, land)

    given, offered = run_together([give(alice, land, bob), offer(alice, land)])

    assert (type(given), type(offered)) in [(Transaction, NotLandOwner), (LandListed, Listing)]
    land.refresh_from_db()
    listed = Listing.objects.filter(status=Listing.Status.ACTIVE)
    assert (land.owner, listed.count()) == ((bob, 0) if isinstance(given, Transaction) else (alice, 1))
    assert broken_invariants() == []


@pytest.mark.usefixtures("no_land_fee")
def test_control_without_the_parcel_s_lock_what_was_given_is_offered(
    alice: User, bob: User, own: Callable[..., None], land: Land, give: Callable[..., Act],
    offer: Callable[..., Act], run_together: RunTogether, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    own(alice, land)
    unlock(monkeypatch, *LAND_LOCKS)
    meet_after(monkeypatch, "marketplace.sales.ownership.lock_own_land", "marketplace.sales.listings.lock_own_land")

    run_together([give(alice, land, bob), offer(alice, land)])

    listing = Listing.objects.select_related("land").get(status=Listing.Status.ACTIVE)
    assert (listing.seller, listing.land.owner) == (alice, bob)


def test_the_same_request_twice_at_once_offers_once(
    alice: User, own: Callable[..., None], land: Land, offer: Callable[..., Act], run_together: RunTogether
) -> None:
    own(alice, land)

    first, second = run_together([offer(alice, land)] * 2)

    assert first == second == Listing.objects.get()


# --- Prices ----------------------------------------------------------------------------------------------------------


def test_a_buyer_pays_the_price_that_was_seen_or_nothing(
    offered: Offering, fund: Fund, alice: User, bob: User, now: datetime, buy: Callable[..., Act],
    run_together: RunTogether,
) -> None:  # fmt: skip
    listing = offered(Listing.Kind.FIXED_PRICE)
    fund(500, bob)

    sale, edited = run_together([buy(bob, listing), _edit(listing, alice, now)])

    listing.refresh_from_db()
    if isinstance(sale, Transaction):
        assert isinstance(edited, ListingClosed)
        assert (listing.price_micro, listing.sold_micro, money(bob)) == (100 * BDT, 100 * BDT, (400, 0))
    else:
        assert isinstance(sale, PriceMoved)
        assert (listing.price_micro, listing.status, money(bob)) == (150 * BDT, Listing.Status.ACTIVE, (500, 0))
    assert broken_invariants() == []


def test_control_without_the_listing_s_lock_the_price_of_what_is_sold_changes(
    offered: Offering, fund: Fund, alice: User, bob: User, now: datetime, buy: Callable[..., Act],
    run_together: RunTogether, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    listing = offered(Listing.Kind.FIXED_PRICE)
    fund(500, bob)
    unlock(monkeypatch, *LISTING_LOCKS)
    meet_after(monkeypatch, *LISTING_LOCKS)

    run_together([buy(bob, listing), _edit(listing, alice, now)])

    listing.refresh_from_db()
    assert (listing.price_micro, listing.sold_micro) == (150 * BDT, 100 * BDT)


# --- Refunds ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def sold(offered: Offering, fund: Fund, bob: User, buy: Callable[..., Act]) -> Transaction:
    """Sell Alice's parcel to Bob for 100 BDT."""
    fund(500, bob)
    sale = buy(bob, offered(Listing.Kind.FIXED_PRICE))()
    assert isinstance(sale, Transaction)
    return sale


def test_a_sale_is_refunded_once(sold: Transaction, fund: Fund, alice: User, bob: User, refund: Callable[..., Act],
    run_together: RunTogether,
) -> None:  # fmt: skip
    fund(500, alice)

    results = run_together([refund(sold)] * 2)

    assert kinds(results) == [NotRefundable.__name__, Transaction.__name__]
    assert (money(alice), money(bob)) == ((500, 0), (500, 0))
    assert broken_invariants() == []


def test_a_parcel_is_refunded_or_goes_on_to_others(
    sold: Transaction, fund: Fund, alice: User, bob: User, carol: User, land: Land, refund: Callable[..., Act],
    give: Callable[..., Act], run_together: RunTogether,
) -> None:  # fmt: skip
    refunded, given = run_together([refund(sold), give(bob, land, carol)])

    assert (type(refunded), type(given)) in [(Transaction, NotLandOwner), (NotRefundable, Transaction)]
    land.refresh_from_db()
    assert land.owner == (alice if isinstance(refunded, Transaction) else carol)
    assert broken_invariants() == []


def test_a_resale_is_bought_and_the_sale_before_it_is_not_refunded(
    sold: Transaction, fund: Fund, bob: User, carol: User, land: Land, refund: Callable[..., Act],
    offer: Callable[..., Act], buy: Callable[..., Act], run_together: RunTogether,
) -> None:  # fmt: skip
    fund(500, carol)
    resale = offer(bob, land)()

    refunded, bought = run_together([refund(sold), buy(carol, resale)])

    assert (type(refunded), type(bought)) == (NotRefundable, Transaction)
    land.refresh_from_db()
    assert land.owner == carol
    assert broken_invariants() == []


def test_control_without_the_parcel_s_lock_what_goes_back_is_offered(
    sold: Transaction, alice: User, bob: User, land: Land, refund: Callable[..., Act], offer: Callable[..., Act],
    run_together: RunTogether, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    unlock(monkeypatch, *LAND_LOCKS)
    meet_after(
        monkeypatch, "marketplace.sales.listings.lock_own_land", "marketplace.sales.purchases.players_wallets_locked"
    )
    monkeypatch.setattr("marketplace.sales.listings.players_wallets_locked", lambda ids, **_: {bob.pk: bob.wallet})

    run_together([refund(sold), offer(bob, land)])

    listing = Listing.objects.select_related("land").get(status=Listing.Status.ACTIVE)
    assert (listing.seller, listing.land.owner) == (bob, alice)


def test_control_without_the_parcel_s_lock_a_sale_is_refunded_twice(
    sold: Transaction, fund: Fund, alice: User, refund: Callable[..., Act], run_together: RunTogether,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    fund(500, alice)
    unlock(monkeypatch, *LAND_LOCKS, "marketplace.sales.purchases.players_wallets_locked")
    meet_after(monkeypatch, "marketplace.sales.purchases.players_wallets_locked")

    run_together([refund(sold)] * 2)

    assert Transaction.objects.filter(corrects=sold, kind=Kind.REFUND).count() == 4
    assert money(alice) == (405, 0)


def _edit(listing: Listing, seller: User, now: datetime) -> Act:
    return lambda: edit_price(listing_id=listing.pk, seller_id=seller.pk, price_micro=150 * BDT, now=now)
