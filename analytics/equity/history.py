"""A player's worth over time, from the snapshots. Reads only.

Money and land that came or went are flows, no gains. So the line is drawn as if all that flowed since had been there
from the start: it ends at the current worth, and rises and falls by gains alone. Percent are of the worth at the
start of the range plus what flowed in over it, less what flowed out; never of less than the worth at the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from django.conf import settings
from django.db import connection
from django.db.models import Min

from analytics.equity.snapshots import ORIGIN
from markets.money import part_text
from trading.models import WorthSnapshot

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MILESTONES = 12
# A history longer than all ranges has about as many points as the others.
_POINTS = 200


@dataclass(frozen=True, slots=True)
class Worth:
    """A player's worth at one time, and the gain up to then, in micro-BDT."""

    at: datetime
    worth_micro: int
    gain_micro: int

    @property
    def flows_micro(self) -> int:
        """Return the money, and land at its value then, that came by then less what went."""
        return self.worth_micro - self.gain_micro


@dataclass(frozen=True, slots=True)
class Range:
    """A range of time up to now, and the distance between its points. Without a length it is all of the history."""

    key: str
    title: str
    phrase: str
    length: timedelta | None = None
    width: timedelta = _DAY


@dataclass(frozen=True, slots=True)
class Course:
    """A player's worth over a range, up to now; the ranges to choose from; and the base of gains."""

    chosen: Range
    ranges: list[Range]
    points: list[Worth]
    start: Worth

    @property
    def gain_micro(self) -> int:
        """Return the gain or loss over the range. Deposits and withdrawals are no gain."""
        return self.points[-1].gain_micro - self.start.gain_micro

    @property
    def flows_micro(self) -> int:
        """Return the money and land that came over the range, less those that went."""
        return self.points[-1].flows_micro - self.start.flows_micro

    @property
    def gain_percent(self) -> str | None:
        """Return the gain in percent of the worth at the start and what came since; None where that was nothing."""
        return part_text(self.gain_micro, self.start.worth_micro + max(0, self.flows_micro))

    def drawn_micro(self, point: Worth) -> int:
        """Return the line's amount at a point: the worth then, with what came or went since."""
        return point.worth_micro + self.points[-1].flows_micro - point.flows_micro

    @property
    def line(self) -> list[tuple[datetime, int]]:
        """Return the drawn line: times, and micro-BDT."""
        return [(point.at, self.drawn_micro(point)) for point in self.points]

    @property
    def has_flows(self) -> bool:
        """Return whether anything came or went along the line, so that it differs from the worth."""
        return any(point.flows_micro != self.points[-1].flows_micro for point in self.points)

    @property
    def time_style(self) -> str:
        """Return the style by which a few times differ: `day`, `minute`, or the whole `clock`."""
        length = self.points[-1].at - self.points[0].at
        return "day" if length > 1.5 * _DAY else "minute" if length > _HOUR / 6 else "clock"

    @property
    def milestones(self) -> list[Worth]:
        """Return a few of the points at about even distances, the newest first."""
        return self.points[:: -max(1, len(self.points) // _MILESTONES)]

    @property
    def lowest_micro(self) -> int:
        """Return the lowest amount of the line."""
        return min(micro for _, micro in self.line)

    @property
    def highest_micro(self) -> int:
        """Return the highest amount of the line."""
        return max(micro for _, micro in self.line)


#: In order; each is of use only to players whose history is longer than the one before.
RANGES = (
    Range("1h", "1 h", "in the last hour", _HOUR, timedelta(minutes=1)),
    Range("24h", "24 h", "in the last 24 hours", _DAY, timedelta(minutes=5)),
    Range("7d", "7 d", "in the last 7 days", 7 * _DAY, _HOUR),
    Range("30d", "30 d", "in the last 30 days", 30 * _DAY, 4 * _HOUR),
    Range("all", "All", "since the beginning"),
)

_RANGE_BY_KEY = {known.key: known for known in RANGES}
# How old a history must be for each range to show more than the one before.
_LEAST_AGES = (timedelta(0), *(known.length for known in RANGES if known.length is not None))

# The snapshot that still held when the time began, then the last one in each width. Each is a look into one index. A
# version that left land out wrote those without it, while this one took over: they are not shown.
_HISTORY = """
    (SELECT at, worth_micro, gain_micro FROM trading_worthsnapshot
     WHERE player_id = %(player)s AND at <= %(since)s AND land_micro IS NOT NULL ORDER BY at DESC LIMIT 1)
    UNION ALL
    (SELECT DISTINCT ON (bucket) at, worth_micro, gain_micro FROM (
         SELECT date_bin(make_interval(secs => %(secs)s), at, %(origin)s) AS bucket, at, worth_micro, gain_micro
         FROM trading_worthsnapshot
         WHERE player_id = %(player)s AND at > %(since)s AND at < %(now)s AND land_micro IS NOT NULL
     ) AS binned ORDER BY bucket, at DESC)
"""


def range_named(key: str) -> Range:
    """Return the range with this key. Raises KeyError."""
    return _RANGE_BY_KEY[key]


def course_of(*, player_id: int, current: Worth, chosen: Range | None = None) -> Course:
    """Return a player's worth over a range up to `current`; by default over a day, or an hour where that is all there
    is.

    Where there are no snapshots for a while, the player was idle without shares, or land that changed: the worth
    stays until shortly before the next.
    """
    snapshots = WorthSnapshot.objects.filter(player=player_id, land_micro__isnull=False)
    began = snapshots.aggregate(first=Min("at"))["first"]
    if began is None or began >= current.at:
        return Course(chosen or RANGES[0], [RANGES[0]], [current], _outset(current))
    age = current.at - began
    ranges = [shown for shown, least in zip(RANGES, _LEAST_AGES, strict=True) if age > least]
    chosen = chosen or ranges[:2][-1]
    points = _points(chosen, player_id=player_id, began=began, current=current)
    # What was gained before the first snapshot belongs to a range that has the beginning in it.
    start = _outset(points[0]) if points[0].at == began else points[0]
    return Course(chosen, ranges, points, start)


def _outset(first: Worth) -> Worth:
    """Return the worth that a player began with: without the gain by then."""
    return replace(first, worth_micro=first.worth_micro - first.gain_micro, gain_micro=0)


def _points(chosen: Range, *, player_id: int, began: datetime, current: Worth) -> list[Worth]:
    since = began if chosen.length is None else max(began, current.at - chosen.length)
    width = _width_of(current.at - began) if chosen.length is None else chosen.width
    times = {"since": since, "now": current.at, "origin": ORIGIN}
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, {"player": player_id, "secs": width.total_seconds(), **times})
        points = [Worth(*row) for row in cursor.fetchall()]
    usual = max(width, timedelta(seconds=settings.WORTH_SNAPSHOT_SECS))
    return _held([replace(points[0], at=since), *points[1:], current], usual=usual)


def _width_of(length: timedelta) -> timedelta:
    """Return the distance between the points of a whole history."""
    fitting = (known.width for known in RANGES if known.length is not None and length <= known.length)
    return next(fitting, max(_DAY, length / _POINTS))


def _held(points: Sequence[Worth], *, usual: timedelta) -> list[Worth]:
    """Return the points, with one more before each gap that is longer than usual, as the worth stayed until there."""
    held = [points[0]]
    for earlier, later in pairwise(points):
        if later.at - earlier.at > 2 * usual:
            held.append(replace(earlier, at=later.at - usual))
        held.append(later)
    return held
