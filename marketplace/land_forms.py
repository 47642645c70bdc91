"""What the page of a parcel takes."""

from __future__ import annotations

from django import forms

from config.plain_numbers import PlainWholeNumberField
from trading.serializers import REASON_LENGTH


class BuyParcelForm(forms.Form):
    """Buying from the world: the price that was seen, and the id by which it is bought once."""

    operation = forms.UUIDField(widget=forms.HiddenInput)
    most_micro = PlainWholeNumberField(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)


class GiveParcelForm(forms.Form):
    """A parcel for another player."""

    operation = forms.UUIDField(widget=forms.HiddenInput)
    to = forms.CharField(label="To", max_length=150, help_text="The player's name.")
    note = forms.CharField(
        label="Note", max_length=REASON_LENGTH, required=False, widget=forms.TextInput({"dir": "auto"})
    )
    confirmed = forms.BooleanField(label="Yes, give it away for nothing. It cannot be taken back.")
