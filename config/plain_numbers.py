"""Numbers in forms: digits as people type them. Django's own fields also take exponents, and digits of any script."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

_WHOLE = re.compile(r"-?[0-9]{1,19}")
_DECIMAL = re.compile(r"(?!-0*\.?0*$)-?[0-9]{1,19}(\.[0-9]{1,19})?")


class PlainWholeNumberField(forms.IntegerField):
    """An integer."""

    def to_python(self, value: Any) -> int | None:
        """The integer, None for nothing. Raises ValidationError."""
        return super().to_python(_plain(self, value, _WHOLE))


class PlainDecimalField(forms.DecimalField):
    """A number with a point, or without."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs derive it from integers
        """The number, None for nothing. Raises ValidationError."""
        return super().to_python(_plain(self, value, _DECIMAL))


def _plain(field: forms.Field, value: Any, pattern: re.Pattern[str]) -> Any:
    text = str(value).strip()
    if value not in field.empty_values and not pattern.fullmatch(text):
        raise ValidationError(field.error_messages["invalid"], code="invalid")
    return value
