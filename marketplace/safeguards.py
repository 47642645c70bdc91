"""Sales that look wrong are flagged for administrators. Nothing is stopped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from statistics import median

from django.conf import settings

from marketplace.models import Flag, Land, Listing
from marketplace.prices import base_price
from markets.economy import current_settings
from markets.models import Market
from trading.models import Transaction

_COMPARED = 20


def flag_if_far(sale: Transaction, land: Land, *, now: datetime) -> None:
    """Flag a sale at more than `LAND_PRICE_FAR_FACTOR` times what such a parcel goes for, or less than that part."""
    comparable_micro = comparable_price(land)
    factor = settings.LAND_PRICE_FAR_FACTOR
    if comparable_micro / factor <= sale.amount_micro <= comparable_micro * factor:
        return
    Flag.objects.create(transaction=sale, at=now, comparable_micro=comparable_micro)


def review_flags(*, transaction_ids: Iterable[int], administrator_id: int, now: datetime) -> int:
    """Mark flags as looked at; returns how many nobody had looked at before."""
    unreviewed = Flag.objects.filter(pk__in=list(transaction_ids), reviewed_at=None)
    return unreviewed.update(reviewed_at=now, reviewed_by_id=administrator_id)


def comparable_price(land: Land) -> int:
    """What such a parcel goes for, in micro-BDT: the median of the newest listings sold in its biome, and its base
    price."""
    sold = Listing.objects.filter(market=land.market_id, status=Listing.Status.SOLD).order_by("-closed_at")
    market = Market.objects.get(pk=land.market_id)
    base_micro = base_price(market=market, version=current_settings(), elevation_m=land.elevation_m)
    prices = [price for price in sold.values_list("sold_micro", flat=True)[:_COMPARED] if price is not None]
    return round(median([*prices, base_micro]))
