"""Amounts as people type them: "0,5", "1,000.50", "1 000". Pure; `static/js/amounts.js` reads the same.

Forms on pages read by this. The API takes plain decimal strings only.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

DECIMAL_PLACES = 6
WHOLE_DIGITS = 13
_LONGEST_TEXT = 64

_ARABIC_POINT = "\u066b"
_SPACES = "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# Marks that set the direction of what was copied, and show nothing.
_UNSEEN = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
_MINUSES = "-\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"
_SAME = {
    **dict.fromkeys(map(ord, _SPACES), " "),
    **dict.fromkeys(map(ord, _UNSEEN)),
    **dict.fromkeys(map(ord, "\u2019\u2018\u02bc\uff07"), "'"),
    **dict.fromkeys(map(ord, "\u060c\uff0c"), ","),
    **dict.fromkeys(map(ord, "\uff0e"), "."),
    **dict.fromkeys(map(ord, "\uff0b"), "+"),
}

_UNIT = r"(?:BDT|\u09f3)"
_BODY = r"([0-9.,' \u066b\u066c]*[0-9][0-9.,' \u066b\u066c]*?)"
_SHAPE = re.compile(rf"(?!.*{_UNIT}.*{_UNIT}) *(?:{_UNIT} *\+?|\+? *{_UNIT}?) *{_BODY} *{_UNIT}? *", re.IGNORECASE)
_UNGROUPED = re.compile(r"[0-9]*")
_BY_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}([.,' \u066c])[0-9]{3}(?:\1[0-9]{3})*")
_INDIAN = re.compile(r"[1-9][0-9]?([,' \u066c])[0-9]{2}(?:\1[0-9]{2})*\1[0-9]{3}")
_COULD_BE_GROUPED = re.compile(r"([1-9][0-9]{0,2}),([0-9]{3})")

_UNREADABLE = "Write a number in digits, like 1000.50."


class UnreadableAmount(ValueError):
    """Raised for text that is no amount, or could be two. `code` is a stable word; the text says how to write it."""

    def __init__(self, message: str, *, code: str = "invalid") -> None:
        self.code = code
        super().__init__(message)


def read_amount(text: str) -> Decimal:
    """Return the amount of 0 or more in `text`, with at most 6 places. Raises UnreadableAmount.

    A single point is the decimal point. A comma before three digits could be either, and is refused.
    """
    if len(text) > _LONGEST_TEXT:
        raise UnreadableAmount("This number is too long.")
    plain = _digits_of_ours(text.translate(_SAME))
    if plain.strip(" ")[:1] in tuple(_MINUSES):
        raise UnreadableAmount("Write a number without a minus.")
    shape = _SHAPE.fullmatch(plain)
    if shape is None:
        raise UnreadableAmount(_UNREADABLE)
    return _read_body(shape[1])


def _digits_of_ours(text: str) -> str:
    """Return the text with the digits of one other script as 0 to 9. Of two scripts, digits that look alike differ."""
    zeros = {ord(letter) - unicodedata.decimal(letter) for letter in text if letter.isdecimal()}
    if len(zeros) > 1:
        raise UnreadableAmount("Write all digits in one script.")
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)


def _read_body(body: str) -> Decimal:
    mark = _decimal_mark(body)
    grouped, _, places = body.rpartition(mark) if mark else (body, "", "")
    if not _UNGROUPED.fullmatch(places) or not any(
        pattern.fullmatch(grouped) for pattern in (_UNGROUPED, _BY_THOUSANDS, _INDIAN)
    ):
        raise UnreadableAmount(_UNREADABLE)
    whole = re.sub("[^0-9]", "", grouped).lstrip("0") or "0"
    if len(places) > DECIMAL_PLACES:
        raise UnreadableAmount(f"Write at most {DECIMAL_PLACES} decimal places.")
    if len(whole) > WHOLE_DIGITS:
        raise UnreadableAmount("This number is too long.")
    return Decimal(f"{whole}.{places}" if places else whole)


def _decimal_mark(body: str) -> str:
    """Return the sign before the decimals, "" where there are none. Raises UnreadableAmount for an ambiguous one."""
    if _ARABIC_POINT in body:
        return _ARABIC_POINT
    points, commas = body.count("."), body.count(",")
    if points and commas:
        return max(".,", key=body.rindex)
    if points == 1:
        return "."
    if commas != 1:
        return ""
    if either := _COULD_BE_GROUPED.fullmatch(body):
        whole, rest = either.groups()
        raise UnreadableAmount(
            f"{body} can be read in two ways. Write {whole}{rest} or {whole}.{rest}.", code="ambiguous_amount"
        )
    return ","
