"""A parser of JSON that accepts only unambiguous text."""

from __future__ import annotations

import json
from typing import Any


def read_json(text: str) -> Any:
    """Parse JSON text. Raises ValueError for any fault in it.

    So it does for duplicate names in one object, numbers that are none, halves of characters, and endless nesting.
    """
    try:
        content = json.loads(text, object_pairs_hook=_unambiguous, parse_constant=_refuse)
        if "\\u" in text:
            # A half of a character has no place in any text that is written.
            json.dumps(content, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    return content


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return members


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")
