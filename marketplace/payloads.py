"""The JSON of land, the same in the REST API and in the streams. Pure: rows in, plain dicts out.

`marketplace.serializers` describes these shapes for the API's documentation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from core.api.timestamps import time_text
from marketplace.models import ENDED, Bid, Land, Listing
from marketplace.pricing.proxy_bidding import Standing
from marketplace.selectors import Outcome
from marketplace.world.land_attention import Impact
from markets.money import micro_text
from trading.models import Transaction
from trading.payloads import movement_json
from trading.statements.entries import Movement
from trading.statements.history import Role


def land_json(land: Land, *, base_micro: int | None) -> dict[str, Any]:
    """Return a parcel. `base_price` is the world's asking price now; null where a player owns it."""
    return {
        "id": land.pk,
        "x": land.x,
        "y": land.y,
        "biome": land.market_id,
        "region": land.region_id,
        "elevation_m": land.elevation_m,
        "owner": land.owner.username if land.owner else None,
        "owned_since": time_text(land.owned_since) if land.owned_since else None,
        "base_price": None if land.owner or base_micro is None else micro_text(base_micro),
    }


def for_sale_json(listing: Listing) -> dict[str, Any]:
    """Return the listing that offers a parcel, and its price."""
    return {"listing": listing.pk, "kind": listing.kind, "price": micro_text(listing.price_micro)}


def listing_json(listing: Listing, *, now: datetime | None) -> dict[str, Any]:
    """Return a listing's public data: the leader is named, the leader's maximum and the reserve are not.

    From its end on it is `ENDED` at `now`, though it is settled a moment later; without `now` it is as it was written.
    """
    status = listing.status if now is None else listing.status_at(now)
    is_auction = listing.kind == Listing.Kind.AUCTION
    standing = Standing(listing.price_micro, listing.top_bidder_id, listing.top_max_micro or 0)
    return {
        "id": listing.pk,
        "land": listing.land_id,
        "x": listing.land.x,
        "y": listing.land.y,
        "biome": listing.market_id,
        "region_parcels": listing.region_parcels,
        "kind": listing.kind,
        "status": status,
        "title": listing.title,
        "words": listing.words,
        "seller": listing.seller.username,
        "price": micro_text(listing.price_micro),
        "buy_now": _amount(listing.buy_now_micro),
        "has_reserve": listing.reserve_micro is not None,
        "is_reserve_met": listing.is_reserve_met,
        "top_bidder": listing.top_bidder.username if listing.top_bidder else None,
        "bids": listing.bids_count,
        "least_bid": micro_text(standing.least_bid_micro) if is_auction and status != ENDED else None,
        "opened_at": time_text(listing.opened_at),
        "ends_at": time_text(listing.ends_at),
        "closed_at": time_text(listing.closed_at) if listing.closed_at else None,
        "sold_for": _amount(listing.sold_micro),
        "buyer": getattr(listing, "buyer_name", None),
    }


def land_sale_json(posted: Transaction) -> dict[str, Any]:
    """Return a sale or gift of a parcel for the player who asked for it.

    The payer gets it; a payee of null is the world.
    """
    return movement_json(posted, player_id=posted.initiator_id)


def audit_json(movement: Movement) -> dict[str, Any]:
    """Return a transaction of any kind, in the shape of the audit trail."""
    role = (Role.SELLER if movement.is_incoming else Role.BUYER) if movement.is_of_player else None
    return {
        "id": movement.pk,
        "operation": str(movement.operation),
        "at": time_text(movement.at),
        "source": movement.source,
        "kind": movement.kind,
        "role": role,
        "initiator": movement.initiator_name,
        "payer": movement.payer_name,
        "payee": movement.payee_name,
        "amount": movement.amount,
        "traded": movement.traded if movement.shares else None,
        "fee": micro_text(movement.fee_micro),
        "balance_change": movement.change if movement.is_of_player else None,
        "balance_after": movement.balance,
        "biome": movement.biome,
        "shares": movement.shares,
        "average_price": movement.average_price,
        "land": movement.land_id,
        "listing": movement.listing_id,
        "corrects": movement.corrects_id,
        "reason": movement.reason,
    }


def bid_json(bid: Bid) -> dict[str, Any]:
    """Return a bid's public data: the auction's price after it, and whether its bidder led then."""
    return {
        "id": bid.pk,
        "listing": bid.listing_id,
        "bidder": bid.bidder.username,
        "at": time_text(bid.at),
        "price": micro_text(bid.price_micro),
        "is_leading": bid.is_leading,
    }


def own_bid_json(bid: Bid, *, now: datetime) -> dict[str, Any]:
    """Return a bid's data for its bidder: with the maximum, and the state of its auction."""
    listing = bid.listing
    is_active = listing.status == Listing.Status.ACTIVE
    return {
        **bid_json(bid),
        "max": micro_text(bid.max_micro),
        "land": listing.land_id,
        "listing_status": listing.status_at(now),
        "leads_now": is_active and listing.top_bidder_id == bid.bidder_id,
        "listing_price": micro_text(listing.price_micro),
        "ends_at": time_text(listing.ends_at),
    }


def holds_json(led: Sequence[Listing]) -> dict[str, Any]:
    """Return the parts of a player's held money: the maximum of each auction that the player leads."""
    return {
        "held": micro_text(sum(listing.top_max_micro or 0 for listing in led)),
        "holds": [
            {
                "kind": "bid",
                "amount": micro_text(listing.top_max_micro or 0),
                "listing": listing.pk,
                "land": listing.land_id,
                "price": micro_text(listing.price_micro),
                "until": time_text(listing.ends_at),
            }
            for listing in led
        ],
    }


def operation_json(outcome: Outcome) -> dict[str, Any]:
    """Return the result of a request."""
    routes = {
        "transaction": ("own-transaction", {"number": outcome.number}),
        "listing": ("marketplace:listing", {"listing_id": outcome.listing_id}),
        "bid": ("marketplace:bids", {"listing_id": outcome.listing_id}),
    }
    route, parts = routes[outcome.made] if outcome.made else ("", {})
    return {
        "key": str(outcome.operation),
        "status": "done" if outcome.made else "unknown",
        "made": outcome.made,
        "id": outcome.number,
        "at": time_text(outcome.at) if outcome.at else None,
        "location": reverse(route, kwargs=parts) if outcome.made else None,
        "transaction": audit_json(outcome.movement) if outcome.movement else None,
    }


def impact_json(impact: Impact) -> dict[str, Any]:
    """Return the effect of land on a biome's price."""
    return {
        "since": time_text(impact.since),
        "attention_points": impact.attention_points,
        "land_attention_points": impact.land_points,
        "amount_added_bdt": micro_text(impact.moved_micro),
        # Former names, for one version.
        "attention": impact.attention_points,
        "land_attention": impact.land_points,
        "moved": micro_text(impact.moved_micro),
        "lands": [
            {
                "land": land.land_id,
                "x": land.x,
                "y": land.y,
                "attention_points": land.points,
                "amount_added_bdt": micro_text(land.moved_micro),
                "points": land.points,
                "moved": micro_text(land.moved_micro),
            }
            for land in impact.lands
        ],
    }


def _amount(micro: int | None) -> str | None:
    return None if micro is None else micro_text(micro)
