"""Fields of JSON that take what they say, and nothing that only looks like it."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers

_WHOLE = re.compile(r"-?[0-9]{1,19}")


class TextField(serializers.CharField):
    """A string. Not a number or a truth value, which the library would write out."""

    def to_internal_value(self, data: Any) -> str:
        """The string, without white space around it unless it is kept. Raises ValidationError: invalid."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class NumberInAddressField(serializers.IntegerField):
    """An integer behind the question mark of an address: digits, of ours."""

    def to_internal_value(self, data: Any) -> int:
        """The integer. Raises ValidationError: invalid."""
        if not _WHOLE.fullmatch(data):
            self.fail("invalid")
        return int(data)


class WholeNumberField(serializers.IntegerField):
    """A number without a part behind the point, as JSON has it: 3 and 3.0. Not "3", not true."""

    def to_internal_value(self, data: Any) -> int:
        """The integer. Raises ValidationError: invalid."""
        if type(data) is float and data.is_integer():
            return int(data)
        if type(data) is not int:
            self.fail("invalid")
        return data
