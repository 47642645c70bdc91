"""Pages of a market's candles of seconds, each computed from its ticks, which are all that is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models

from attention.biomes import Biome
from core.database.transactions import prepared_rows
from markets.history.candle_pages import AFTER_ANY, BEFORE_ANY, CandleRow, Candles
from markets.history.candles import ORIGIN
from markets.models import Candle


class TickInterval(models.TextChoices):
    """Intervals below a minute. Their candles reach as far back as ticks are kept (`TICK_RETENTION_SECS`)."""

    SECOND = "1s"
    FIVE_SECONDS = "5s"
    FIFTEEN_SECONDS = "15s"


#: How long each is, shortest first.
TICK_WIDTHS = {
    TickInterval.SECOND: timedelta(seconds=1),
    TickInterval.FIVE_SECONDS: timedelta(seconds=5),
    TickInterval.FIFTEEN_SECONDS: timedelta(seconds=15),
}

#: Every interval that there are candles of, shortest first.
INTERVALS = [*TickInterval.choices, *Candle.Interval.choices]

# From one candle to the next by the index of the cycles' times, so that a page reads its own ticks and no others,
# however long the exchange stood still in between.
_NEWEST_FIRST = """
    WITH RECURSIVE opened (at, place) AS (
        SELECT (SELECT date_bin(%(width)s, at, %(origin)s) FROM markets_cycle
                WHERE at >= %(since)s AND at < %(until)s ORDER BY at DESC LIMIT 1), 1
        UNION ALL
        SELECT (SELECT date_bin(%(width)s, cycle.at, %(origin)s) FROM markets_cycle AS cycle
                WHERE cycle.at >= %(since)s AND cycle.at < opened.at ORDER BY cycle.at DESC LIMIT 1), opened.place + 1
        FROM opened WHERE opened.at IS NOT NULL AND opened.place < %(last)s
    )
"""
_OLDEST_FIRST = """
    WITH RECURSIVE opened (at, place) AS (
        SELECT (SELECT date_bin(%(width)s, at, %(origin)s) FROM markets_cycle
                WHERE at >= %(since)s AND at < %(until)s ORDER BY at LIMIT 1), 1
        UNION ALL
        SELECT (SELECT date_bin(%(width)s, cycle.at, %(origin)s) FROM markets_cycle AS cycle
                WHERE cycle.at >= opened.at + %(width)s AND cycle.at < %(until)s ORDER BY cycle.at LIMIT 1),
               opened.place + 1
        FROM opened WHERE opened.at IS NOT NULL AND opened.place < %(last)s
    )
"""
_PAGE = """
    , page AS (
        SELECT min(at) AS since, max(at) + %(width)s AS until FROM opened WHERE at IS NOT NULL AND place > %(offset)s
    )
    SELECT extract(epoch FROM date_bin(%(width)s, at, %(origin)s))::bigint AS bucket,
           (array_agg(open_micro ORDER BY cycle_id))[1], max(high_micro), min(low_micro),
           (array_agg(cash_after_micro ORDER BY cycle_id))[count(*)], sum(volume_micro)::bigint,
           (array_agg(total_shares_micro ORDER BY cycle_id))[count(*)], sum(attention_points)::bigint,
           sum(cash_after_micro - cash_before_micro)::bigint
    FROM markets_tick
    WHERE market_id = %(biome)s
      AND cycle_id >= (SELECT min(number) FROM (SELECT number FROM markets_cycle WHERE at >= (SELECT since FROM page)
                                                ORDER BY at LIMIT 8) AS nearest)
      AND cycle_id <= (SELECT max(number) FROM (SELECT number FROM markets_cycle WHERE at < (SELECT until FROM page)
                                                ORDER BY at DESC LIMIT 8) AS nearest)
      AND at >= (SELECT since FROM page) AND at < (SELECT until FROM page)
    GROUP BY bucket ORDER BY bucket {direction}
"""
_NEWEST_PAGE = _NEWEST_FIRST + _PAGE.format(direction="DESC")
_OLDEST_PAGE = _OLDEST_FIRST + _PAGE.format(direction="ASC")


@dataclass(frozen=True, slots=True)
class TickCandles(Candles[TickInterval]):
    """The candles of seconds. Without a cycle there is none; the one of the newest tick is under way."""

    def rows(self, page: slice) -> list[CandleRow]:
        """Return a page of candles, by one statement."""
        width = TICK_WIDTHS[self.interval]
        given = {
            "biome": self.biome.value,
            "width": width,
            "origin": ORIGIN,
            "since": _first_opening(self.since, width),
            "until": _first_opening(self.until, width),
            "offset": page.start,
            "last": page.stop,
        }
        rows = prepared_rows(_NEWEST_PAGE if self.is_newest_first else _OLDEST_PAGE, given)
        return [CandleRow(datetime.fromtimestamp(opened_secs, UTC), *amounts) for opened_secs, *amounts in rows]


def candles_of(biome: Biome, interval: str, **period: Any) -> Candles[Any]:
    """Return a market's candles of any of `INTERVALS`; `period` has `since`, `until` or both."""
    if interval in TickInterval:
        return TickCandles(biome, TickInterval(interval), **period)
    return Candles(biome, Candle.Interval(interval), **period)


def _first_opening(at: datetime, width: timedelta) -> datetime:
    """Return the first time from `at` on at which a candle opens."""
    bounded = min(max(at, BEFORE_ANY), AFTER_ANY)
    return bounded + (ORIGIN - bounded) % width
