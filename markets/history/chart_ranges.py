"""The ranges of a chart, the intervals of their candles, and the line that a page draws of them.

`static/js/chart.js` shows the same candles, and continues from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings

from attention.biomes import Biome
from markets.history.candle_pages import CandleRow
from markets.history.candles import WIDTHS
from markets.history.tick_candles import TICK_WIDTHS, TickInterval, candles_of
from markets.models import Candle

_Interval = Candle.Interval
AnyInterval = Candle.Interval | TickInterval

#: A history is shown in the finest candles of which it has no more than so many.
MOST_CANDLES = 300

# The box that the line is drawn in, and the room above and below for the width of the stroke.
LINE_WIDTH, LINE_HEIGHT, LINE_MARGIN = 1000, 300, 12


@dataclass(frozen=True, slots=True)
class ChartRange:
    """A range of time until now: so many of the newest candles of an interval.

    `is_since_open` says that the exchange is younger than that, so its candles are all there are.
    """

    key: str
    label: str
    title: str
    interval: AnyInterval
    candles: int
    is_since_open: bool = False

    @property
    def width_secs(self) -> int:
        """Return the length of each of its candles in seconds."""
        return round(_ALL_WIDTHS[self.interval].total_seconds())

    @property
    def span_secs(self) -> int:
        """Return the length of the range in seconds, at most."""
        return self.candles * self.width_secs

    @property
    def bars(self) -> str:
        """Return the name of the candles' interval for people."""
        return f"Bars of {BAR_LABELS[self.interval]}{', since open' if self.is_since_open else ''}"


_KEPT_WIDTHS: dict[AnyInterval, timedelta] = dict((*WIDTHS.items(),))
_ALL_WIDTHS: dict[AnyInterval, timedelta] = dict((*TICK_WIDTHS.items(), *WIDTHS.items()))

#: Every interval, shortest first, for people.
BAR_LABELS: dict[AnyInterval, str] = {
    TickInterval.SECOND: "1 second",
    TickInterval.FIVE_SECONDS: "5 seconds",
    TickInterval.FIFTEEN_SECONDS: "15 seconds",
    _Interval.MINUTE: "1 minute",
    _Interval.FIVE_MINUTES: "5 minutes",
    _Interval.QUARTER: "15 minutes",
    _Interval.HOUR: "1 hour",
    _Interval.DAY: "1 day",
}

_RANGES = (
    ChartRange("live", "Live", "the last 2 minutes", TickInterval.SECOND, 120),
    ChartRange("15m", "15m", "the last 15 minutes", TickInterval.FIFTEEN_SECONDS, 60),
    ChartRange("1h", "1h", "the last hour", _Interval.MINUTE, 60),
    ChartRange("1d", "1D", "the last day", _Interval.QUARTER, 96),
    ChartRange("1w", "1W", "the last week", _Interval.HOUR, 168),
)


@dataclass(frozen=True, slots=True)
class BarChoice:
    """An interval that a player may choose for the bars."""

    interval: AnyInterval
    label: str
    width_secs: int


#: Every interval, shortest first.
BAR_CHOICES = [
    BarChoice(interval, BAR_LABELS[interval], round(width.total_seconds())) for interval, width in _ALL_WIDTHS.items()
]


def chart_ranges(*, cycles: int, has_first_ticks: bool) -> list[ChartRange]:
    """Return the ranges of a chart after so many cycles, shortest first. The last is everything.

    Where there is less history than a range is long, it is that history, in finer candles: in seconds only while
    retention has left the first ticks.
    """
    age = timedelta(seconds=cycles * settings.CYCLE_SECS)
    interval = _interval_of_all(age, widths=_ALL_WIDTHS if has_first_ticks else _KEPT_WIDTHS)
    everything = ChartRange("all", "All", "all time", interval, MOST_CANDLES, is_since_open=True)
    return [*(_since_open(one, age, interval) for one in _RANGES), everything]


def _since_open(one: ChartRange, age: timedelta, finer: AnyInterval) -> ChartRange:
    width = _ALL_WIDTHS[one.interval]
    if age >= one.candles * width or one.key == "live":
        return one
    if _ALL_WIDTHS[finer] >= width:
        return replace(one, is_since_open=True)
    return replace(one, interval=finer, candles=MOST_CANDLES, is_since_open=True)


def _interval_of_all(age: timedelta, *, widths: Mapping[AnyInterval, timedelta]) -> AnyInterval:
    return next((interval for interval, width in widths.items() if age <= MOST_CANDLES * width), _Interval.DAY)


def newest_candles(biome: Biome, chart_range: ChartRange) -> list[CandleRow]:
    """Return a market's candles in a range, oldest first. Where the exchange stood still there are none."""
    return candles_of(biome, chart_range.interval)[0 : chart_range.candles][::-1]


def whole_of(candles: Sequence[CandleRow]) -> CandleRow | None:
    """Merge candles, oldest first, into a single one; None where there are none."""
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
    """Return the path of the candles' closes, oldest first, in the line's box; empty where there are none."""
    if not candles:
        return ""
    prices = [candles[0].open_micro, *(candle.close_micro for candle in candles)]
    low, span = min(prices), max(prices) - min(prices)
    step, height = LINE_WIDTH / (len(prices) - 1), LINE_HEIGHT - 2 * LINE_MARGIN
    heights = [(price - low) / span if span else 0.5 for price in prices]
    return "M" + "L".join(
        f"{place * step:.1f} {LINE_MARGIN + height * (1 - part):.1f}" for place, part in enumerate(heights)
    )
