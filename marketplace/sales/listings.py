"""Offering a parcel, changing the offer, and cancelling it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError

from accounts.models import User
from core.database.transactions import after_commit, short_transaction
from core.errors import DomainError, InvalidListing, ListingClosed, ListingHasBids, NotLandOwner
from marketplace import events
from marketplace.locks import listing_locked, players_wallets_locked, require_open_account
from marketplace.models import Listing
from marketplace.sales.limits import check_marketplace_open, check_room_for_listing
from marketplace.sales.ownership import lock_own_land
from marketplace.sales.text_cleaning import many_lines, one_line
from markets.economic_settings import current_settings
from trading.ledger import posting
from trading.ledger.requests import Plain, Request, as_replay, order_of

_OPERATION_UNIQUE = "listing_operation_unique"


@dataclass(frozen=True, slots=True)
class Offer:
    """A seller's offer. Of an auction `price_micro` is the starting price. Raises InvalidListing."""

    kind: Listing.Kind
    price_micro: int
    title: str
    lasts_secs: int
    words: str = ""
    buy_now_micro: int | None = None
    reserve_micro: int | None = None

    def __post_init__(self) -> None:
        """Refuse contradictory values."""
        if self.kind == Listing.Kind.FIXED_PRICE and (self.buy_now_micro, self.reserve_micro) != (None, None):
            raise InvalidListing("Only an auction can have a reserve or a buy-now price.", attr="kind")
        if self.reserve_micro is not None and self.reserve_micro < self.price_micro:
            raise InvalidListing("The reserve must not be below the starting price.", attr="reserve")
        if self.buy_now_micro is not None and self.buy_now_micro <= max(self.price_micro, self.reserve_micro or 0):
            raise InvalidListing("The buy-now price must be above the starting price and the reserve.", attr="buy_now")
        if not settings.LISTING_SECS_MIN <= self.lasts_secs <= settings.LISTING_SECS_MAX:
            raise InvalidListing("The duration is outside the allowed range.", attr="lasts_secs")
        if not one_line(self.title):
            raise InvalidListing("A listing needs a title.", attr="title")

    def request(self, land_id: int) -> Request:
        """Return the request to offer a parcel like this, as it is digested."""
        kind = Listing.Kind(self.kind)
        # As version 0.1.0 digested it.
        former = (
            f"('list', {land_id}, Offer(kind=Listing.Kind.{kind.name}, price_micro={self.price_micro}, "
            f"title={self.title!r}, lasts_secs={self.lasts_secs}, words={self.words!r}, "
            f"buy_now_micro={self.buy_now_micro}, reserve_micro={self.reserve_micro}))"
        )
        fields: dict[str, Plain] = {
            "land": land_id,
            "kind": kind.value,
            "price_micro": self.price_micro,
            "title": self.title,
            "lasts_secs": self.lasts_secs,
            "words": self.words,
            "buy_now_micro": self.buy_now_micro,
            "reserve_micro": self.reserve_micro,
        }
        return Request("list", fields, former)


def open_listing(*, operation: UUID, seller_id: int, land_id: int, offer: Offer, now: datetime) -> Listing:
    """Offer a parcel of one's own.

    The same `operation` with the same request gives the first listing again. Raises Land.DoesNotExist, NotLandOwner,
    LandListed, TooManyListings, MarketplacePaused, AccountClosed, IdempotencyConflict, MarketBusy; nothing changes
    then.
    """
    order = order_of(operation=operation, initiator_id=seller_id, request=offer.request(land_id))

    @short_transaction()
    def write() -> Listing:
        land = lock_own_land(player_id=seller_id, land_id=land_id)
        require_open_account(players_wallets_locked([seller_id], now=now)[seller_id])
        check_marketplace_open(current_settings())
        check_room_for_listing(seller_id)
        ends_at = now + timedelta(seconds=offer.lasts_secs)
        extension = timedelta(seconds=settings.AUCTION_EXTENDED_SECS_MAX if offer.kind == Listing.Kind.AUCTION else 0)
        listing = Listing.objects.create(
            land=land,
            market_id=land.market_id,
            region_parcels=land.region.parcels,
            seller_id=seller_id,
            operation=operation,
            request_digest=order.digest,
            kind=offer.kind,
            title=one_line(offer.title),
            words=many_lines(offer.words),
            price_micro=offer.price_micro,
            buy_now_micro=offer.buy_now_micro,
            reserve_micro=offer.reserve_micro,
            opened_at=now,
            ends_at=ends_at,
            latest_end_at=ends_at + extension,
        )
        after_commit(partial(events.announce_listing, listing.pk))
        return listing

    try:
        return write()
    except (DomainError, IntegrityError) as refusal:
        if isinstance(refusal, IntegrityError) and _OPERATION_UNIQUE not in str(refusal):
            raise
        # A repeat is found where it fails, at the latest because the first has listed the parcel.
        if (earlier := Listing.objects.filter(seller=seller_id, operation=operation).first()) is not None:
            return as_replay(earlier, order)
        raise


def as_opened(listing: Listing, offer: Offer) -> Listing:
    """Return the listing in its state at opening with this offer, whatever its state is now. Not to be saved."""
    listing.status, listing.closed_at, listing.sold_micro = Listing.Status.ACTIVE, None, None
    listing.price_micro, listing.bids_count = offer.price_micro, 0
    listing.top_bidder, listing.top_max_micro = None, None
    listing.buyer_name = None  # type: ignore[attr-defined]  # see selectors
    listing.ends_at = listing.opened_at + timedelta(seconds=offer.lasts_secs)
    return listing


def edit_price(*, listing_id: int, seller_id: int, price_micro: int, now: datetime) -> Listing:
    """Change the price; of an auction, the starting price.

    Raises Listing.DoesNotExist, NotLandOwner, ListingClosed, ListingHasBids, InvalidListing, MarketBusy; nothing
    changes then.
    """
    with short_transaction():
        listing = _own_open_listing(listing_id, seller_id, now)
        if listing.reserve_micro is not None and listing.reserve_micro < price_micro:
            raise InvalidListing("The reserve must not be below the starting price.", attr="price")
        if listing.buy_now_micro is not None and listing.buy_now_micro <= price_micro:
            raise InvalidListing("The buy-now price must be above the starting price and the reserve.", attr="price")
        listing.price_micro = price_micro
        listing.save(update_fields=["price_micro"])
        after_commit(partial(events.announce_listing, listing.pk))
    return listing


def cancel_listing(*, listing_id: int, seller_id: int, now: datetime) -> Listing:
    """Cancel an offer, which is possible until somebody bids. Returns a listing that is cancelled already unchanged.

    Raises Listing.DoesNotExist, NotLandOwner, ListingClosed, ListingHasBids, MarketBusy; nothing changes then.
    """
    with short_transaction():
        listing = listing_locked(listing_id)
        if listing.status == Listing.Status.CANCELLED and listing.seller_id == seller_id:
            return listing
        _check_own_open(listing, seller_id, now)
        close(listing, Listing.Status.CANCELLED, now=now)
    return listing


def remove_listing(*, listing_id: int, administrator: User, reason: str, now: datetime) -> Listing:
    """Remove anybody's offer, bids or not, and free the reserved money. For administrators; name and reason are stored.

    Raises Listing.DoesNotExist, ListingClosed, MarketBusy; nothing changes then.
    """
    if not administrator.has_perm("marketplace.change_listing"):
        raise NotLandOwner
    with short_transaction():
        listing = listing_locked(listing_id)
        if listing.status != Listing.Status.ACTIVE:
            raise ListingClosed
        free_top_bid(listing, now=now)
        listing.removed_by, listing.removed_reason = administrator, reason
        close(listing, Listing.Status.CANCELLED, now=now)
    return listing


def close(listing: Listing, status: Listing.Status, *, now: datetime, sold_micro: int | None = None) -> None:
    """End a locked listing, whose bids hold no money any more."""
    listing.status, listing.closed_at, listing.sold_micro = status, now, sold_micro
    listing.save(update_fields=["status", "closed_at", "sold_micro", "removed_by", "removed_reason"])
    after_commit(partial(events.announce_listing, listing.pk))


def free_top_bid(listing: Listing, *, now: datetime) -> None:
    """Free the money that the leader of a locked listing had reserved, if anybody led."""
    if listing.top_bidder_id is None:
        return
    assert listing.top_max_micro is not None
    leader_id = listing.top_bidder_id
    players_wallets_locked([leader_id], now=now)
    posting.release(player_id=leader_id, amount_micro=listing.top_max_micro)
    after_commit(partial(events.announce_wallets, [leader_id]))


def _own_open_listing(listing_id: int, seller_id: int, now: datetime) -> Listing:
    listing = listing_locked(listing_id)
    _check_own_open(listing, seller_id, now)
    return listing


def _check_own_open(listing: Listing, seller_id: int, now: datetime) -> None:
    if listing.seller_id != seller_id:
        raise NotLandOwner("This listing is not yours.")
    if listing.status != Listing.Status.ACTIVE or listing.is_over(now):
        raise ListingClosed
    if listing.bids_count:
        raise ListingHasBids
