"""Opening of the seven markets, once."""

from __future__ import annotations

from datetime import datetime

from attention.biomes import Biome
from core.database.transactions import short_transaction
from markets.locks import opening_locked
from markets.models import EconomicSettings, Market
from markets.money import MICRO

OPENING_SHARES_MICRO = 1_000_000 * MICRO
OPENING_CASH_MICRO = 100_000_000 * MICRO


def open_markets(*, now: datetime) -> int:
    """Open the markets that do not exist, each with 1,000,000 shares at 100 BDT, and the settings with their defaults.

    Returns how many were opened: seven the first time, none after. Safe to run at the same time as itself.
    """
    with short_transaction():
        opening_locked()
        version = _settings_in_force(now=now)
        open_already = set(Market.objects.values_list("pk", flat=True))
        opened = [_opened(biome, version) for biome in Biome if biome not in open_already]
        Market.objects.bulk_create(opened)
    return len(opened)


def _settings_in_force(*, now: datetime) -> EconomicSettings:
    newest = EconomicSettings.objects.order_by("-pk").first()
    return newest or EconomicSettings.objects.create(changed_at=now, reason="The exchange opened.")


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
