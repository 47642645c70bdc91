"""Limits of each player, and the halt for everyone. Checked under the player's wallet lock."""

from __future__ import annotations

from django.conf import settings

from config.errors import MarketplacePaused, TooManyListings, TooManyParcels
from marketplace.models import Land, Listing
from markets.models import BPS_WHOLE, EconomicSettings


def check_marketplace_open(version: EconomicSettings) -> None:
    """Raises MarketplacePaused. What was agreed before goes on: auctions that end are settled."""
    if version.marketplace_paused:
        raise MarketplacePaused


def check_room_for_parcel(player_id: int) -> None:
    """Raises TooManyParcels when the player's parcels, with those of the auctions led, are as many as one may have."""
    owned = Land.objects.filter(owner=player_id).count()
    led = Listing.objects.filter(status=Listing.Status.ACTIVE, top_bidder=player_id).count()
    if owned + led >= settings.LAND_PARCELS_MAX:
        raise TooManyParcels


def takes_large_part(price_micro: int, spendable_micro: int) -> bool:
    """Return whether a purchase takes so much of what a player can spend that pages ask for a second word."""
    return bool(price_micro * BPS_WHOLE >= spendable_micro * settings.LARGE_PURCHASE_BPS)


def check_room_for_listing(player_id: int) -> None:
    """Raises TooManyListings when the player has as many active ones as one may have."""
    if Listing.objects.filter(status=Listing.Status.ACTIVE, seller=player_id).count() >= settings.LISTINGS_MAX:
        raise TooManyListings
