"""Forms of administrators for moving money into and out of the exchange."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User
from core.admin import ReasonForm
from core.errors import UnknownPlayer
from markets.admin_lists import grouped_text
from trading.fields import BdtField
from trading.models import Wallet
from trading.wallets.wallets import player_named


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
