"""A line of amounts over time as SVG paths, with a scale of round amounts. Pure: amounts and times in, geometry out.

The paths fill a square of `SIDE` units, which the page stretches to its own size; the scale's lines and the times
are at even distances, so that the page can put their labels beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markets.money import MICRO

#: Width and height of what the paths are drawn in.
SIDE = 1000
#: How many times are named below a chart.
TIMES = 5
# Amounts that hardly move are drawn so: no scale spans less than this part of the amount, or less than 0.10 BDT.
_CALM = 100
_LEAST_SPREAD_MICRO = MICRO // 10
_LINES = 4
_ROUND = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale of round amounts at even distances, from `low_micro` to `high_micro`."""

    low_micro: int
    step_micro: int
    steps: int

    @property
    def high_micro(self) -> int:
        """Return the highest amount."""
        return self.low_micro + self.step_micro * self.steps

    @property
    def labels(self) -> list[str]:
        """Return the amounts in BDT from the highest down, with as many places as the step needs."""
        places = _places(self.step_micro)
        amounts = range(self.high_micro, self.low_micro - 1, -self.step_micro)
        return [f"{amount / MICRO:,.{places}f}" for amount in amounts]

    def place_of(self, micro: int) -> float:
        """Return the distance from the top at which an amount is drawn."""
        return round(SIDE * (self.high_micro - micro) / (self.high_micro - self.low_micro), 1)


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: the first amount, the line, the area below it, the end's distance from the top, the scale, and the
    times.
    """

    begin_micro: int
    line: str
    area: str
    end: float
    scale: Scale
    times: list[datetime]


def chart_of(points: Sequence[tuple[datetime, int]]) -> Chart:
    """Make the chart of at least two amounts in micro-BDT, in the order of time."""
    begin, end = points[0][0], points[-1][0]
    amounts = [micro for _, micro in points]
    scale = scale_of(lowest_micro=min(amounts), highest_micro=max(amounts))
    places = [(round(SIDE * ((at - begin) / (end - begin)), 1), scale.place_of(micro)) for at, micro in points]
    line = "M" + "L".join(f"{x:g} {y:g}" for x, y in places)
    times = [begin + (end - begin) * part / (TIMES - 1) for part in range(TIMES)]
    return Chart(amounts[0], line, f"{line}V{SIDE}H0Z", places[-1][1], scale, times)


def scale_of(*, lowest_micro: int, highest_micro: int) -> Scale:
    """Return a scale of round amounts around two.

    Small changes stay in its middle; it reaches below 0 only for such amounts.
    """
    spread = highest_micro - lowest_micro
    missing = max(abs(highest_micro) // _CALM, _LEAST_SPREAD_MICRO) - spread
    if missing > 0:
        lowest_micro = max(min(0, lowest_micro), lowest_micro - missing // 2)
        highest_micro = lowest_micro + spread + missing
    step = _round_up(-(-(highest_micro - lowest_micro) // _LINES))
    low = lowest_micro // step * step
    return Scale(low, step, -(-(highest_micro - low) // step))


def _round_up(micro: int) -> int:
    """Return the smallest of 1, 2, 5, 10, 20 ... that is not below `micro`."""
    power = int("1".ljust(len(str(micro)), "0"))
    return next(power * digit for digit in (*_ROUND, 10) if power * digit >= micro)


def _places(step_micro: int) -> int:
    return next(places for places in range(7) if step_micro * 10**places % MICRO == 0)
