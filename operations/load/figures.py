"""Measurements of a load: durations by kind and second, and failures. Pure."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, TextIO

from core.csv_cells import any_cell

_BUCKETS_A_MS = 10  # a tenth of a millisecond is as exact as it gets
PERCENTS = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed request: its code, its end (unix time) and its duration."""

    kind: str
    code: str
    at_secs: float
    took_ms: float


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of request in one second, or in all of them."""

    second: str
    kind: str
    count: int
    errors: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


class Figures:
    """Latencies by kind and second of the load, in buckets of a tenth of a millisecond; failures one by one."""

    def __init__(self) -> None:
        self._seconds: defaultdict[tuple[str, int], Counter[int]] = defaultdict(Counter)
        self.failures: list[Failure] = []

    def note(self, kind: str, second: int, took_ms: float) -> None:
        """Record a success of this kind, due in this second of the load."""
        self._seconds[kind, second][int(took_ms * _BUCKETS_A_MS)] += 1

    def fail(self, kind: str, code: str, *, at_secs: float, took_ms: float) -> None:
        """Record a failure or a missing answer."""
        self.failures.append(Failure(kind, code, at_secs, took_ms))

    def add(self, other: Figures) -> None:
        """Add the figures measured by another process."""
        for key, buckets in other._seconds.items():
            self._seconds[key] += buckets
        self.failures += other.failures

    def kinds(self) -> list[str]:
        """Return all kinds in alphabetical order."""
        return sorted({kind for kind, _ in self._seconds} | {failure.kind for failure in self.failures})

    def whole(self, *kinds: str) -> Row:
        """Return the figures of these kinds together, over the whole load."""
        buckets: Counter[int] = Counter()
        for (kind, _), some in self._seconds.items():
            if kind in kinds:
                buckets += some
        errors = sum(failure.kind in kinds for failure in self.failures)
        return _row("all", "+".join(kinds), buckets, errors)

    def by_second(self, *, started_secs: float) -> Iterator[Row]:
        """Yield a row for each kind and second."""
        errors = Counter((failure.kind, int(failure.at_secs - started_secs)) for failure in self.failures)
        for kind, second in sorted(self._seconds.keys() | errors.keys(), key=lambda key: (key[1], key[0])):
            buckets = self._seconds.get((kind, second), Counter())
            yield _row(str(second), kind, buckets, errors[kind, second])

    def codes(self) -> dict[str, Counter[str]]:
        """Return the number of failures of each kind, by code."""
        codes: dict[str, Counter[str]] = defaultdict(Counter)
        for failure in self.failures:
            codes[failure.kind][failure.code] += 1
        return dict(codes)

    def as_json(self) -> dict[str, Any]:
        """Return all figures as plain data, for another process."""
        seconds = [[kind, second, list(buckets.items())] for (kind, second), buckets in self._seconds.items()]
        return {"seconds": seconds, "failures": [asdict(failure) for failure in self.failures]}

    @classmethod
    def of_json(cls, told: dict[str, Any]) -> Figures:
        """Return the figures that another process sent."""
        figures = cls()
        for kind, second, buckets in told["seconds"]:
            figures._seconds[kind, second] = Counter(dict(buckets))
        figures.failures = [Failure(**failure) for failure in told["failures"]]
        return figures


def write_csv(file: TextIO, rows: Iterable[Row]) -> None:
    """Write the rows under a heading."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(Row.__dataclass_fields__)
    writer.writerows([any_cell(str(getattr(row, name))) for name in Row.__dataclass_fields__] for row in rows)


def _row(second: str, kind: str, buckets: Counter[int], errors: int) -> Row:
    p50, p95, p99, most = _percentiles(buckets, (*PERCENTS, 100))
    return Row(second, kind, buckets.total(), errors, p50, p95, p99, most)


def _percentiles(buckets: Counter[int], percents: Iterable[int]) -> list[float]:
    """Return, for each percent in ascending order, the milliseconds that so many do not exceed; 0 without any."""
    ordered, whole = sorted(buckets.items()), buckets.total()
    found, seen, place = [], 0, -1
    for percent in percents:
        while place < len(ordered) - 1 and (seen * 100 < percent * whole or place < 0):
            place += 1
            seen += ordered[place][1]
        found.append(ordered[place][0] / _BUCKETS_A_MS if ordered else 0.0)
    return found
