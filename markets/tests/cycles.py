"""Past cycles, written as they would have been: for the tests of candles, retention and price history."""

from __future__ import annotations

from datetime import datetime, timedelta

from attention.biomes import Biome
from markets.economic_settings import current_settings
from markets.models import Cycle, Tick
from markets.selectors import last_cycle

SHARES = 10**12


def write_cycle(
    at: datetime,
    cash: int = 1_000,
    *,
    low: int | None = None,
    high: int | None = None,
    volume: int = 0,
    attention: int = 0,
    moved: int = 0,
) -> Cycle:
    """Write the next cycle, at `at`, with a tick for each market. The n-th market has `cash` + n after it, n from 0.

    `moved` is the cash added to each market for its `attention`.
    """
    last = last_cycle()
    cycle = Cycle.objects.create(
        number=last.number + 1 if last else 1,
        at=at,
        settings=current_settings(),
        reason=Cycle.Reason.REDISTRIBUTED,
        total_cash_micro=7 * cash,
        moved_micro=0,
    )
    Tick.objects.bulk_create(
        Tick(
            cycle=cycle,
            market_id=biome,
            at=at,
            attention_points=attention,
            cash_before_micro=cash + more - moved,
            cash_after_micro=cash + more,
            total_shares_micro=SHARES,
            open_micro=cash + more - 1,
            high_micro=(high or cash) + more,
            low_micro=(low or cash - 1) + more,
            volume_micro=volume,
        )
        for more, biome in enumerate(Biome)
    )
    return cycle


def moment(text: str, secs: float = 0) -> datetime:
    """Return a time in UTC, `secs` seconds after `text`."""
    return datetime.fromisoformat(f"{text}+00:00") + timedelta(seconds=secs)
