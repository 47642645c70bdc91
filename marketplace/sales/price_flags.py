"""Safeguards: suspicious sales and gifts are flagged for administrators, and pay the fee of the base price."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from statistics import median

from django.conf import settings

from marketplace.models import Flag, Land, Listing
from marketplace.pricing.land_prices import base_price, charged_price
from markets.economic_settings import current_settings
from markets.models import Market
from markets.money import fee_of
from trading.models import Transaction

_COMPARED = 20


def base_price_of(land: Land) -> int:
    """Return the world's asking price for a parcel now, in micro-BDT, owned or not."""
    market = Market.objects.get(pk=land.market_id)
    return base_price(market=market, version=current_settings(), elevation_m=land.elevation_m)


def land_fee(*, price_micro: int, base_micro: int) -> int:
    """Return the platform's fee for giving a parcel away at this price, or for nothing, in micro-BDT."""
    charged_micro = charged_price(price_micro=price_micro, base_micro=base_micro, far_factor=_far_factor())
    return fee_of(charged_micro, current_settings().land_fee_bps)


def is_far_below(*, price_micro: int, base_micro: int) -> bool:
    """Return whether the fee of a price is that of the base price."""
    return price_micro * _far_factor() < base_micro


def flag_gift(gift: Transaction, *, base_micro: int, now: datetime) -> None:
    """Flag a gift of land, as a payment for it elsewhere cannot be seen."""
    Flag.objects.create(transaction=gift, at=now, comparable_micro=base_micro)


def flag_if_far(sale: Transaction, land: Land, *, now: datetime) -> None:
    """Flag a sale at a price far from comparable ones.

    That is more than `LAND_PRICE_FAR_FACTOR` times the price of comparable parcels, or less than that part of it or
    of its base price.
    """
    base_micro, comparable_micro = base_price_of(land), comparable_price(land)
    factor = settings.LAND_PRICE_FAR_FACTOR
    is_usual = comparable_micro / factor <= sale.amount_micro <= comparable_micro * factor
    if is_usual and not is_far_below(price_micro=sale.amount_micro, base_micro=base_micro):
        return
    Flag.objects.create(transaction=sale, at=now, comparable_micro=comparable_micro)


def review_flags(*, transaction_ids: Iterable[int], administrator_id: int, now: datetime) -> int:
    """Mark flags as reviewed; returns how many were not reviewed before."""
    unreviewed = Flag.objects.filter(pk__in=list(transaction_ids), reviewed_at=None)
    return unreviewed.update(reviewed_at=now, reviewed_by_id=administrator_id)


def comparable_price(land: Land) -> int:
    """Return the price of comparable parcels, in micro-BDT: the median of the newest sales in the biome, and the
    base price.
    """
    sold = Listing.objects.filter(market=land.market_id, status=Listing.Status.SOLD).order_by("-closed_at")
    prices = [price for price in sold.values_list("sold_micro", flat=True)[:_COMPARED] if price is not None]
    return round(median([*prices, base_price_of(land)]))


def _far_factor() -> Fraction:
    return Fraction(settings.LAND_PRICE_FAR_FACTOR)
