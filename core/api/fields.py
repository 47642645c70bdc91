"""Serializer fields that accept exactly their type, and nothing that only looks like it."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers

_WHOLE = re.compile(r"-?[0-9]{1,19}")


class TextField(serializers.CharField):
    """A string. It refuses numbers and truth values, which the library would convert."""

    def to_internal_value(self, data: Any) -> str:
        """Return the string, without white space around it unless it is kept. Raises ValidationError: invalid."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class NumberInAddressField(serializers.IntegerField):
    """An integer in a query parameter: ASCII digits only."""

    def to_internal_value(self, data: Any) -> int:
        """Return the integer. Raises ValidationError: invalid."""
        if not _WHOLE.fullmatch(data):
            self.fail("invalid")
        return int(data)


class WholeNumberField(serializers.IntegerField):
    """A whole number in JSON: 3 and 3.0, but neither "3" nor true."""

    def to_internal_value(self, data: Any) -> int:
        """Return the integer. Raises ValidationError: invalid."""
        if type(data) is float and data.is_integer():
            return int(data)
        if type(data) is not int:
            self.fail("invalid")
        return data


class DecimalText(serializers.CharField):
    """The field of a decimal number in replies, a string with two to six places.

    `help_text` says its meaning and unit.
    """

    unit = ""
    pattern = r"^[0-9]+\.[0-9]{2,6}$"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", self.unit)
        super().__init__(**kwargs)


class BdtText(DecimalText):
    """An amount of money."""

    unit = "BDT."


class BdtChangeText(DecimalText):
    """Money gained or lost."""

    unit = "BDT; negative where it was lost or paid."
    pattern = r"^-?[0-9]+\.[0-9]{2,6}$"


class PriceText(DecimalText):
    """A price."""

    unit = "BDT a share."


class SharesText(DecimalText):
    """A number of shares."""

    unit = "Shares."


class PercentText(DecimalText):
    """A percentage, as a part or a change."""

    unit = "Percent."
    pattern = r"^-?[0-9]+\.[0-9]{2,6}$"
