"""The reader of a tape of attention: a CSV of a period, a biome and a count, one period for each cycle. Pure: bytes in,
periods out.

The header's second column is named `biome`; the first and the last are named freely.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from attention.biomes import Biome
from operations.simulation.tape_faults import (
    disorder,
    file_kind,
    folded,
    has_cr_line_ends,
    header_fault,
    missing,
    name_fault,
)

#: The most points that a biome's total can hold, over the whole tape.
MOST_POINTS = 2**63 - 1

_WHOLE_NUMBER = re.compile(r"[0-9]+")
# Longer than any number that fits, and short enough for int() of whatever is in the file.
_MOST_DIGITS = 40


class TapeRefused(Exception):
    """Raised for a faulty tape, with the line and the reason; lines count from 1, the header."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")


@dataclass(frozen=True, slots=True)
class Period:
    """One period: its points on each biome, all seven, in canonical order; 0 where the tape has none."""

    name: str
    points: dict[Biome, int] = field(default_factory=lambda: dict.fromkeys(Biome, 0))
    #: The biomes that the tape has a row of.
    told: set[Biome] = field(default_factory=set)


def read_tape(lines: Iterable[bytes]) -> list[Period]:
    """Read the periods of a tape, in the order of their first rows; rows of one period need not be neighbours.

    Raises TapeRefused for the first line that is not three columns of UTF-8 with a period, a known biome and a whole
    number of at least 0, that repeats a biome in a period, or that brings a biome above MOST_POINTS; for a tape without
    header or rows; and for what a reader would take otherwise than it is read here: columns in another order or unit,
    periods that differ in what cannot be seen, or that are there before one that they come after.
    """
    rows = _rows(lines)
    _check_header(rows)
    periods: dict[str, Period] = {}
    seen: set[tuple[str, Biome]] = set()
    totals = dict.fromkeys(Biome, 0)
    alike: dict[str, str] = {}
    first_lines: dict[str, int] = {}
    for line, row in rows:
        name, biome, points = _parse(line, row)
        if (name, biome) in seen:
            raise TapeRefused(line, f"{biome} is there twice in {name!r}")
        seen.add((name, biome))
        totals[biome] += points
        if totals[biome] > MOST_POINTS:
            raise TapeRefused(line, f"more points on {biome} than can be counted ({MOST_POINTS})")
        if name not in periods:
            first_lines[name] = line
            _check_alike(line, name, alike)
        period = periods.setdefault(name, Period(name))
        period.points[biome] = points
        period.told.add(biome)
    if not periods:
        raise TapeRefused(2, "the tape has no rows")
    if (found := disorder(periods)) is not None:
        raise TapeRefused(first_lines[found[1]], f"{found[1]!r} stands below {found[0]!r}: sort the tape")
    return list(periods.values())


def notices_of(periods: Sequence[Period]) -> list[str]:
    """Return the notices about a tape that was read: periods it skips, and rows that count as 0."""
    skipped = list(missing([period.name for period in periods]))
    notices = []
    if skipped:
        few = ", ".join(skipped[:5]) + (" ..." if skipped[5:] else "")
        notices.append(f"{len(skipped)} periods are not in the tape and are no cycles: {few}")
    absent = sum(len(Biome) - len(period.told) for period in periods)
    if absent:
        notices.append(f"{absent} of {len(periods) * len(Biome)} rows are not in the tape and count as 0")
    return notices


def _rows(lines: Iterable[bytes]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_decoded(lines), strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise TapeRefused(reader.line_num, f"not CSV: {error}") from error


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if number == 1 and (kind := file_kind(line)) is not None:
            raise TapeRefused(1, f"this is no CSV text but {kind}")
        if has_cr_line_ends(line):
            raise TapeRefused(number, "lines end in CR alone: save the file with LF or CRLF line ends")
        try:
            # Spreadsheets begin a file with a byte order mark.
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise TapeRefused(number, "not UTF-8 text") from error


def _check_header(rows: Iterator[tuple[int, list[str]]]) -> None:
    line, header = next(rows, (1, None))
    if header is None:
        raise TapeRefused(line, "the tape is empty")
    if (fault := header_fault(header)) is not None:
        raise TapeRefused(line, fault)


def _parse(line: int, row: Sequence[str]) -> tuple[str, Biome, int]:
    if len(row) != 3:
        raise TapeRefused(line, f"three columns are needed, not {len(row)}")
    name, biome, count = row
    if (fault := name_fault(name)) is not None:
        raise TapeRefused(line, fault)
    if biome not in Biome.values:
        raise TapeRefused(line, f"no biome is called {biome!r}; there are {', '.join(Biome.values)}")
    return name, Biome(biome), _points(line, count)


def _check_alike(line: int, name: str, alike: dict[str, str]) -> None:
    other = alike.setdefault(folded(name), name)
    if other != name:
        raise TapeRefused(line, f"the periods {other!r} and {name!r} look alike: are they one?")


def _points(line: int, count: str) -> int:
    if not count:
        raise TapeRefused(line, "the count is missing")
    if count.startswith("-"):
        raise TapeRefused(line, f"the count is negative: {count[:_MOST_DIGITS]}")
    if not _WHOLE_NUMBER.fullmatch(count):
        raise TapeRefused(line, f"the count is not a whole number: {count[:_MOST_DIGITS]!r}")
    if len(count) > _MOST_DIGITS:
        raise TapeRefused(line, f"the count has {len(count)} digits")
    return int(count)
