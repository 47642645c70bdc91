"""What moved a price: of its change over a stretch of candles, the part of attention and the part of trades.

Reads only. In whole micro-BDT of the market's cash, so that the parts make up the change exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from attention.biomes import Biome
from markets.candle_pages import CandleRow, Candles
from markets.models import Candle

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Move:
    """How a market's cash, and with it its price, came from one amount to another."""

    since: datetime
    cash_before_micro: int
    cash_after_micro: int
    total_shares_micro: int
    attention_micro: int

    @property
    def change_micro(self) -> int:
        """All that was added, less what was taken."""
        return self.cash_after_micro - self.cash_before_micro

    @property
    def trades_micro(self) -> int:
        """The part of trades: nothing else but cycles and trades changes a market's cash."""
        return self.change_micro - self.attention_micro


def last_hour(*, biome: Biome, now: datetime) -> list[CandleRow]:
    """The market's minutes of the last hour, oldest first, with the one in which it began and the one under way."""
    since = now.replace(second=0, microsecond=0) - HOUR
    minutes = Candles(biome, Candle.Interval.MINUTE, since=since, is_newest_first=False)
    return minutes[0 : HOUR // timedelta(minutes=1) + 1]


def move_over(candles: Sequence[CandleRow]) -> Move | None:
    """What happened from the first of these candles to the last, oldest first; None where there are none."""
    if not candles:
        return None
    first, last = candles[0], candles[-1]
    return Move(
        since=first.opened_at,
        cash_before_micro=first.open_micro,
        cash_after_micro=last.close_micro,
        total_shares_micro=last.total_shares_micro,
        attention_micro=sum(candle.attention_moved_micro for candle in candles),
    )
