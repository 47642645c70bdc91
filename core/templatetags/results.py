"""The rows of the administrators' lists: on a phone each is a card of values with their columns' names, none empty."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

register = template.Library()

_CELL = re.compile(r"<(t[dh])")
# Text is not all that can be seen.
_SHOWN = re.compile("<(img|input)")
_EMPTY = ("", "-")
# A card is no table to a browser: what its parts are has to be said.
_ROLES = {"td": "cell", "th": "rowheader"}


@register.filter
def named_cells(row: Iterable[SafeString], headers: list[dict[str, Any]]) -> SafeString:
    """Return the cells of a row, as Django's admin renders them, each with its role and the name of its column."""
    named = (_named(cell, header["text"]) for cell, header in zip(row, headers, strict=True))
    return mark_safe("".join(named))  # noqa: S308  # cells are markup already, and names are escaped


def _named(cell: SafeString, header: str) -> str:
    # The header of the checkboxes is one itself.
    name = "" if isinstance(header, SafeString) else capfirst(header)
    found = _CELL.match(cell)
    assert found is not None
    attributes = format_html(' role="{}" data-name="{}"', _ROLES[found[1]], name)
    emptiness = "" if _SHOWN.search(cell) or strip_tags(cell) not in _EMPTY else " data-empty"
    return f"{found[0]}{attributes}{emptiness}{cell[found.end() :]}"
