"""Administration pages of wallets, holdings and transactions, and of money from and to the outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.admin_lists import OfPlayersAdmin
from core.admin import ActionView, ReadOnlyAdmin, time_column
from core.admin_people import OfPeopleFilter
from core.errors import IdempotencyConflict
from markets.admin_lists import amount_column, grouped_text
from trading.admin_forms import OutsideMoneyForm
from trading.models import Holding, LedgerCheck, Transaction, Wallet
from trading.transaction_admin import TransactionAdmin
from trading.wallets.wallets import top_up, withdraw


class OutsideMoneyView(ActionView):
    """Money from or to the outside, for one player, who need not have a wallet yet."""

    permission = "trading.move_outside_money"
    form_class = OutsideMoneyForm
    move: Callable[..., Transaction] | None = None

    def get_initial(self) -> dict[str, Any]:
        return {"player": self.request.GET.get("player", ""), "operation": uuid4()}

    def perform(self, form: OutsideMoneyForm) -> str:
        asked, now = form.cleaned_data, timezone.now()
        assert self.move is not None
        try:
            moved = self.move(
                operation=asked["operation"],
                initiator_id=self.request.user.pk,
                player_id=asked["player"].pk,
                amount_micro=asked["amount"],
                reason=asked["reason"],
                now=now,
            )
        except IdempotencyConflict as conflict:
            raise ValidationError("This form was sent before with other values: open it anew.") from conflict
        told = f"{self.title}: {asked['player']}, {grouped_text(moved.amount_micro)} BDT, transaction {moved.pk}"
        # A form that is sent again gives the earlier transaction: done and logged already.
        if moved.at == now:
            self._log(asked["player"].pk, f"{told}. Reason: {moved.reason}")
        messages.success(self.request, told)
        return self._next_page(asked["player"].pk)

    def _log(self, player_id: int, message: str) -> None:
        assert self.model_admin is not None
        self.model_admin.log_change(self.request, Wallet.objects.get(pk=player_id), message)

    def _next_page(self, player_id: int) -> str:
        assert self.model_admin is not None
        if self.model_admin.has_view_permission(self.request):
            return reverse("admin:trading_wallet_change", args=[player_id])
        return reverse("admin:index")


@admin.register(Wallet)
class WalletAdmin(OfPlayersAdmin):
    list_display = ["player", "balance_bdt", "held_bdt", "opened"]
    list_filter = [OfPeopleFilter]

    balance_bdt = amount_column("Balance (BDT)", "balance_micro")
    held_bdt = amount_column("Held (BDT)", "held_micro")
    opened = time_column("Opened at", "opened_at")

    def get_urls(self) -> list[URLPattern]:
        return [
            self._action("top-up", top_up, "Top up", "Brings money from outside into a player's wallet."),
            self._action("withdraw", withdraw, "Withdraw", "Takes money out of a player's wallet to the outside."),
            *super().get_urls(),
        ]

    def _action(self, slug: str, move: Callable[..., Transaction], title: str, explanation: str) -> URLPattern:
        view = OutsideMoneyView.as_view(model_admin=self, move=move, title=title, explanation=explanation)
        return path(f"{slug}/", self.admin_site.admin_view(view), name=f"trading_wallet_{slug}")


@admin.register(Holding)
class HoldingAdmin(OfPlayersAdmin):
    list_display = ["player", "biome", "shares", "cost_bdt", "realised_bdt", "volume_bdt"]
    list_filter = [OfPeopleFilter, "market"]

    shares = amount_column("Shares", "shares_micro")
    cost_bdt = amount_column("Cost (BDT)", "cost_micro")
    realised_bdt = amount_column("Realised gain (BDT)", "realised_micro")
    volume_bdt = amount_column("Traded (BDT)", "volume_micro")

    @admin.display(description="Market")
    def biome(self, holding: Holding) -> str:
        return holding.market_id


admin.site.register(Transaction, TransactionAdmin)


@admin.register(LedgerCheck)
class LedgerCheckAdmin(ReadOnlyAdmin):
    list_display = ["at_utc", "invariants_broken", "took"]
    ordering = ["-at"]
    fields = ["at_utc", "took", "invariants"]

    at_utc = time_column("At", "at")

    @admin.display(description="Broken")
    def invariants_broken(self, check: LedgerCheck) -> str:
        return ", ".join(name for name, breaches in check.findings.items() if breaches) or "none"

    @admin.display(description="Took")
    def took(self, check: LedgerCheck) -> str:
        return f"{check.took_ms:,} ms"

    @admin.display(description="Invariants")
    def invariants(self, check: LedgerCheck) -> SafeString:
        lines = ((name, "; ".join(breaches) or "holds") for name, breaches in sorted(check.findings.items()))
        return format_html_join("", "<p><strong>{}</strong>: {}</p>", lines)
