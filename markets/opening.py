"""Opening the seven markets, once."""

from __future__ import annotations

from datetime import datetime

from attention.biomes import Biome
from config.database import short_transaction
from markets.models import EconomicSettings, Market
from markets.money import MICRO

OPENING_SHARES_MICRO = 1_000_000 * MICRO
OPENING_CASH_MICRO = 100_000_000 * MICRO


def open_markets(*, now: datetime) -> int:
    """Open the markets that do not exist, each with 1,000,000 shares at 100 BDT, and the settings with their defaults.

    Returns how many were opened: seven the first time, none after. Safe to run at the same time as itself.
    """
    with short_transaction():
        version = _settings_in_force(now=now)
        before = Market.objects.count()
        Market.objects.bulk_create([_opened(biome, version) for biome in Biome], ignore_conflicts=True)
        return Market.objects.count() - before


def _settings_in_force(*, now: datetime) -> EconomicSettings:
    EconomicSettings.objects.bulk_create(
        [EconomicSettings(pk=1, changed_at=now, reason="The exchange opened.")], ignore_conflicts=True
    )
    return EconomicSettings.objects.latest("pk")


def _opened(biome: Biome, version: EconomicSettings) -> Market:
    return Market(
        biome=biome,
        cash_micro=OPENING_CASH_MICRO,
        opening_cash_micro=OPENING_CASH_MICRO,
        total_shares_micro=OPENING_SHARES_MICRO,
        settings=version,
        bar_open_micro=OPENING_CASH_MICRO,
        bar_high_micro=OPENING_CASH_MICRO,
        bar_low_micro=OPENING_CASH_MICRO,
    )
