"""Forms of administrators for moving money into and out of the exchange."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.models import User
from core.admin import ReasonForm
from core.errors import UnknownPlayer
from core.web.form_fields import typed_amount
from markets.admin_columns import grouped_text
from trading.fields import AmountField
from trading.models import Wallet
from trading.wallets.wallets import player_named


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


class OutsideMoneyForm(ReasonForm):
    """A top-up or a withdrawal. The operation id makes it happen once, however often the form is sent."""

    player = forms.CharField(max_length=150, help_text="Username.")
    amount = BdtField(help_text="BDT, at most 6 decimal places.")
    operation = forms.UUIDField(widget=forms.HiddenInput)

    field_order = ["player", "amount", "reason"]

    def clean_player(self) -> User:
        """Return the player. Raises ValidationError where there is none of that name."""
        try:
            return player_named(self.cleaned_data["player"], attr="player", closed_too=True)
        except UnknownPlayer as refusal:
            raise ValidationError(refusal.detail) from refusal

    def summary(self) -> list[tuple[str, str]]:
        """Return the facts to confirm: the player, the balance and the amount."""
        player = self.cleaned_data["player"]
        wallet = Wallet.objects.filter(player=player).first()
        return [
            ("Player", player.username),
            ("Balance now", f"{grouped_text(wallet.balance_micro)} BDT" if wallet else "no wallet yet"),
            ("Amount", f"{grouped_text(self.cleaned_data['amount'])} BDT"),
            *super().summary(),
        ]
