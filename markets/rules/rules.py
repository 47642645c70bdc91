"""The current rules of the exchange: limits, fees and lengths, for programs. Reads only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Field

from accounts.models import User
from attention.biomes import Biome
from markets.models import EconomicSettings
from markets.money import DECIMAL_PLACES, micro_text, percent_text, to_micro


def rules_json(version: EconomicSettings) -> dict[str, Any]:
    """Return the version of the settings in force, and the rules from it and from this exchange's own settings."""
    tolerance: Field[Any, Any] = User._meta.get_field("default_tolerance_bps")
    return {
        "version": version.pk,
        "precision": {"decimal_places": DECIMAL_PLACES},
        "largest_amount": micro_text(to_micro(settings.LARGEST_AMOUNT_BDT)),
        "cycle": {
            "length_secs": settings.CYCLE_SECS,
            "pool_percent": percent_text(version.redistribution_pool_bps),
            "max_move_percent": percent_text(version.max_move_bps),
            "price_floor": micro_text(version.price_floor_micro),
            "receipts_kept_secs": settings.TICK_RETENTION_SECS,
            "prices_frozen": version.prices_frozen,
        },
        "attention": {"budget_points": version.attention_budget_points},
        "trade": {
            "fee_percent": percent_text(version.trade_fee_bps),
            "largest_percent_of_cash": percent_text(version.max_trade_bps),
            "default_tolerance_percent": percent_text(tolerance.default),
            "is_paused": version.trading_paused,
        },
        "land": {
            "fee_percent": percent_text(version.land_fee_bps),
            "parcels_max": settings.LAND_PARCELS_MAX,
            "listings_max": settings.LISTINGS_MAX,
            "listing_secs_min": settings.LISTING_SECS_MIN,
            "listing_secs_max": settings.LISTING_SECS_MAX,
            "auction_extension_secs": settings.AUCTION_EXTENSION_SECS,
            "auction_extended_secs_max": settings.AUCTION_EXTENDED_SECS_MAX,
            "price_percent_of_share": {
                biome.value: percent_text(getattr(version, f"{biome}_land_bps")) for biome in Biome
            },
            "elevation_percent_per_1000_m": percent_text(version.land_elevation_bps),
            "is_paused": version.marketplace_paused,
        },
        "requests": {
            "page_size_default": settings.PAGE_SIZE_DEFAULT,
            "page_size_max": settings.PAGE_SIZE_MAX,
            "export_rows_max": settings.EXPORT_ROWS_MAX,
            "idempotency_keys_kept_secs": None,
        },
    }
