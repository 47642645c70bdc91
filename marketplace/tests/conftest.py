"""Fixtures for the tests of land: a small world, money, and the whole state to compare."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from attention.biomes import Biome
from marketplace.models import Bid, Flag, Land, Listing, Region
from marketplace.sales.auctions import place_bid
from marketplace.sales.listings import Offer, open_listing
from marketplace.sales.ownership import buy_from_world
from markets.economic_settings import change_settings

# Fixtures: clients of the stream.
from streams.tests.conftest import open_socket as open_socket
from streams.tests.conftest import own_log as own_log
from trading.invariants.rules import check_invariants
from trading.models import Transaction, Wallet
from trading.wallets.wallets import top_up

BDT = 1_000_000
DAY_SECS = 24 * 3600

Fund = Callable[..., None]
State = Callable[[], list[Any]]
Offering = Callable[..., Listing]


@pytest.fixture(autouse=True)
def land(markets: None) -> Land:
    """Make a parcel of plains at sea level: its base price is 150 BDT."""
    region = Region.objects.create(market_id=Biome.PLAINS, parcels=3)
    lands = [Land(x=x, y=0, market_id=Biome.PLAINS, region=region, elevation_m=0) for x in range(3)]
    return Land.objects.bulk_create(lands)[0]


@pytest.fixture
def no_land_fee(land: Land, now: datetime) -> None:
    """Set the land fee to 0 for tests about something else."""
    change_settings(changed_by=None, reason="for the story", now=now, land_fee_bps=0)


@pytest.fixture
def carol(db: None) -> User:
    """Create one more player."""
    return User.objects.create_user("carol", "carol@example.com")


@pytest.fixture
def fund(now: datetime) -> Fund:
    """Return a function that tops players up with an amount of BDT."""

    def give(amount_bdt: int, *players: User) -> None:
        for player in players:
            top_up(
                operation=uuid4(),
                initiator_id=player.pk,
                player_id=player.pk,
                amount_micro=amount_bdt * BDT,
                reason="for the story",
                now=now,
            )

    return give


@pytest.fixture
def own(fund: Fund, now: datetime) -> Callable[..., None]:
    """Return a function by which a player buys a parcel from the world, with money for it."""

    def give(player: User, parcel: Land) -> None:
        fund(150, player)
        buy_from_world(operation=uuid4(), player_id=player.pk, land_id=parcel.pk, now=now)

    return give


@pytest.fixture
def offered(alice: User, land: Land, own: Callable[..., None], now: datetime) -> Offering:
    """Return a function by which Alice offers the parcel: at a fixed price, or by auction, from 100 BDT on for a
    day.
    """

    def open_(kind: Listing.Kind = Listing.Kind.AUCTION, **terms: Any) -> Listing:
        own(alice, land)
        asked: dict[str, Any] = {"price_micro": 100 * BDT, "title": "By the river", "lasts_secs": DAY_SECS} | terms
        return open_listing(
            operation=uuid4(), seller_id=alice.pk, land_id=land.pk, offer=Offer(kind=kind, **asked), now=now
        )

    return open_


@pytest.fixture
def bid(now: datetime) -> Callable[..., Bid]:
    """Return a function that bids up to an amount of BDT."""

    def place(listing: Listing, player: User, max_bdt: float, at: datetime = now) -> Bid:
        return place_bid(
            operation=uuid4(), listing_id=listing.pk, bidder_id=player.pk, max_micro=int(max_bdt * BDT), now=at
        )

    return place


@pytest.fixture
def state() -> State:
    """Return a function that reads everything a deal in land could change, to show that a refusal changed nothing."""

    def read() -> list[Any]:
        models = (Wallet, Transaction, Land, Listing, Bid, Flag)
        return [list(model.objects.order_by("pk").values()) for model in models]

    return read


def money(player: User) -> tuple[int, int]:
    """Return a player's balance and held money, in whole BDT, rounded down."""
    wallet = Wallet.objects.get(pk=player.pk)
    return wallet.balance_micro // BDT, wallet.held_micro // BDT


def broken_invariants() -> list[str]:
    """Return the names of the invariants that are broken."""
    return [invariant.name for invariant in check_invariants(recomputed_cycles=10) if not invariant.holds]
