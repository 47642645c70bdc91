"""The form that makes an API key."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms

from accounts.forms import PasswordField
from accounts.keys.serializers import NAME_LENGTH, NETWORKS_MAX
from accounts.models import ApiKey

_LIFETIMES_DAYS = {"30": "30 days", "90": "90 days", "365": "A year", "": "Until it is ended"}


class KeyForm(forms.Form):
    """The form of a new API key: a name, its scopes, its lifetime and its allowed addresses."""

    name = forms.CharField(
        max_length=NAME_LENGTH, help_text="To recognise the key by.", widget=forms.TextInput({"autocomplete": "off"})
    )
    scopes = forms.MultipleChoiceField(
        label="Scopes", choices=ApiKey.Scope.choices, widget=forms.CheckboxSelectMultiple, initial=[ApiKey.Scope.READ]
    )
    lifetime_days = forms.ChoiceField(
        label="Valid for", choices=list(_LIFETIMES_DAYS.items()), required=False, initial="90"
    )
    addresses = forms.CharField(
        label="Addresses",
        required=False,
        max_length=50 * NETWORKS_MAX,
        widget=forms.Textarea({"rows": 2, "placeholder": "192.0.2.7 or 2001:db8::/32"}),
        help_text="The key works only from these IP addresses and networks. Leave it empty to allow all.",
    )
    current_password = PasswordField(label="Current password", autocomplete="current-password")

    def clean_addresses(self) -> list[str]:
        """Return the addresses and networks, which white space or commas separate.

        Raises ValidationError beyond NETWORKS_MAX.
        """
        networks = self.cleaned_data["addresses"].replace(",", " ").split()
        if len(networks) > NETWORKS_MAX:
            raise forms.ValidationError(f"{NETWORKS_MAX} at most.", code="max_length")
        return list(networks)

    def wanted(self, now: datetime) -> dict[str, Any]:
        """Return the arguments for `accounts.keys.registry.make_key`."""
        asked = self.cleaned_data
        days = asked["lifetime_days"]
        return {
            "name": asked["name"],
            "scopes": asked["scopes"],
            "networks": asked["addresses"],
            "expires_at": now + timedelta(days=int(days)) if days else None,
            "current_password": asked["current_password"],
        }
