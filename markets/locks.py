"""The app's row locks, the only place that takes any. Markets come last: Listing, Land, Wallet, Holding, Market.

Every helper evaluates at once and returns rows, for a lazy locked queryset locks nothing. `no_key`, because FOR
UPDATE would also stall every insert that references the market.
"""

from __future__ import annotations

from django.db import connection

from attention.biomes import Biome
from markets.models import Market

#: What a trade needs of its market. `trading.locks` puts the statement behind the locks that come before it.
MARKET_COLUMNS = ("biome", "cash_micro", "total_shares_micro", "shares_held_micro", "settings_id")
LOCK_MARKET = """
    SELECT biome, cash_micro, total_shares_micro, shares_held_micro, settings_id
    FROM markets_market WHERE biome = %(biome)s AND EXISTS (SELECT FROM {after})
    FOR NO KEY UPDATE
"""

# Advisory locks share one space in the database: the number keeps ours apart from anyone else's.
_CANDLES_LOCK = 0x_CA4D1E


def opening_locked() -> None:
    """Let one transaction at a time open markets, until it ends: there are no rows to lock yet.

    New versions of the settings wait meanwhile; trades and cycles do not.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE markets_economicsettings IN SHARE ROW EXCLUSIVE MODE")


def markets_locked() -> list[Market]:
    """Lock all markets, in ascending primary key, and return them in canonical order."""
    locked = {
        market.biome: market for market in Market.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    }
    return [locked[biome] for biome in Biome]


def candles_claimed() -> bool:
    """Return whether this transaction may write candles: no other can, until it ends. Does not wait for its turn."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_CANDLES_LOCK])
        return bool(cursor.fetchone()[0])
