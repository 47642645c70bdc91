"""Queries of land that are more than one line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Case, CharField, Exists, OuterRef, Prefetch, QuerySet, Subquery, When
from django.db.models.functions import Lower

from attention.biomes import Biome
from marketplace.models import ENDED, Bid, Land, Listing
from marketplace.pricing.land_prices import base_price
from markets.economic_settings import current_settings
from markets.models import Market
from trading.models import Transaction
from trading.statements.entries import Movement
from trading.statements.history import movement_asked_by, movement_of

#: How a search can be ordered: by name, the fields that do it. Each is one index of the active listings.
ORDERS = {
    "ending": ("ends_at", "id"),
    "newest": ("-id",),
    "cheapest": ("price_micro", "id"),
    "dearest": ("-price_micro", "-id"),
}


def lands_of_world(
    *,
    now: datetime,
    biome: Biome | None = None,
    owner: str | None = None,
    unowned: bool = False,
    for_sale: bool = False,
) -> QuerySet[Land]:
    """Return parcels with their owners, to be paged: all, of a biome, of a player by name, of nobody, or for sale
    (by a listing whose time has not run out).
    """
    lands = Land.objects.select_related("owner")
    if biome is not None:
        lands = lands.filter(market=biome)
    if owner is not None:
        lands = lands.alias(owner_folded=Lower("owner__username")).filter(owner_folded=owner.lower())
    if unowned:
        lands = lands.filter(owner=None)
    if for_sale:
        lands = lands.filter(Exists(offered(now).filter(land=OuterRef("pk"))))
    return lands


def land_with_owner(land_id: int) -> Land:
    """Return a parcel. Raises Land.DoesNotExist."""
    return Land.objects.select_related("owner").get(pk=land_id)


def history_of_land(land_id: int) -> list[Transaction]:
    """Return the sales and gifts of a parcel, the newest `LAND_HISTORY_ROWS`, newest first, with both parties."""
    changes = Transaction.objects.filter(land_id=land_id).select_related("payer", "payee").order_by("-pk")
    return list(changes[: settings.LAND_HISTORY_ROWS])


def own_purchase(*, player_id: int, land_id: int, operation: UUID) -> Transaction | None:
    """Return the transaction by which a player bought a parcel under this operation id."""
    return Transaction.objects.filter(initiator=player_id, land_id=land_id, operation=operation).first()


def base_prices(lands: Iterable[Land]) -> dict[int, int]:
    """Return the world's asking prices now, in micro-BDT, by the parcel's id. Two queries, however many parcels."""
    version = current_settings()
    markets = Market.objects.in_bulk()
    return {
        land.pk: base_price(market=markets[land.market_id], version=version, elevation_m=land.elevation_m)
        for land in lands
    }


def listings_found(
    *,
    now: datetime,
    status: str | None = Listing.Status.ACTIVE,
    biome: Biome | None = None,
    kind: Listing.Kind | None = None,
    seller: str | None = None,
    land_id: int | None = None,
    least_micro: int | None = None,
    most_micro: int | None = None,
    least_region: int | None = None,
) -> QuerySet[Listing]:
    """Return the matching listings, with all fields of `wire.listing_json`, to be ordered and paged.

    Active ones are those whose time has not run out: one that has is `ENDED`, and about to be settled.
    """
    conditions = {
        "status": Listing.Status.ACTIVE if status == ENDED else status,
        "ends_at__gt": now if status == Listing.Status.ACTIVE else None,
        "ends_at__lte": now if status == ENDED else None,
        "market": biome,
        "kind": kind,
        "land": land_id,
        "price_micro__gte": least_micro,
        "price_micro__lte": most_micro,
        "region_parcels__gte": least_region,
    }
    named = {name: value for name, value in conditions.items() if value is not None}
    found = _with_names(Listing.objects.filter(**named))
    if seller is not None:
        found = found.alias(seller_folded=Lower("seller__username")).filter(seller_folded=seller.lower())
    return found


def listing_with_names(listing_id: int) -> Listing:
    """Return a listing with all fields of `wire.listing_json`. Raises Listing.DoesNotExist."""
    return _with_names(Listing.objects.all()).get(pk=listing_id)


def bids_on(listing_id: int) -> QuerySet[Bid]:
    """Return an auction's bids with their bidders, to be paged."""
    return Bid.objects.filter(listing=listing_id).select_related("bidder")


def listings_led_by(player_id: int) -> QuerySet[Listing]:
    """Return the active auctions that a player leads, newest first, for which the player's money is held."""
    return _with_names(Listing.objects.filter(status=Listing.Status.ACTIVE, top_bidder=player_id)).order_by("-pk")


def own_bid_on(listing_id: int, *, player_id: int) -> Bid | None:
    """Return a player's newest bid on an auction, which is the highest of the player's too; None without any."""
    return Bid.objects.filter(listing=listing_id, bidder=player_id).order_by("-pk").first()


def sale_of(listing: Listing) -> Transaction | None:
    """Return the transaction by which a listing was sold, with its parties."""
    if listing.status != Listing.Status.SOLD:
        return None
    sales = Transaction.objects.filter(land_id=listing.land_id, listing_id=listing.pk, corrects=None)
    return sales.select_related("payer", "payee").first()


@dataclass(frozen=True, slots=True)
class LandCounts:
    """The numbers of a player's parcels, active listings, and auctions led."""

    parcels: int
    listed: int
    led: int


def land_counts(player_id: int) -> LandCounts:
    """Return the numbers of a player's parcels, active listings, and active auctions led.

    Bounded by the limits on them.
    """
    active = Listing.objects.filter(status=Listing.Status.ACTIVE)
    return LandCounts(
        parcels=Land.objects.filter(owner=player_id).count(),
        listed=active.filter(seller=player_id).count(),
        led=active.filter(top_bidder=player_id).count(),
    )


def offered(now: datetime) -> QuerySet[Listing]:
    """Return the listings that can be bought or bid on: active, and their time has not run out."""
    return Listing.objects.filter(status=Listing.Status.ACTIVE, ends_at__gt=now)


def offer_of(land_id: int, *, now: datetime) -> Listing | None:
    """Return the listing that offers a parcel now; None where there is none, or its time has run out."""
    return offered(now).filter(land=land_id).first()


def active_listing_of(land_id: int) -> Listing | None:
    """Return a parcel's listing that is not closed, even where its time has run out; None where there is none."""
    return Listing.objects.filter(land=land_id, status=Listing.Status.ACTIVE).first()


def buyers_of(listings: Iterable[Listing]) -> dict[int | None, int | None]:
    """Return the ids of the buyers by the listing's id, without unsold listings. One query."""
    sold = [listing for listing in listings if listing.status == Listing.Status.SOLD]
    sales = Transaction.objects.filter(
        land_id__in={listing.land_id for listing in sold},
        listing_id__in=[listing.pk for listing in sold],
        corrects=None,
    )
    return dict(sales.values_list("listing_id", "payer"))


def lands_of(player_id: int) -> QuerySet[Land]:
    """Return a player's parcels with their regions, each with its active listing, if any, in `offers`; to be paged."""
    active = Listing.objects.filter(status=Listing.Status.ACTIVE)
    return (
        Land.objects.filter(owner=player_id)
        .select_related("region")
        .prefetch_related(Prefetch("listings", active, to_attr="offers"))
    )


def listings_by(seller_id: int) -> QuerySet[Listing]:
    """Return a player's own listings, active and past, to be paged."""
    return _with_names(Listing.objects.filter(seller=seller_id))


def last_bids_of(player_id: int) -> QuerySet[Bid]:
    """Return a player's newest bid on each auction, with the auction, to be paged."""
    later = Bid.objects.filter(bidder=player_id, listing=OuterRef("listing"), pk__gt=OuterRef("pk"))
    return Bid.objects.filter(~Exists(later), bidder=player_id).select_related(
        "listing__land", "listing__seller", "listing__top_bidder"
    )


def own_bids(player_id: int) -> QuerySet[Bid]:
    """Return a player's bids with their auctions, to be paged."""
    return Bid.objects.filter(bidder=player_id).select_related("bidder", "listing")


def _with_names(listings: QuerySet[Listing]) -> QuerySet[Listing]:
    sales = Transaction.objects.filter(land_id=OuterRef("land_id"), listing_id=OuterRef("pk"), corrects=None)
    buyer = Subquery(sales.values("payer__username")[:1], output_field=CharField())
    # Looked for where there is one alone.
    buyer_name = Case(When(status=Listing.Status.SOLD, then=buyer), default=None, output_field=CharField())
    return listings.select_related("seller", "land", "top_bidder").annotate(buyer_name=buyer_name)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result stored with a key: a transaction, a listing, or a bid on `listing_id`; nothing where all are None."""

    operation: UUID
    made: str | None = None
    number: int | None = None
    at: datetime | None = None
    listing_id: int | None = None
    movement: Movement | None = None


def outcome_of(operation: UUID, *, player_id: int) -> Outcome:
    """Return what the player's request under this id made. Three queries at most."""
    posted = Transaction.objects.filter(initiator=player_id, operation=operation).values_list("pk", flat=True).first()
    if posted is not None:
        movement = movement_of(player_id, number=posted) or movement_asked_by(player_id, number=posted)
        assert movement is not None
        return Outcome(operation, "transaction", posted, movement.at, movement=movement)
    bid = Bid.objects.filter(bidder=player_id, operation=operation).first()
    if bid is not None:
        return Outcome(operation, "bid", bid.pk, bid.at, bid.listing_id)
    listing = Listing.objects.filter(seller=player_id, operation=operation).first()
    if listing is not None:
        return Outcome(operation, "listing", listing.pk, listing.opened_at, listing.pk)
    return Outcome(operation)
