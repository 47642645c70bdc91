"""What the tests of the marketplace's pages read of a page."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

HTMX = {"HX-Request": "true"}
MOST_QUERIES = 12


def html(response: Any) -> str:
    """The page's text, as it was before it was escaped, and without the boxes around what players write."""
    return re.sub("</?bdi>", "", unescape(response.content.decode()))


def codes(response: Any) -> list[str]:
    """The refusals on a page, from its top."""
    return re.findall(r'data-code="(\w+)"', html(response))


def rows(response: Any) -> list[int]:
    """The listings in a page's table, from its top."""
    return [int(number) for number in re.findall(r'<tr role="row" data-listing="(\d+)"', html(response))]
