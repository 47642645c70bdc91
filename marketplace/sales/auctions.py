"""Bids, and the end of listings: each is settled once, by the first job that finds it ended. Reads settle nothing."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.utils.crypto import salted_hmac

from core.database.transactions import after_commit, short_transaction
from core.errors import BidTooLow, IdempotencyConflict, InsufficientFunds, ListingClosed, MarketBusy, OwnListing
from core.observability.metrics import LISTING_SETTLE_DELAY_SECS
from marketplace import events
from marketplace.locks import ended_listing_claimed, listing_locked, players_wallets_locked, require_open_account
from marketplace.models import Bid, Listing
from marketplace.pricing.proxy_bidding import Standing, after_bid
from marketplace.sales.limits import check_marketplace_open, check_room_for_parcel
from marketplace.sales.listings import close, free_top_bid
from marketplace.sales.purchases import SellerCannotPay, sell_to
from markets.economic_settings import current_settings
from trading.ledger import posting
from trading.ledger.requests import Request, as_replay, order_of
from trading.models import Kind, Wallet

logger = logging.getLogger(__name__)

_OPERATION_UNIQUE = "bid_operation_unique"
# Settlements by processes of an earlier version have the same ids: never rename it with the module.
_SETTLEMENTS = "marketplace.auctions.settlement"


def place_bid(*, operation: UUID, listing_id: int, bidder_id: int, max_micro: int, now: datetime) -> Bid:
    """Bid up to `max_micro`, which is reserved while the bidder leads; the exchange bids no more than is needed.

    When outbid, the money is free again at once. A bid near the end moves the end. The same `operation` with the
    same request gives the first bid again. Raises Listing.DoesNotExist, ListingClosed, OwnListing, BidTooLow,
    InsufficientFunds, TooManyParcels, MarketplacePaused, AccountClosed, IdempotencyConflict, MarketBusy; nothing
    changes then.
    """
    request = Request("bid", {"listing": listing_id, "max_micro": max_micro})
    order = order_of(operation=operation, initiator_id=bidder_id, request=request)

    @short_transaction()
    def write() -> Bid:
        listing = listing_locked(listing_id)
        if (earlier := Bid.objects.filter(bidder=bidder_id, operation=operation).first()) is not None:
            return as_replay(earlier, order)
        _check_bidder(listing, bidder_id, now)
        standing = standing_of(listing)
        _check_amount(standing, bidder_id, max_micro)
        wallets = players_wallets_locked({bidder_id, standing.leader_id or bidder_id}, now=now)
        check_marketplace_open(current_settings())
        _check_means(require_open_account(wallets[bidder_id]), standing, max_micro)
        after = after_bid(standing, bidder_id=bidder_id, max_micro=max_micro, reserve_micro=listing.reserve_micro)
        _move_reservation(standing, after)
        _write(listing, after, now)
        bid = Bid.objects.create(
            listing=listing,
            bidder_id=bidder_id,
            operation=operation,
            request_digest=order.digest,
            at=now,
            max_micro=max_micro,
            price_micro=after.price_micro,
            is_leading=after.leader_id == bidder_id,
        )
        after_commit(partial(events.announce_wallets, sorted(wallets)))
        after_commit(partial(events.announce_bid, bid))
        return bid

    try:
        return write()
    except IntegrityError as error:
        if _OPERATION_UNIQUE not in str(error):
            raise
        # The same id was used for another listing at the same moment.
        raise IdempotencyConflict from error


def settle_listing(*, listing_id: int, now: datetime) -> Listing:
    """End a listing whose time has run out.

    It is sold to the leader where the reserve is met, and ends without a sale otherwise, or where the seller cannot
    pay the land fee of a price far below the base price. Nothing happens to one that is closed or goes on. Raises
    Listing.DoesNotExist, MarketBusy.
    """
    with short_transaction():
        listing = listing_locked(listing_id)
        if listing.status == Listing.Status.ACTIVE and listing.is_over(now):
            _settle(listing, now)
    return listing


def settle_ended(*, now: datetime, at_most: int) -> int:
    """Settle listings whose time has run out, each in a transaction of its own; return their number.

    Several workers share them. One that cannot be settled is logged and skipped, and delays no other. Raises
    MarketBusy.
    """
    failed: set[int] = set()
    for tried in range(at_most):
        listing = None
        try:
            with short_transaction():
                listing = ended_listing_claimed(now, besides=failed)
                if listing is None:
                    return tried - len(failed)
                _settle(listing, now)
            LISTING_SETTLE_DELAY_SECS.observe((now - listing.ends_at).total_seconds())
        except MarketBusy:
            raise
        except Exception:
            if listing is None:
                raise
            logger.exception("listing %s cannot be settled", listing.pk)
            failed.add(listing.pk)
    return at_most - len(failed)


def standing_of(listing: Listing) -> Standing:
    """Return the state of an auction: its price, its leader and the leader's maximum."""
    return Standing(listing.price_micro, listing.top_bidder_id, listing.top_max_micro or 0)


def _check_bidder(listing: Listing, bidder_id: int, now: datetime) -> None:
    if listing.status != Listing.Status.ACTIVE or listing.is_over(now):
        raise ListingClosed
    if listing.kind != Listing.Kind.AUCTION:
        raise ListingClosed("This listing has a fixed price and takes no bids: buy it instead.")
    if listing.seller_id == bidder_id:
        raise OwnListing


def _check_amount(standing: Standing, bidder_id: int, max_micro: int) -> None:
    leads = standing.leader_id == bidder_id
    least_micro = standing.leader_max_micro + 1 if leads else standing.least_bid_micro
    if max_micro < least_micro:
        raise BidTooLow(attr="max")


def _check_means(wallet: Wallet, standing: Standing, max_micro: int) -> None:
    leads = standing.leader_id == wallet.pk
    reserved_micro = standing.leader_max_micro if leads else 0
    if wallet.balance_micro + reserved_micro < max_micro:
        raise InsufficientFunds(attr="max")
    if not leads:
        check_room_for_parcel(wallet.pk)


def _move_reservation(before: Standing, after: Standing) -> None:
    if before.leader_id is not None:
        posting.release(player_id=before.leader_id, amount_micro=before.leader_max_micro)
    assert after.leader_id is not None
    posting.reserve(player_id=after.leader_id, amount_micro=after.leader_max_micro)


def _write(listing: Listing, standing: Standing, now: datetime) -> None:
    listing.price_micro = standing.price_micro
    listing.top_bidder_id, listing.top_max_micro = standing.leader_id, standing.leader_max_micro
    listing.bids_count += 1
    late = now + timedelta(seconds=settings.AUCTION_EXTENSION_SECS)
    if late > listing.ends_at:
        listing.ends_at = min(late, listing.latest_end_at)
    listing.save(update_fields=["price_micro", "top_bidder", "top_max_micro", "bids_count", "ends_at"])


def _settle(listing: Listing, now: datetime) -> None:
    winner_id = listing.top_bidder_id
    if winner_id is None or not listing.is_reserve_met:
        free_top_bid(listing, now=now)
        close(listing, Listing.Status.EXPIRED, now=now)
        return
    request = Request("settle", {"listing": listing.pk})
    order = order_of(operation=_settlement_of(listing), initiator_id=winner_id, request=request)
    try:
        sell_to(listing, order=order, buyer_id=winner_id, kind=Kind.AUCTION, price_micro=listing.price_micro, now=now)
    except SellerCannotPay:
        # As if the reserve were not met: nothing is written yet, and the seller's page has said so.
        free_top_bid(listing, now=now)
        close(listing, Listing.Status.EXPIRED, now=now)


def _settlement_of(listing: Listing) -> UUID:
    """Return the operation id of a listing's settlement.

    It is always the same, so that the database accepts one settlement only; and secret, so that no player can use it
    up first.
    """
    return UUID(bytes=salted_hmac(_SETTLEMENTS, str(listing.pk), algorithm="sha256").digest()[:16])
