"""Return all parcels, row by row. Raises ValueError for a world too small to have every biome."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")


def one_line(text: str) -> str:
    """The worth of land to its owners: queries only, which `trading.land` makes a part of every worth.

    A parcel counts at the world's current asking price, offered for sale or not: `prices.base_price`, to the
    micro-BDT. Payments and receipts for land are in `LandAccount`, which the database itself keeps when a parcel
    changes hands.
    """
    return " ".join(_visible(text).split())


def many_lines(text: str) -> str:
    """A description: as `one_line`, with its lines kept, two empty ones at most."""
    lines = (line.strip() for line in _SPACES.sub(" ", _visible(text)).split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _visible(text: str) -> str:
    # Category C: control characters, and the invisible ones that turn text around or hide in it.
    kept = (
        mark if mark == "\n" or unicodedata.category(mark)[0] != "C" else " " for mark in text.replace("\r\n", "\n")
    )
    return unicodedata.normalize("NFKC", "".join(kept))
