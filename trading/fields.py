"""Amounts in requests and forms: decimal strings of BDT, shares or prices, read into whole micro-units."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from core.web.form_fields import typed_amount
from markets.money import DECIMAL_PLACES, to_micro

# ASCII digits only: no sign, exponent, NaN, or digits of other scripts, which Decimal itself would take.
_AMOUNT = re.compile(rf"[0-9]{{1,13}}(\.[0-9]{{1,{DECIMAL_PLACES}}})?")


@extend_schema_field(
    {
        "type": "string",
        # Not all of it zeros.
        "pattern": rf"^(?=.*[1-9])[0-9]{{1,13}}(\.[0-9]{{1,{DECIMAL_PLACES}}})?$",
        "example": "100.00",
    }
)
class AmountField(serializers.Field[int, Any, int, Any]):
    """A positive amount with at most six decimal places; `validated_data` holds micro-units."""

    default_error_messages = {
        "invalid": "A positive decimal number with at most 6 decimal places is required.",
        "min_value": "The amount must be above 0.",
        "max_value": "The amount must not be above {most}.",
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "BDT.")
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        """Return micro-units. Raises ValidationError: invalid, min_value, max_value."""
        if not isinstance(data, str) or not _AMOUNT.fullmatch(data):
            self.fail("invalid")
        micro = to_micro(Decimal(data))
        if micro == 0:
            self.fail("min_value")
        if micro > to_micro(settings.LARGEST_AMOUNT_BDT):
            self.fail("max_value", most=settings.LARGEST_AMOUNT_BDT)
        return micro


class BdtField(forms.CharField):
    """An amount of BDT or shares as people type it, in micro-units, within the same bounds as in the API."""

    widget = forms.TextInput({"inputmode": "decimal", "class": "number"})

    def clean(self, value: Any) -> int:
        """Return micro-units. Raises ValidationError for unreadable amounts, and for those that the API refuses."""
        text = f"{typed_amount(super().clean(value)):f}"
        try:
            return AmountField().to_internal_value(text)
        except serializers.ValidationError as refusal:
            [detail] = cast(list[ErrorDetail], refusal.detail)
            raise ValidationError(str(detail), code=detail.code) from refusal
