"""A small exchange worth attacking, and who attacks it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.registration import register_player
from accounts.tests.cast import PASSWORD
from accounts.tokens import issue_tokens
from attention.biomes import Biome
from marketplace.auctions import place_bid
from marketplace.lands import buy_from_world
from marketplace.listings import Offer, open_listing
from marketplace.models import Land, Listing, Region, World
from markets.opening import open_markets
from trading.orders import buy_shares
from trading.wallets import top_up

BDT = SHARE = 1_000_000
DAY_SECS = 24 * 3600


@dataclass(frozen=True)
class Exchange:
    """Who is there, and what is theirs."""

    player: User
    other: User
    administrator: User


@pytest.fixture
def exchange(db: None, settings) -> Exchange:
    """Seven markets, sixteen parcels, and two players with money, shares, land, listings and bids, as of now."""
    from markets.economy import settings_version

    settings.PASSWORD_HASHERS = ["accounts.tests.cast.QuickArgon2PasswordHasher"]
    settings_version.cache_clear()
    now = timezone.now() - timedelta(minutes=1)
    open_markets(now=now)
    World.objects.create(pk=1, seed=7, side_parcels=4, made_at=now)
    region = Region.objects.create(market_id=Biome.PLAINS, parcels=16)
    lands = Land.objects.bulk_create(
        Land(id=1 + x + 4 * y, x=x, y=y, market_id=Biome.PLAINS, region=region, elevation_m=0)
        for y in range(4)
        for x in range(4)
    )
    there = Exchange(
        *(
            register_player(username=name, email=f"{name}@example.org", password=PASSWORD, display_name="")
            for name in ("player", "other")
        ),
        User.objects.create_superuser("administrator", "administrator@example.org", PASSWORD),
    )
    for someone in (there.player, there.other):
        top_up(
            operation=uuid4(),
            initiator_id=there.administrator.pk,
            player_id=someone.pk,
            amount_micro=100_000 * BDT,
            reason="to play",
            now=now,
        )
        buy_shares(operation=uuid4(), player_id=someone.pk, biome=Biome.OCEAN, shares_micro=10 * SHARE, now=now)
    for owner, parcel in (
        (there.player, lands[0]),
        (there.player, lands[1]),
        (there.other, lands[2]),
        (there.other, lands[3]),
    ):
        buy_from_world(operation=uuid4(), player_id=owner.pk, land_id=parcel.pk, now=now)
    offer(there.player, lands[0], Listing.Kind.FIXED_PRICE, now)
    offer(there.other, lands[2], Listing.Kind.FIXED_PRICE, now)
    auction = offer(there.other, lands[3], Listing.Kind.AUCTION, now)
    place_bid(operation=uuid4(), listing_id=auction.pk, bidder_id=there.player.pk, max_micro=200 * BDT, now=now)
    return there


def offer(seller: User, parcel: Land, kind: Listing.Kind, now) -> Listing:
    terms = Offer(
        kind=kind,
        price_micro=100 * BDT,
        title="By the river",
        words="",
        lasts_secs=DAY_SECS,
        buy_now_micro=None,
        reserve_micro=None,
    )
    return open_listing(operation=uuid4(), seller_id=seller.pk, land_id=parcel.pk, offer=terms, now=now)


def access_token(user: User) -> str:
    return issue_tokens(player=user)["access"]
