"""The page My land: the player's parcels, own listings, and bids with the money held for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError

from accounts.requests import player_of
from core.api.pagination import NewestFirst, Page, page_of
from marketplace.models import Bid, Listing
from marketplace.selectors import buyers_of, land_counts, lands_of, last_bids_of, listings_by
from trading.wallets.wallets import wallet_or_empty

PARCELS, LISTINGS, BIDS = "parcels", "listings", "bids"
_TITLES = {PARCELS: "Parcels", LISTINGS: "Listings", BIDS: "Bids"}
_ROWS = {PARCELS: lands_of, LISTINGS: listings_by, BIDS: last_bids_of}


class OwnPages(NewestFirst):
    """The pages of a list of one's own land."""

    page_size = 25


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the page's three lists."""

    name: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class BidRow:
    """An auction that the player bid on, with the player's newest bid and the buyer."""

    bid: Bid
    listing: Listing
    buyer_id: int | None

    @property
    def state(self) -> str:
        """Return leading, outbid, won or lost; ended where nobody bought it."""
        player_id = self.bid.bidder_id
        if self.listing.status == Listing.Status.ACTIVE:
            return "leading" if self.listing.top_bidder_id == player_id else "outbid"
        if self.listing.status != Listing.Status.SOLD:
            return "ended"
        return "won" if self.buyer_id == player_id else "lost"

    @property
    def held_micro(self) -> int:
        """Return the player's money that is held for it."""
        return (self.listing.top_max_micro or 0) if self.state == "leading" else 0


@require_safe
@login_required
@never_cache
def own_land(request: HttpRequest) -> HttpResponse:
    """Show one of the three lists, in pages. 400 for an unknown list or page."""
    shown = request.GET.get("show", PARCELS)
    if shown not in _ROWS:
        raise BadRequest(f"There is no list of {shown!r}.")
    player_id = player_of(request).pk
    page = _page_of(request, _ROWS[shown](player_id))
    wallet = wallet_or_empty(player_id=player_id)
    context: dict[str, Any] = {
        "shown": shown,
        "tabs_own": [
            Tab(name, title, f"{reverse('own-land')}?{urlencode({'show': name})}") for name, title in _TITLES.items()
        ],
        "page": page,
        "counts": land_counts(player_id),
        "parcels_max": settings.LAND_PARCELS_MAX,
        "listings_max": settings.LISTINGS_MAX,
        "wallet": wallet,
        "now": timezone.now(),
    }
    if shown == BIDS:
        context["bids"] = _bid_rows(page.rows)
    return render(request, "marketplace/own.html", context)


def _bid_rows(bids: list[Bid]) -> list[BidRow]:
    buyers = buyers_of(bid.listing for bid in bids)
    return [BidRow(bid, bid.listing, buyers.get(bid.listing_id)) for bid in bids]


def _page_of(request: HttpRequest, rows: QuerySet[Any]) -> Page:
    try:
        return page_of(rows, request, pages=OwnPages)
    except ValidationError as error:
        raise BadRequest("There is no such page of the list.") from error
