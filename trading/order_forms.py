"""What players fill in on pages to trade. Amounts are read by the same rules as in the API."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from trading.forms import BdtField
from trading.quotes import Side, Size

#: What a part of the balance or of the shares held can be, in percent.
PARTS = (25, 50, 75, 100)
SPEND, SHARES = "spend", "shares"

# ASCII digits only, as in amounts.
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")
_BPS_OF_PERCENT = 100
_PERCENT_WHOLE = 100
# What the database's numbers hold.
_LARGEST_CASH_MICRO = 2**63 - 1


class PercentField(forms.CharField):
    """A percentage from 0 to 100 with at most two decimal places, in basis points."""

    def clean(self, value: Any) -> int:
        """Basis points. Raises ValidationError: required, invalid, max_value."""
        text = super().clean(value)
        if not _PERCENT.fullmatch(text):
            raise ValidationError("A percentage with at most 2 decimal places is required.", code="invalid")
        percent = Decimal(text)
        if percent > _PERCENT_WHOLE:
            raise ValidationError("The percentage must not be above 100.", code="max_value")
        return int(percent * _BPS_OF_PERCENT)


class QuoteForm(forms.Form):
    """How much of what: an amount of BDT or of shares, or a part of what the player has.

    Of the two amounts only the one that `sized_by` names is read; the other keeps what was typed into it before.
    """

    side = forms.TypedChoiceField(choices=[(side.value, side.value) for side in Side], coerce=Side)
    by = forms.ChoiceField(choices=[(SPEND, SPEND), (SHARES, SHARES)], required=False)
    spend = forms.CharField(required=False)
    shares = forms.CharField(required=False)
    part = forms.TypedChoiceField(
        choices=[(part, part) for part in PARTS], coerce=int, required=False, empty_value=None
    )
    tolerance = PercentField()

    #: The size that was typed, once the form was cleaned; None where none was, or none that makes sense.
    size: Size | None = None

    @property
    def sized_by(self) -> str:
        """The field whose amount counts: a sale names shares, a buy the one or the other."""
        if self["side"].value() == Side.SELL or self["by"].value() == SHARES:
            return SHARES
        return SPEND

    @property
    def part_asked(self) -> int | None:
        """The part in percent that counts in place of an amount; None where none was asked for."""
        return self.cleaned_data.get("part") if self.is_bound else None

    def clean(self) -> dict[str, Any]:
        """Read the amount, unless it is empty or a part takes its place."""
        text = self.cleaned_data.get(self.sized_by)
        if text and "side" in self.cleaned_data and self.part_asked is None:
            self._read_size(text)
        return self.cleaned_data

    def _read_size(self, text: str) -> None:
        side, by = self.cleaned_data["side"], self.sized_by
        try:
            amount_micro = BdtField().clean(text)
        except ValidationError as refusal:
            self.add_error(by, refusal)
        else:
            self.size = Size(side, shares_micro=amount_micro) if by == SHARES else Size(side, spend_micro=amount_micro)


class TradeForm(QuoteForm):
    """An order: its own id, by which it is carried out once, and the market's cash at the quote that the player saw."""

    operation = forms.UUIDField()
    seen_cash_micro = forms.IntegerField(min_value=1, max_value=_LARGEST_CASH_MICRO)
    confirmed = forms.BooleanField(required=False)

    #: An order is for what stands in the input, however it came there.
    part_asked = None

    def clean(self) -> dict[str, Any]:
        """An order needs an amount."""
        super().clean()
        if self.size is None and not self.errors:
            self.add_error(self.sized_by, ValidationError("Enter an amount.", code="required"))
        return self.cleaned_data
