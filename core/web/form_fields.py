"""Number fields of forms. Django's own fields also take exponents, and write "invalid" beside "0,5"."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.typed_amounts import UnreadableAmount, read_amount

_WHOLE = re.compile(r"-?[0-9]{1,19}")


class PlainWholeNumberField(forms.IntegerField):
    """The field of an integer in plain digits, which programs fill in."""

    def to_python(self, value: Any) -> int | None:
        """Return the integer, None for nothing. Raises ValidationError."""
        if value not in self.empty_values and not _WHOLE.fullmatch(str(value).strip()):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class TypedDecimalField(forms.DecimalField):
    """The field of a number of 0 or more as people type it."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs derive it from integers
        """Return the number, None for nothing. Raises ValidationError."""
        return None if value in self.empty_values else typed_amount(str(value))


def typed_amount(text: str) -> Decimal:
    """Read an amount in a form. Raises ValidationError with the message and code of `read_amount`."""
    try:
        return read_amount(text)
    except UnreadableAmount as refusal:
        raise ValidationError(str(refusal), code=refusal.code) from refusal
