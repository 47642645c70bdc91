"""The report of a benchmark: figures over several rounds, and ratios taken round by round, side by side."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from embedded.places import CHECKOUT


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity, measured once a round."""

    name: str
    unit: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the median of the rounds."""
        return statistics.median(self.values)


@dataclass(slots=True)
class Report:
    """A benchmark's figures, and notes on how they were taken."""

    name: str
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, unit: str, values: Sequence[float]) -> None:
        """Add a figure."""
        self.figures.append(Figure(name, unit, tuple(values)))

    def add_ratio(self, name: str, ours: Sequence[float], theirs: Sequence[float]) -> None:
        """Add ours over theirs, round by round."""
        self.add(name, "x", [one / other for one, other in zip(ours, theirs, strict=True)])


def in_turns(contenders: Mapping[str, Callable[[], float]], *, rounds: int) -> dict[str, list[float]]:
    """Run each contender once a round, in reverse order each second round, after a round that does not count."""
    measured: dict[str, list[float]] = {name: [] for name in contenders}
    for name in contenders:
        contenders[name]()
    for turn in range(rounds):
        names = list(contenders) if turn % 2 == 0 else list(contenders)[::-1]
        for name in names:
            measured[name].append(contenders[name]())
    return measured


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def commit() -> str:
    """Return the measured commit, with a plus where files differ from it; "unknown" outside a clone."""
    command = ["git", "describe", "--always", "--exclude=*", "--dirty=+"]
    try:
        return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def print_table(report: Report) -> None:
    """Print the figures: median, least and most of the rounds."""
    width = max((len(figure.name) for figure in report.figures), default=0)
    lines = [f"\n{report.name} at {commit()}: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"]
    lines.append(f"  {'':{width}}  {'median':>12} {'least':>12} {'most':>12}")
    for figure in report.figures:
        row = "".join(f" {_number(value):>12}" for value in (figure.median, min(figure.values), max(figure.values)))
        lines.append(f"  {figure.name:{width}} {row} {figure.unit}")
    lines += [f"  {note}" for note in report.notes]
    sys.stdout.write("\n".join(lines) + "\n")


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as plain data."""
    return {
        "name": report.name,
        "commit": commit(),
        "figures": [
            {"name": figure.name, "unit": figure.unit, "median": figure.median, "values": figure.values}
            for figure in report.figures
        ],
        "notes": report.notes,
    }


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"
