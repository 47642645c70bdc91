"""The charts of the administrators' start page, as shapes to draw. Pure: numbers in, coordinates and texts out.

Places are percents of the plot, from its left and from its top, so that text on it is never stretched; the outlines
of bands are in a square of `SIDE`, which the page stretches to the plot.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from analytics.economy.hourly_totals import Flow
from analytics.economy.overview import CashAt
from attention.biomes import Biome
from markets.money import MICRO

SIDE = 1000
_STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
_TICKS = 3
# A band that is thinner at its end has no room for its name.
_ROOM_FOR_A_NAME = 6.0
_SHORT = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))


@dataclass(frozen=True, slots=True)
class Mark:
    """A text beside the plot, and its place along it."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Band:
    """A market's part of the whole over time, between the markets below and above it."""

    biome: Biome
    outline: str
    name_place: str | None


@dataclass(frozen=True, slots=True)
class Bands:
    """Markets on top of one another, with the scale of their total."""

    bands: list[Band]
    amounts: list[Mark]
    times: list[Mark]


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar of an hour."""

    opened_at: datetime
    amount_micro: int
    left: str
    width: str
    top: str
    height: str
    is_under_way: bool


@dataclass(frozen=True, slots=True)
class Bars:
    """An amount of each hour, side by side."""

    bars: list[Bar]
    amounts: list[Mark]
    times: list[Mark]
    whole_micro: int


def cash_bands(history: Sequence[CashAt]) -> Bands:
    """Return the cash of all markets over time. `history` is in the order of time; its last one is now."""
    since, until = history[0].at, history[-1].at
    length = (until - since) / timedelta(seconds=1) or 1.0
    across = [SIDE * ((each.at - since) / timedelta(seconds=1)) / length for each in history]
    # The first biome on top: heights are counted from the last one, at the bottom.
    heights = [[0, *accumulate(reversed(each.cash_micro))] for each in history]
    top, amounts = _scale(max(stack[-1] for stack in heights))
    edges = [[SIDE - SIDE * stack[level] / top for stack in heights] for level in range(len(Biome) + 1)]
    levels = range(len(Biome), 0, -1)
    bands = [_band(biome, across, edges[level], edges[level - 1]) for biome, level in zip(Biome, levels, strict=True)]
    return Bands(bands, amounts, _times([since + (until - since) * quarter / 4 for quarter in range(4)]))


def hour_bars(hours: Mapping[datetime, Flow], field: str) -> Bars:
    """Return an amount of each hour, by name. `hours` are in the order of time; the last one is under way."""
    values = [getattr(flow, field) for flow in hours.values()]
    top, amounts = _scale(max(values))
    slot = 100 / len(hours)
    bars = [
        Bar(
            opened_at=opened_at,
            amount_micro=value,
            left=_percent(slot * (number + 0.1)),
            width=_percent(slot * 0.8),
            top=_percent(100 - 100 * value / top),
            height=_percent(100 * value / top),
            is_under_way=number == len(hours) - 1,
        )
        for number, (opened_at, value) in enumerate(zip(hours, values, strict=True))
    ]
    return Bars(bars, amounts, _times([bar.opened_at for bar in bars[:: len(bars) // 4]]), sum(values))


def short_text(amount: float) -> str:
    """Format an amount briefly for an axis: 2500000 is "2.5 M"."""
    for size, letter in _SHORT:
        if amount >= size:
            return f"{amount / size:g} {letter}"
    return f"{amount:g}"


def _band(biome: Biome, across: Sequence[float], above: Sequence[float], below: Sequence[float]) -> Band:
    there = " ".join(f"{x:.0f},{y:.1f}" for x, y in zip(across, above, strict=True))
    back = " ".join(f"{x:.0f},{y:.1f}" for x, y in zip(reversed(across), reversed(below), strict=True))
    middle, thickness = (above[-1] + below[-1]) / 2 * 100 / SIDE, (below[-1] - above[-1]) * 100 / SIDE
    return Band(biome, f"M{there} L{back}Z", _percent(middle) if thickness >= _ROOM_FOR_A_NAME else None)


def _scale(most_micro: int) -> tuple[float, list[Mark]]:
    """Return the upper end of the plot, in micro-BDT, and its marks: round amounts of BDT."""
    most = max(most_micro / MICRO, _TICKS)
    size = 10.0 ** math.floor(math.log10(most / _TICKS))
    step = next(size * step for step in _STEPS if size * step * _TICKS >= most * (1 - 1e-9))
    marks = [Mark(_percent(100 - 100 * number / _TICKS), short_text(step * number)) for number in range(1, _TICKS + 1)]
    return step * _TICKS * MICRO, marks


def _times(opened: Sequence[datetime]) -> list[Mark]:
    """Return the times to label along the axis, at each quarter of it."""
    return [Mark(f"{25 * quarter}%", f"{at.astimezone(UTC):%H:%M}") for quarter, at in enumerate(opened)]


def _percent(part: float) -> str:
    return f"{part:.2f}%"
