"""Forms of the pages of wallets."""

from __future__ import annotations

from django import forms

from trading.fields import BdtField
from trading.serializers import REASON_LENGTH


class TransferForm(forms.Form):
    """A transfer to another player, with an id by which it is sent once."""

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
