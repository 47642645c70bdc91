"""What players fill in on pages to trade and to send money. Amounts are read as people type them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.page_forms import PercentField
from config.plain_numbers import PlainWholeNumberField
from trading.forms import BdtField
from trading.quotes import Side, Size
from trading.serializers import REASON_LENGTH

#: What a part of the balance or of the shares held can be, in percent.
PARTS = (25, 50, 75, 100)
SPEND, SHARES = "spend", "shares"

# What the database's numbers hold.
_LARGEST_CASH_MICRO = 2**63 - 1


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
    seen_cash_micro = PlainWholeNumberField(min_value=1, max_value=_LARGEST_CASH_MICRO)
    confirmed = forms.BooleanField(required=False)

    #: An order is for what stands in the input, however it came there.
    part_asked = None

    def clean(self) -> dict[str, Any]:
        """An order needs an amount."""
        super().clean()
        if self.size is None and not self.errors:
            self.add_error(self.sized_by, ValidationError("Enter an amount.", code="required"))
        return self.cleaned_data


class TransferForm(forms.Form):
    """Money for another player, under an id by which it is sent once."""

    to = forms.CharField(
        label="To",
        max_length=150,
        widget=forms.TextInput({"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
        help_text="The player's name, in any case.",
    )
    amount = BdtField(
        label="Amount",
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "placeholder": "0.00"}),
        help_text="BDT, at most 6 decimal places. There is no fee.",
    )
    note = forms.CharField(
        label="Note",
        max_length=REASON_LENGTH,
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "dir": "auto"}),
        help_text="Optional. You both see it with the transaction.",
    )
    operation = forms.UUIDField(widget=forms.HiddenInput)
