"""Limits of each player, and the halt for everyone. Checked under the player's wallet lock."""

from __future__ import annotations

from django.conf import settings

from core.errors import MarketplacePaused, TooManyListings, TooManyParcels
from marketplace.models import Land, Listing
from markets.models import EconomicSettings
from markets.money import BPS_WHOLE


def check_marketplace_open(version: EconomicSettings) -> None:
    """Raise MarketplacePaused while the marketplace is paused. Auctions that were open before are still settled."""
    if version.marketplace_paused:
        raise MarketplacePaused


def check_room_for_parcel(player_id: int) -> None:
    """Raise TooManyParcels when the player's parcels, with those of the auctions led, have reached the limit."""
    owned = Land.objects.filter(owner=player_id).count()
    led = Listing.objects.filter(status=Listing.Status.ACTIVE, top_bidder=player_id).count()
    if owned + led >= settings.LAND_PARCELS_MAX:
        raise TooManyParcels


def takes_large_part(price_micro: int, spendable_micro: int) -> bool:
    """Return whether a purchase takes so large a part of a player's money that pages ask for a confirmation."""
    return bool(price_micro * BPS_WHOLE >= spendable_micro * settings.LARGE_PURCHASE_BPS)


def check_room_for_listing(player_id: int) -> None:
    """Raise TooManyListings when the player's active listings have reached the limit."""
    if Listing.objects.filter(status=Listing.Status.ACTIVE, seller=player_id).count() >= settings.LISTINGS_MAX:
        raise TooManyListings
