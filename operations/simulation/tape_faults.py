"""Causes for refusing a tape: files that are no tape, and rows that would be read otherwise than meant. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

_BEGINNINGS = {
    b"PK\x03\x04": "an Excel workbook (xlsx) or another zip file: save it as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (xls): save it as CSV UTF-8",
    b"\x1f\x8b": "compressed (gzip): unpack it",
    b"\xff\xfe": "UTF-16 text: save it as CSV UTF-8",
    b"\xfe\xff": "UTF-16 text: save it as CSV UTF-8",
    b"%PDF": "a PDF",
}
_SEPARATORS = {";": "`;`", "\t": "tabs", "|": "`|`"}
_UNIT = re.compile(r"%|percent|thousand|million|lakh|crore|\bk\b|\b000\b|average|\bshare\b|\brate\b", re.IGNORECASE)
_PERIODS = frozenset({"cycle", "date", "day", "hour", "minute", "month", "period", "quarter", "time", "week", "year"})
_COUNTS = frozenset({"attention", "clicks", "count", "points", "views", "visitors", "visits"})
_NUMBERED = re.compile(r"(?P<head>[^0-9]*)(?P<number>[0-9]{1,18})")
_DATED = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2}([T ][0-9:.]+Z?)?)?")


def file_kind(first: bytes) -> str | None:
    """Return the kind of a file by its first line, where it is not lines of text; None otherwise."""
    return next((kind for beginning, kind in _BEGINNINGS.items() if first.startswith(beginning)), None)


def has_cr_line_ends(first: bytes) -> bool:
    """Return whether lines end in CR alone, as old spreadsheets for the Macintosh write them."""
    return b"\r" in first.rstrip(b"\r\n")


def header_fault(header: Sequence[str]) -> str | None:
    """Return why the rows below a header would be misread; None where no reason is found."""
    whole = ",".join(header)
    for separator, name in _SEPARATORS.items():
        if len(header) == 1 and separator in whole:
            return f"the columns are separated by {name}, and must be by commas"
    if len(header) != 3 or header[1] != "biome":
        return f"the header must be three columns, the second `biome`, not {whole!r}"
    first, last = header[0].strip().casefold(), header[2].strip().casefold()
    if first in _COUNTS or last in _PERIODS:
        return f"the period comes first and the count last, not {whole!r}"
    if _UNIT.search(last):
        return f"the last column must be a count, and {header[2]!r} names another unit"
    return None


def name_fault(name: str) -> str | None:
    """Return the fault of a period's name; None without any."""
    if not name:
        return "the period is missing"
    if name != name.strip() or not name.isprintable():
        return f"the period {name!r} has white space around it, or characters that cannot be seen"
    return None


def folded(name: str) -> str:
    """Return a period's normal form: without case, forms of letters, and zeros before a number."""
    text = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", text)


def disorder(names: Iterable[str]) -> tuple[str, str] | None:
    """Return the first period that comes too early, and the one that it should follow; None in good order.

    Known of numbers, of numbers behind one and the same word, and of dates as 2026-01 or 2026-01-31; others may have
    any order.
    """
    listed = list(names)
    places = _places(listed)
    if places is None:
        return None
    pairs = zip(listed, listed[1:], places, places[1:], strict=False)
    return next(((one, other) for one, other, place, next_place in pairs if next_place < place), None)


def missing(names: Sequence[str]) -> Iterator[str]:
    """Yield the numbers that a tape of numbered periods, such as `w3`, skips; nothing for any other."""
    found = [_NUMBERED.fullmatch(name) for name in names]
    heads = {match["head"] for match in found if match}
    if not all(found) or len(heads) != 1:
        return
    numbers = [int(match["number"]) for match in found if match]
    present, [head] = set(numbers), heads
    yield from (f"{head}{number}" for number in range(min(numbers), max(numbers)) if number not in present)


def _places(names: Sequence[str]) -> list[Any] | None:
    if all(_DATED.fullmatch(name) and _is_date(name) for name in names):
        return [name.replace(" ", "T") for name in names]
    found = [_NUMBERED.fullmatch(name) for name in names]
    if all(found) and len({match["head"] for match in found if match}) == 1:
        return [int(match["number"]) for match in found if match]
    return None


def _is_date(name: str) -> bool:
    try:
        date.fromisoformat(f"{name[:7]}-01" if len(name) == 7 else name[:10])
    except ValueError:
        return False
    return True
