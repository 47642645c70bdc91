"""Cells of the exchange's CSV files: numbers unchanged, and no text that a spreadsheet would run."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
# What a spreadsheet takes for the beginning of a formula, in full width too, at the beginning of a text or after
# whatever a sheet of another country, or one that knows no quotes, would begin a new cell at.
_FORMULA = re.compile(r"""(^|[;,|"\t\r\n\v\f\x85\u2028\u2029])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])""")
_BEGINS_A_CELL = ("\t", "\r", "\n")


def text_cell(text: str) -> str:
    """Return a player's text, with an apostrophe before whatever would begin a formula in it."""
    marked = _FORMULA.sub(r"\1\2'", text)
    return f"'{marked}" if marked.startswith(_BEGINS_A_CELL) else marked


def any_cell(cell: str) -> str:
    """Return a number unchanged, and all else as `text_cell` does."""
    return cell if _NUMBER.fullmatch(cell) else text_cell(cell)
