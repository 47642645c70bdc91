"""Forms of a parcel's page."""

from __future__ import annotations

from typing import Any

from django import forms

from core.web.form_fields import PlainWholeNumberField
from markets.money import BPS_WHOLE
from trading.orders.forms import ToleranceField
from trading.serializers import REASON_LENGTH

# What the database's numbers hold.
_LARGEST_MICRO = 2**63 - 1


class ToleranceOrNothing(ToleranceField):
    """The tolerance's field, which pages of the last version do not send."""

    def clean(self, value: Any) -> int | None:  # type: ignore[override]  # as above it
        """Return the basis points; None for no limit, or for nothing."""
        return super().clean(value) if value else None


class BuyParcelForm(forms.Form):
    """The form for buying from the world: the price on the page, the tolerance above it, and an id to buy by once.

    A page of the last version, open while this one came, sends the most that it would pay, and nothing else.
    """

    operation = forms.UUIDField(widget=forms.HiddenInput)
    seen_micro = PlainWholeNumberField(min_value=1, max_value=_LARGEST_MICRO, required=False)
    tolerance = ToleranceOrNothing(required=False)
    most_micro = PlainWholeNumberField(min_value=1, max_value=_LARGEST_MICRO, required=False)
    confirmed = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """Require the price on the page, with its tolerance, or the most to pay."""
        asked = self.cleaned_data
        if asked.get("most_micro") is None and not self.errors:
            for name in ("seen_micro", "tolerance"):
                if not self[name].value():
                    self.add_error(name, forms.ValidationError("This field is required.", code="required"))
        return asked

    @property
    def limit_micro(self) -> int | None:
        """Return the most to pay, from a valid form; None for any price."""
        asked = self.cleaned_data
        if asked["seen_micro"] is None:
            most: int = asked["most_micro"]
            return most
        return None if asked["tolerance"] is None else at_most(asked["seen_micro"], asked["tolerance"])


class GiveParcelForm(forms.Form):
    """The form for giving a parcel to another player."""

    operation = forms.UUIDField(widget=forms.HiddenInput)
    to = forms.CharField(
        label="To",
        max_length=150,
        widget=forms.TextInput({"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
        help_text="The player's name, in any case.",
    )
    note = forms.CharField(
        label="Note", max_length=REASON_LENGTH, required=False, widget=forms.TextInput({"dir": "auto"})
    )


def at_most(seen_micro: int, tolerance_bps: int) -> int:
    """Return the highest price within a tolerance, rounded down. static/js/land_price.js computes the same."""
    return seen_micro * (BPS_WHOLE + tolerance_bps) // BPS_WHOLE
