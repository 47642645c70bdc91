"""Each price over the last hour, as points and as the small line that a page draws of them. Reads only.

`static/js/sparkline.js` continues the line as time passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from attention.biomes import Biome
from core.database.replicas import may_be_stale
from core.database.transactions import prepared_rows
from markets.models import Candle

HOUR_SECS = 3600
MINUTE_SECS = 60

# The box that lines are drawn in, and the room above and below for the width of the stroke.
WIDTH, HEIGHT, MARGIN = 120, 32, 3
# A price that hardly moved is a nearly level line, not a mountain range: the box is at least so high, as part of it.
LEAST_SPAN = 0.005

_CLOSES = """
    SELECT market_id, extract(epoch FROM opened_at)::bigint, close_micro::float8 / total_shares_micro
    FROM markets_candle
    WHERE market_id = ANY(%(biomes)s) AND interval = %(interval)s AND opened_at >= %(since)s AND opened_at < %(until)s
    ORDER BY opened_at
"""


@dataclass(frozen=True, slots=True)
class Point:
    """A price, in BDT a share, at a time in seconds since 1970. For drawing, so inexact."""

    at_secs: float
    price: float


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A market's price over the hour until `ends_secs`, oldest first: an hour ago, each full minute, and now."""

    ends_secs: float
    points: list[Point]

    @property
    def lowest(self) -> str:
        """Return the lowest price of the hour's points, to two places."""
        return f"{min(self._prices):.2f}"

    @property
    def highest(self) -> str:
        """Return the highest price of the hour's points, to two places."""
        return f"{max(self._prices):.2f}"

    @property
    def text(self) -> str:
        """Return the points as text for scripts: `seconds,price` with spaces between."""
        return " ".join(f"{point.at_secs:.0f},{point.price:.4f}" for point in self.points)

    @property
    def line(self) -> str:
        """Return the line's path."""
        return "M" + "L".join(self._places())

    @property
    def area(self) -> str:
        """Return the path of what is below the line."""
        places = self._places()
        first, last = places[0].split()[0], places[-1].split()[0]
        return f"M{first} {HEIGHT}L{'L'.join(places)}L{last} {HEIGHT}Z"

    @property
    def base(self) -> str:
        """Return the path of a level line at the first price, to compare with."""
        return f"M0 {self._places()[0].split()[1]}H{WIDTH}"

    @property
    def end(self) -> str:
        """Return the path of the dot at the newest price."""
        return f"M{self._places()[-1]}h0"

    @property
    def _prices(self) -> list[float]:
        return [point.price for point in self.points]

    def _places(self) -> list[str]:
        """Return each point's place in the box."""
        low, high = min(self._prices), max(self._prices)
        span = max(high - low, high * LEAST_SPAN)
        top = (high + low + span) / 2
        return [
            f"{WIDTH * (1 - (self.ends_secs - point.at_secs) / HOUR_SECS):.1f}"
            f" {MARGIN + (HEIGHT - 2 * MARGIN) * (top - point.price) / span:.1f}"
            for point in self.points
        ]


def sparklines(
    *, prices: Mapping[Biome, str], prices_hour_ago: Mapping[Biome, str | None], now: datetime
) -> dict[Biome, Sparkline]:
    """Return the last hour of each market of `prices`, which are those of `now`.

    Prices are decimal strings, BDT a share.
    """
    closes = _closes(now)
    return {
        biome: Sparkline(now.timestamp(), _points(prices_hour_ago[biome], closes[biome], price, now))
        for biome, price in prices.items()
    }


@may_be_stale
def _closes(now: datetime) -> dict[Biome, list[Point]]:
    """Return the closing price of each full minute of the last hour, by market."""
    given = {
        "biomes": Biome.values,
        "interval": Candle.Interval.MINUTE.value,
        "since": now - timedelta(seconds=HOUR_SECS),
        "until": now - timedelta(seconds=MINUTE_SECS),
    }
    closes: dict[Biome, list[Point]] = {biome: [] for biome in Biome}
    for biome, opened_secs, price in prepared_rows(_CLOSES, given):
        closes[biome].append(Point(opened_secs + MINUTE_SECS, price))
    return closes


def _points(price_hour_ago: str | None, closes: Iterable[Point], price: str, now: datetime) -> list[Point]:
    first = [] if price_hour_ago is None else [Point(now.timestamp() - HOUR_SECS, float(price_hour_ago))]
    known = [*first, *closes, Point(now.timestamp(), float(price))]
    return [known[0], *(point for pair in pairwise(known) for point in _steps(*pair))]


def _steps(before: Point, after: Point) -> list[Point]:
    """Return the points from one point to the next.

    Missing minutes mean a standstill: the price stays until the last minute.
    """
    if after.at_secs - before.at_secs < 2 * MINUTE_SECS:
        return [after]
    return [Point(after.at_secs - MINUTE_SECS, before.price), after]
