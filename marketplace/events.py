"""Live stream events of land. Published after commit only."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace import payloads
from marketplace.models import Bid
from marketplace.selectors import listing_with_names
from streams.event_log import Event, announce
from trading import events as money
from trading.models import Transaction

#: Everyone who follows listings and bids is here.
MARKETPLACE = "marketplace_all"


def announce_listing(listing_id: int) -> None:
    """Announce a listing's state to everyone, as the write left it."""
    listing = listing_with_names(listing_id)
    announce(Event("listing_update", (MARKETPLACE,), {"listing": payloads.listing_json(listing, now=None)}))


def announce_bid(bid: Bid) -> None:
    """Announce a bid, and the state of its listing, to everyone; nobody learns another's maximum."""
    announce(Event("bid", (MARKETPLACE,), {"bid": payloads.bid_json(bid)}))
    announce_listing(bid.listing_id)


def announce_sale(posted: Transaction) -> None:
    """Announce to the parties that money or land moved."""
    money.announce_movement(posted)


def announce_wallets(player_ids: Sequence[int]) -> None:
    """Announce to each of the players the own balance and reserved money."""
    money.announce_wallets(player_ids)
