"""Readers of pages for the tests of the marketplace."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

HTMX = {"HX-Request": "true"}
MOST_QUERIES = 12


def html(response: Any) -> str:
    """Return the page's text, unescaped, and without the boxes around players' texts."""
    return re.sub("</?bdi>", "", unescape(response.content.decode()))


def codes(response: Any) -> list[str]:
    """Return the codes of the refusals on a page, from its top."""
    return re.findall(r'data-code="(\w+)"', html(response))


def rows(response: Any) -> list[int]:
    """Return the listings in a page's table, from its top."""
    return [int(number) for number in re.findall(r'<tr role="row" data-listing="(\d+)"', html(response))]
