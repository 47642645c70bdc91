"""The causes of a price's change in the last hour: the part of attention and the part of trades. Reads only.

In whole micro-BDT of the market's cash, so that the parts make up the change exactly. `static/js/why.js` continues
from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from attention.biomes import Biome
from core.database.transactions import prepared_rows
from markets.history.candles import ORIGIN

HOUR = timedelta(hours=1)

# The minutes as they are kept, and the ticks of those that are not kept to the end yet: so it is true to the last
# cycle, however late candles are. Cash is that of now, with the trades since that cycle.
_MINUTES = """
    WITH kept AS (
        SELECT opened_at, open_micro, attention_moved_micro FROM markets_candle
        WHERE market_id = %(biome)s AND interval = '1m' AND opened_at >= %(since)s AND opened_at <= %(now)s
    ), newest AS (
        SELECT coalesce(max(opened_at), %(since)s) AS opened_at FROM kept
    ), minute AS (
        SELECT * FROM kept WHERE opened_at < (SELECT opened_at FROM newest)
        UNION ALL
        SELECT date_bin('1 minute', at, %(origin)s) AS opened_at, (array_agg(open_micro ORDER BY cycle_id))[1],
               sum(cash_after_micro - cash_before_micro)::bigint
        FROM markets_tick
        WHERE market_id = %(biome)s AND cycle_id >= (
            SELECT number FROM markets_cycle WHERE at >= (SELECT opened_at FROM newest) ORDER BY at LIMIT 1
        ) AND at >= (SELECT opened_at FROM newest) AND at < %(now)s + interval '1 minute'
        GROUP BY 1
    )
    SELECT extract(epoch FROM minute.opened_at)::bigint, minute.open_micro, minute.attention_moved_micro,
           market.cash_micro, market.bar_open_micro, market.total_shares_micro, (SELECT max(number) FROM markets_cycle)
    FROM minute JOIN markets_market AS market ON market.biome = %(biome)s
    ORDER BY minute.opened_at
"""


class Minute(NamedTuple):
    """A minute of a market: its cash when the minute began, and the cash that attention added in it."""

    opened_at: datetime
    open_micro: int
    attention_micro: int


@dataclass(frozen=True, slots=True)
class Move:
    """A change of a market's cash, and with it of its price."""

    since: datetime
    cash_before_micro: int
    cash_after_micro: int
    total_shares_micro: int
    attention_micro: int

    @property
    def change_micro(self) -> int:
        """Return the change of cash: all additions less all withdrawals."""
        return self.cash_after_micro - self.cash_before_micro

    @property
    def trades_micro(self) -> int:
        """Return the change by trades: only cycles and trades change a market's cash."""
        return self.change_micro - self.attention_micro


@dataclass(frozen=True, slots=True)
class LastHour:
    """A market's minutes of an hour, oldest first and never none, with its cash now and after its last cycle."""

    minutes: Sequence[Minute]
    cash_micro: int
    cycle_cash_micro: int
    total_shares_micro: int
    cycle: int

    @property
    def move(self) -> Move:
        """Return the change from the first of these minutes until now."""
        first = self.minutes[0]
        return Move(
            since=first.opened_at,
            cash_before_micro=first.open_micro,
            cash_after_micro=self.cash_micro,
            total_shares_micro=self.total_shares_micro,
            attention_micro=sum(minute.attention_micro for minute in self.minutes),
        )


def last_hour(*, biome: Biome, now: datetime) -> LastHour | None:
    """Return the market's minutes of the last hour, its first and the one under way included; None without any."""
    since = now.replace(second=0, microsecond=0) - HOUR
    rows = prepared_rows(_MINUTES, {"biome": biome.value, "since": since, "now": now, "origin": ORIGIN})
    if not rows:
        return None
    minutes = [
        Minute(datetime.fromtimestamp(opened_secs, UTC), opened, moved) for opened_secs, opened, moved, *_ in rows
    ]
    _, _, _, *now_is = rows[-1]
    return LastHour(minutes, *now_is)
