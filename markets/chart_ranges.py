"""The stretches of time that a chart shows, the candles it shows them in, and the line a page draws of them.

`static/js/chart.js` shows the same candles, and goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from attention.biomes import Biome
from markets.candle_pages import CandleRow, Candles
from markets.candles import WIDTHS
from markets.models import Candle

_Interval = Candle.Interval

#: All of a history is shown in the finest candles of which it has no more than so many.
MOST_CANDLES = 300

# The box that the line is drawn in, and the room above and below for the width of the stroke.
LINE_WIDTH, LINE_HEIGHT, LINE_MARGIN = 1000, 300, 12


@dataclass(frozen=True, slots=True)
class ChartRange:
    """A stretch of time until now: so many of the newest candles of an interval."""

    key: str
    label: str
    title: str
    interval: Candle.Interval
    candles: int


def chart_ranges(*, cycles: int) -> list[ChartRange]:
    """What a chart offers after so many cycles, shortest first. The last is everything, in candles that fit its age."""
    age = timedelta(seconds=cycles * settings.CYCLE_SECS)
    return [
        ChartRange("15m", "15m", "the last 15 minutes", _Interval.MINUTE, 15),
        ChartRange("1h", "1h", "the last hour", _Interval.MINUTE, 60),
        ChartRange("1d", "1D", "the last day", _Interval.QUARTER, 96),
        ChartRange("1w", "1W", "the last week", _Interval.HOUR, 168),
        ChartRange("all", "All", "all time", _all_in(age), MOST_CANDLES),
    ]


def _all_in(age: timedelta) -> Candle.Interval:
    fitting = (interval for interval, width in WIDTHS.items() if age <= MOST_CANDLES * width)
    return next(fitting, _Interval.DAY)


def newest_candles(biome: Biome, chart_range: ChartRange) -> list[CandleRow]:
    """A market's candles in a range, oldest first. Where the exchange stood still there are none."""
    return Candles(biome, chart_range.interval)[0 : chart_range.candles][::-1]


def whole_of(candles: Sequence[CandleRow]) -> CandleRow | None:
    """Candles, oldest first, as a single one; None where there are none."""
    if not candles:
        return None
    return candles[0]._replace(
        high_micro=max(candle.high_micro for candle in candles),
        low_micro=min(candle.low_micro for candle in candles),
        close_micro=candles[-1].close_micro,
        volume_micro=sum(candle.volume_micro for candle in candles),
        attention_points=sum(candle.attention_points for candle in candles),
        attention_moved_micro=sum(candle.attention_moved_micro for candle in candles),
    )


def line_path(candles: Sequence[CandleRow]) -> str:
    """The path of the closes of candles, oldest first, in the line's box; empty where there are none."""
    if not candles:
        return ""
    prices = [candles[0].open_micro, *(candle.close_micro for candle in candles)]
    low, span = min(prices), max(prices) - min(prices)
    step, height = LINE_WIDTH / (len(prices) - 1), LINE_HEIGHT - 2 * LINE_MARGIN
    heights = [(price - low) / span if span else 0.5 for price in prices]
    return "M" + "L".join(
        f"{place * step:.1f} {LINE_MARGIN + height * (1 - part):.1f}" for place, part in enumerate(heights)
    )
