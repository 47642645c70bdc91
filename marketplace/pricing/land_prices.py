"""Prices of land. Pure: integers in, integers out.

Base price = biome factor x share price x elevation factor. `marketplace.pricing.land_equity` computes the same in SQL,
and `static/js/land_price.js` in the browser.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from markets.money import BPS_WHOLE, MICRO

if TYPE_CHECKING:
    from markets.models import EconomicSettings, Market

#: Elevation counts by so many metres.
_STEP_M = 1000
#: The lowest ground still costs a part of what it would at sea level.
_LEAST_ELEVATION_BPS = BPS_WHOLE // 10
#: A bid must exceed the price by a part of it, and by no less than one BDT.
_INCREMENT_PART = 20
_LEAST_INCREMENT_MICRO = MICRO


def base_price(*, market: Market, version: EconomicSettings, elevation_m: int) -> int:
    """Return the world's asking price for a parcel now in micro-BDT, rounded up; at least one micro-BDT."""
    weight = weight_of(biome=market.biome, version=version, elevation_m=elevation_m)
    return price_of(cash_micro=market.cash_micro, total_shares_micro=market.total_shares_micro, weight=weight)


def weight_of(*, biome: str, version: EconomicSettings, elevation_m: int) -> int:
    """Return a parcel's factor in its price: biome factor x elevation factor, each in basis points.

    static/js/land_price.js computes the price with every tick.
    """
    factor_bps: int = getattr(version, f"{biome}_land_bps")
    elevation_bps = max(_LEAST_ELEVATION_BPS, BPS_WHOLE + elevation_m * version.land_elevation_bps // _STEP_M)
    return factor_bps * elevation_bps


def price_of(*, cash_micro: int, total_shares_micro: int, weight: int) -> int:
    """Return the world's asking price in micro-BDT for a parcel of this factor, rounded up."""
    # cash / total shares is the price in BDT a share, the same in micro-units.
    return -(-cash_micro * MICRO * weight // (total_shares_micro * BPS_WHOLE * BPS_WHOLE))


def charged_price(*, price_micro: int, base_micro: int, far_factor: Fraction) -> int:
    """Return the amount on which a sale's land fee is computed: the price, or where it is far below it, the base price.

    A gift has a price of nothing. So a sale disguised as a gift and a transfer is no cheaper.
    """
    return base_micro if price_micro * far_factor < base_micro else price_micro


def increment_of(price_micro: int) -> int:
    """Return the least step of a bid above a price: 5 %, rounded up, or 1 BDT."""
    return max(-(-price_micro // _INCREMENT_PART), _LEAST_INCREMENT_MICRO)
