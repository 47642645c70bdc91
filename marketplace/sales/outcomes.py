"""Lookup of a request's result by its Idempotency-Key, which is stored with what the request made. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.models import Bid, Listing
from trading.models import Transaction
from trading.statements.entries import Movement
from trading.statements.history import movement_asked_by, movement_of


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
