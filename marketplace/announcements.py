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
    """Announce a listing's state to everyone."""
    listing = listing_with_names(listing_id)
    announce(Event("listing_update", (MARKETPLACE,), {"listing": wire.listing_json(listing)}))


def announce_bid(bid: Bid) -> None:
    """Announce a bid, and the state of its listing, to everyone; nobody learns another's maximum."""
    announce(Event("bid", (MARKETPLACE,), {"bid": wire.bid_json(bid)}))
    announce_listing(bid.listing_id)


def announce_sale(posted: Transaction) -> None:
    """Announce to the parties that money or land moved."""
    money.announce_movement(posted)


def announce_wallets(player_ids: Sequence[int]) -> None:
    """Announce to each of the players the own balance and reserved money."""
    money.announce_wallets(player_ids)
