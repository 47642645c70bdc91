"""A small exchange to attack, with its players and its attackers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.utils import timezone

from accounts.models import SignIn, User
from accounts.registration import register_player
from accounts.sign_ins.devices import Client
from accounts.sign_ins.tokens import issue_tokens
from accounts.tests.cast import PASSWORD
from attention.biomes import Biome
from marketplace.models import Land, Listing, Region, World
from marketplace.sales.auctions import place_bid
from marketplace.sales.listings import Offer, open_listing
from marketplace.sales.ownership import buy_from_world
from markets.management.opening import open_markets
from trading.orders.market_orders import buy_shares
from trading.wallets.wallets import top_up, transfer

BDT = SHARE = 1_000_000
DAY_SECS = 24 * 3600


#: What only the other player, those who deal with that player and administrators may read.
SECRETS = ("other@example.org", "between the two of us", ".535353", "203.0.113.77")
#: The most that bidders would pay.
SECRET_MAX_MICRO = 200_535_353


@dataclass(frozen=True)
class Exchange:
    """Two players have money, shares, land, listings and bids; the stranger has an account and nothing else."""

    player: User
    other: User
    stranger: User
    administrator: User


@pytest.fixture
def exchange(db: None, settings: Any) -> Iterator[Exchange]:
    """Set up seven markets, sixteen parcels and the players, as of a minute ago. Celery tasks run at once."""
    from markets.economic_settings import settings_version

    # The test's one transaction may be silent for long, where a request's own must not.
    settings.TRANSACTION_SILENT_MS = 0
    settings_version.cache_clear()
    now = timezone.now() - timedelta(minutes=1)
    open_markets(now=now)
    lands = _parcels(now)
    player, other, stranger = (_registered(name) for name in ("player", "other", "stranger"))
    administrator = User.objects.create_superuser("administrator", "administrator@example.org", PASSWORD)
    for someone, parcels in ((player, lands[:2]), (other, lands[2:4])):
        _endow(someone, parcels, administrator, now)
    asked: dict[str, Any] = {"price_micro": 100 * BDT, "title": "By the river", "words": "", "lasts_secs": DAY_SECS}
    for seller, parcel, kind, bidder in (
        (player, lands[0], Listing.Kind.FIXED_PRICE, None),
        (player, lands[1], Listing.Kind.AUCTION, other),
        (other, lands[2], Listing.Kind.FIXED_PRICE, None),
        (other, lands[3], Listing.Kind.AUCTION, player),
    ):
        terms = Offer(kind=kind, **asked)
        listing = open_listing(operation=uuid4(), seller_id=seller.pk, land_id=parcel.pk, offer=terms, now=now)
        if bidder is not None:
            place_bid(
                operation=uuid4(), listing_id=listing.pk, bidder_id=bidder.pk, max_micro=SECRET_MAX_MICRO, now=now
            )
    transfer(operation=uuid4(), player_id=other.pk, payee_id=player.pk, amount_micro=BDT, reason=SECRETS[1], now=now)
    SignIn.objects.create(
        player=other, address=SECRETS[3], began_at=now, seen_at=now, until=now + timedelta(days=1), device="a telephone"
    )
    current_app.conf.task_always_eager = True
    yield Exchange(player, other, stranger, administrator)
    current_app.conf.task_always_eager = False


def access_token(user: User) -> str:
    """Return a new access token."""
    return issue_tokens(player=user, client=Client("An attacker", None))["access"]


def _parcels(now: datetime) -> list[Land]:
    World.objects.create(pk=1, seed=7, side_parcels=4, made_at=now)
    region = Region.objects.create(market_id=Biome.PLAINS, parcels=16)
    return Land.objects.bulk_create(
        Land(id=1 + x + 4 * y, x=x, y=y, market_id=Biome.PLAINS, region=region, elevation_m=0)
        for y in range(4)
        for x in range(4)
    )


def _registered(name: str) -> User:
    return register_player(username=name, email=f"{name}@example.org", password=PASSWORD, display_name="")


def _endow(someone: User, parcels: list[Land], administrator: User, now: datetime) -> None:
    who: dict[str, Any] = {"player_id": someone.pk, "now": now}
    amount: dict[str, Any] = {"amount_micro": 100_000 * BDT, "reason": "to play", "initiator_id": administrator.pk}
    top_up(operation=uuid4(), **amount, **who)
    buy_shares(operation=uuid4(), biome=Biome.OCEAN, shares_micro=10 * SHARE, **who)
    for parcel in parcels:
        buy_from_world(operation=uuid4(), land_id=parcel.pk, **who)
