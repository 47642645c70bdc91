"""Live stream events of land. Published after commit only."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace import wire
from marketplace.models import Bid
from marketplace.selectors import listing_with_names
from markets.live import MARKETPLACE, Event, announce
from trading import announcements as money
from trading.models import Transaction


def announce_listing(listing_id: int) -> None:
    """Tell everyone how a listing stands."""
    listing = listing_with_names(listing_id)
    announce(Event("listing_update", (MARKETPLACE,), {"listing": wire.listing_json(listing)}))


def announce_bid(bid: Bid) -> None:
    """Tell everyone of a bid, and how its listing stands; nobody learns another's maximum."""
    announce(Event("bid", (MARKETPLACE,), {"bid": wire.bid_json(bid)}))
    announce_listing(bid.listing_id)


def announce_sale(posted: Transaction) -> None:
    """Tell the parties that money or land moved."""
    money.announce_movement(posted)


def announce_wallets(player_ids: Sequence[int]) -> None:
    """Tell players, each the own, what is held and what can be spent."""
    money.announce_wallets(player_ids)
