"""Requests for land that version 0.1.0 carried out are replayed: its digests are still recognised."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from accounts.models import User
from core.errors import IdempotencyConflict
from marketplace.models import Bid, Land, Listing
from marketplace.sales.auctions import place_bid
from marketplace.sales.listings import Offer, open_listing
from marketplace.sales.ownership import give_land
from marketplace.sales.purchases import buy_listing
from marketplace.tests.conftest import BDT, DAY_SECS, Fund, Offering, State
from trading.ledger.requests import Request

OPERATION = UUID("00000000-0000-4000-8000-000000000012")


def test_offers_have_the_digests_of_version_0_1_0() -> None:
    auction = Offer(
        kind=Listing.Kind.AUCTION,
        price_micro=100 * BDT,
        title="By the river's end",
        lasts_secs=DAY_SECS,
        reserve_micro=150 * BDT,
    )
    fixed = Offer(Listing.Kind.FIXED_PRICE, 100 * BDT, "Mine", DAY_SECS, "Two\nlines")
    assert auction.request(4).former_digest(OPERATION) == UUID("db5cc096-2a51-501f-8a01-cbdcad360867")
    assert fixed.request(4).former_digest(OPERATION) == UUID("255be5e6-daa2-5d7d-8c35-e57c2b2f895f")


def test_a_listing_is_replayed(alice: User, land: Land, own: Callable[..., None], state: State, now: datetime) -> None:
    own(alice, land)
    asked: dict[str, Any] = {
        "operation": uuid4(), "seller_id": alice.pk, "land_id": land.pk, "now": now,
        "offer": Offer(Listing.Kind.AUCTION, 100 * BDT, "Mine", DAY_SECS),
    }  # fmt: skip
    first = open_listing(**asked)
    text = (
        f"('list', {land.pk}, Offer(kind=Listing.Kind.AUCTION, price_micro={100 * BDT}, title='Mine', "
        f"lasts_secs={DAY_SECS}, words='', buy_now_micro=None, reserve_micro=None))"
    )
    keep(first, asked["operation"], text)
    before = state()

    again = open_listing(**asked)

    assert (again.pk, again.is_replay, state()) == (first.pk, True, before)
    keep(first, asked["operation"], text + " ")
    with pytest.raises(IdempotencyConflict):
        open_listing(**asked)


def test_a_bid_is_replayed(offered: Offering, fund: Fund, bob: User, state: State, now: datetime) -> None:
    listing = offered()
    fund(500, bob)
    asked: dict[str, Any] = {
        "operation": uuid4(), "listing_id": listing.pk, "bidder_id": bob.pk, "max_micro": 120 * BDT, "now": now
    }  # fmt: skip
    first = place_bid(**asked)
    keep(first, asked["operation"], f"('bid', {listing.pk}, {120 * BDT})")
    before = state()

    again = place_bid(**asked)

    assert (again.pk, again.is_replay, state()) == (first.pk, True, before)


def test_a_purchase_and_a_gift_are_replayed(
    offered: Offering, fund: Fund, bob: User, carol: User, state: State, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = offered(Listing.Kind.FIXED_PRICE)
    fund(500, bob)
    bought: dict[str, Any] = {"operation": uuid4(), "listing_id": listing.pk, "buyer_id": bob.pk, "now": now}
    given: dict[str, Any] = {
        "operation": uuid4(), "player_id": bob.pk, "land_id": listing.land_id, "receiver_id": carol.pk,
        "reason": "yours", "now": now,
    }  # fmt: skip
    texts = [f"('buy listing', {listing.pk}, None)", f"('give land', {listing.land_id}, {carol.pk}, 'yours')"]
    with monkeypatch.context() as patched:
        patched.setattr(Request, "digest", lambda _, operation: uuid5(operation, texts.pop(0)))
        sale, gift = buy_listing(**bought), give_land(**given)
    before = state()

    assert (buy_listing(**bought), give_land(**given)) == (sale, gift)
    assert state() == before


def keep(made: Listing | Bid, operation: UUID, text: str) -> None:
    """Let a row have the digest of this text."""
    type(made)._default_manager.filter(pk=made.pk).update(request_digest=uuid5(operation, text))
