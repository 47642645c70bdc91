"""The page for sending money to another player, with a confirmation that names the receiver."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from accounts.models import User
from accounts.requests import player_of
from core.database.transactions import retry_deadlocks
from core.errors import DomainError, InsufficientFunds, OwnWallet
from core.web.form_errors import operation_for, refuse, with_status
from core.web.rate_limits import limit_money
from core.web.requests import get_or_post
from markets.money import micro_text
from trading.models import Kind, Transaction
from trading.wallets.forms import TransferForm
from trading.wallets.wallets import receiver_named, transfer, wallet_or_empty

#: What of the address fills the form: /transfer/?to=bob
FILLED_BY = ("to", "amount", "note")


@dataclass(frozen=True, slots=True)
class Review:
    """The transfer to confirm, its amounts as decimal strings of BDT."""

    payee: User
    amount: str
    balance_after: str


@get_or_post
@login_required
@never_cache
@limit_money
@retry_deadlocks
def send_money(request: HttpRequest) -> HttpResponse:
    """Ask for the receiver and the amount, show both to confirm, then send it once."""
    player = player_of(request)
    if request.method != "POST":
        filled = {name: request.GET.get(name, "") for name in FILLED_BY}
        return _page(request, TransferForm(initial=filled), sent=_sent(request, player))
    form = TransferForm(request.POST)
    if not form.is_valid() or "edit" in request.POST:
        return _page(request, form)
    try:
        payee = receiver_named(form.cleaned_data["to"], attr="to")
        if "confirmed" not in request.POST:
            return _page(request, form, review=_reviewed(player, payee, form.cleaned_data["amount"]))
        _send(player, payee, form)
    except DomainError as refusal:
        refuse(form, refusal)
        return _page(request, form, refusal=refusal)
    # To an address of its own: to load that page again sends nothing.
    return redirect(f"{reverse('send-money')}?{urlencode({'sent': form.cleaned_data['operation']})}")


def _reviewed(player: User, payee: User, amount_micro: int) -> Review:
    """Return the transfer to confirm. Raises the refusals that sending it would raise."""
    if payee.pk == player.pk:
        raise OwnWallet(attr="to")
    left_micro = wallet_or_empty(player_id=player.pk).balance_micro - amount_micro
    if left_micro < 0:
        raise InsufficientFunds(attr="amount")
    return Review(payee, micro_text(amount_micro), micro_text(left_micro))


def _send(player: User, payee: User, form: TransferForm) -> None:
    sent = form.cleaned_data
    transfer(
        operation=sent["operation"],
        player_id=player.pk,
        payee_id=payee.pk,
        amount_micro=sent["amount"],
        reason=sent["note"],
        now=timezone.now(),
    )


def _sent(request: HttpRequest, player: User) -> Transaction | None:
    """Return the player's own transfer that the address names, to which the form redirects."""
    try:
        operation = UUID(request.GET.get("sent", ""))
    except ValueError:
        return None
    transfers = Transaction.objects.filter(initiator=player, kind=Kind.TRANSFER).select_related("payee")
    return transfers.filter(operation=operation).first()


def _page(
    request: HttpRequest,
    form: TransferForm,
    *,
    review: Review | None = None,
    sent: Transaction | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    balance_micro = wallet_or_empty(player_id=player_of(request).pk).balance_micro
    context = {
        "form": form,
        "operation": operation_for(form, refusal),
        "balance": micro_text(balance_micro),
        "review": review,
        "sent": sent,
    }
    return with_status(render(request, "trading/transfer.html", context), form, refusal)
