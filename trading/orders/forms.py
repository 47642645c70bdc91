"""Forms for trading and for sending money. Amounts are read as people type them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.forms import PercentField
from core.web.form_fields import PlainWholeNumberField
from trading.fields import BdtField
from trading.pricing.quotes import Side, Size

#: What a part of the balance or of the shares held can be, in percent.
PARTS = (25, 50, 75, 100)
SPEND, SHARES, RECEIVE = "spend", "shares", "receive"
#: How far the price may move, in percent, to choose.
TOLERANCES = (5, 10, 20)
ANY = "any"

# What the database's numbers hold.
_LARGEST_CASH_MICRO = 2**63 - 1


class ToleranceField(PercentField):
    """The field for a trade's price tolerance: a percentage, or any."""

    def clean(self, value: Any) -> int | None:  # type: ignore[override]  # None is an answer here
        """Return the basis points; None for no limit."""
        return None if value == ANY else super().clean(value)


class QuoteForm(forms.Form):
    """The form of a quote: an amount of BDT or of shares, or a part of the player's property.

    Of the amounts only the one that `sized_by` names is read; the others keep what was typed into them before.
    """

    side = forms.TypedChoiceField(choices=[(side.value, side.value) for side in Side], coerce=Side)
    by = forms.ChoiceField(choices=[(SPEND, SPEND), (SHARES, SHARES)], required=False)
    sell_by = forms.ChoiceField(choices=[(SHARES, SHARES), (RECEIVE, RECEIVE)], required=False)
    spend = forms.CharField(required=False)
    receive = forms.CharField(required=False)
    shares = forms.CharField(required=False)
    part = forms.TypedChoiceField(
        choices=[(part, part) for part in PARTS], coerce=int, required=False, empty_value=None
    )
    tolerance = ToleranceField()

    #: The size that was typed, once the form was cleaned; None where none was, or none that makes sense.
    size: Size | None = None

    @property
    def sized_by(self) -> str:
        """Return the name of the field whose amount counts, by the unit of the side. Parts of a sale are of shares."""
        if self["side"].value() == Side.SELL:
            return RECEIVE if self["sell_by"].value() == RECEIVE and not self["part"].value() else SHARES
        return SHARES if self["by"].value() == SHARES else SPEND

    @property
    def part_asked(self) -> int | None:
        """Return the part in percent that counts in place of an amount; None where none was asked for."""
        return self.cleaned_data.get("part") if self.is_bound else None

    def clean(self) -> dict[str, Any]:
        """Read the amount, unless it is empty or a part replaces it."""
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
            self.size = Size(side, **{f"{by}_micro": amount_micro})


class TradeForm(QuoteForm):
    """An order, with its own id, by which it is executed once, and the market's cash at the quote that the player
    saw.
    """

    operation = forms.UUIDField()
    seen_cash_micro = PlainWholeNumberField(min_value=1, max_value=_LARGEST_CASH_MICRO)
    confirmed = forms.BooleanField(required=False)

    #: An order is for what stands in the input, however it came there.
    part_asked = None

    def clean(self) -> dict[str, Any]:
        """Require an amount. The error is added to the field that `sized_by` names."""
        super().clean()
        if self.size is None and not self.errors:
            self.add_error(self.sized_by, ValidationError("Enter an amount.", code="required"))
        return self.cleaned_data
