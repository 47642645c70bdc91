"""The view that receives the order ticket's orders: one trade, however often the form is sent."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from attention.biomes import Biome
from core.database.transactions import retry_deadlocks
from core.errors import DomainError, IdempotencyConflict, LargeImpact
from core.web.form_errors import with_status
from core.web.middleware import is_htmx
from core.web.rate_limits import limit_money
from core.web.requests import get_or_post
from markets.biome_parameters import biome_or_404
from trading.models import Transaction
from trading.orders.buying_power import BuyingPower, own_trade
from trading.orders.forms import TradeForm
from trading.orders.market_orders import buy_shares, sell_shares
from trading.pricing.quotes import NO_LIMIT, Limit, Side, Size, limit_around
from trading.views.market import render_market
from trading.views.order_ticket import (
    OrderTicket,
    blank_form,
    buying_power_for,
    moves_far,
    quoted,
    refuse_order,
    size_of,
)


@get_or_post
@limit_money
@retry_deadlocks
def trade(request: HttpRequest, biome: str) -> HttpResponse:
    """Execute the ticket's order and show the result. With `preview`, for browsers without scripts, quote it only."""
    chosen = biome_or_404(biome)
    if request.method != "POST":
        return redirect("market", chosen)
    if request.user.pk is None:
        return redirect_to_login(reverse("market", args=[chosen]))
    form = TradeForm(request.POST)
    if not form.is_valid() or "preview" in request.POST:
        return _show(request, quoted(request, buying_power_for(request, chosen), form))
    now = timezone.now()
    try:
        done = _carry_out(buying_power_for(request, chosen), request.user.pk, form, now)
    except DomainError as refusal:
        power = buying_power_for(request, chosen)
        refuse_order(form, power, refusal)
        return _show(request, quoted(request, power, form, refusal=refusal))
    return _show_done(request, chosen, form, done, is_repeat=done.at < now)


def _carry_out(power: BuyingPower, player_id: int, form: TradeForm, now: datetime) -> Transaction:
    """Execute the order, or return the trade that this form resulted in before. Raises the refusals of trading."""
    biome, operation = Biome(power.market.biome), form.cleaned_data["operation"]
    earlier = partial(own_trade, player_id=player_id, biome=biome, operation=operation)
    if (done := earlier()) is not None:
        return done
    size = size_of(form, power)
    assert size is not None
    if moves_far(power.quote(size)) and not form.cleaned_data["confirmed"]:
        raise LargeImpact(attr="confirmed")
    limit = _limit(power.at_cash(form.cleaned_data["seen_cash_micro"]), size, form.cleaned_data["tolerance"])
    order: dict[str, Any] = {"operation": operation, "player_id": player_id, "biome": biome, "limit": limit, "now": now}
    try:
        if size.side is Side.SELL:
            return sell_shares(shares_micro=size.shares_micro, receive_micro=size.receive_micro, **order)
        return buy_shares(spend_micro=size.spend_micro, shares_micro=size.shares_micro, **order)
    except IdempotencyConflict:
        # The same form, sent twice at once and with another quote: the other came first.
        if (done := earlier()) is None:
            raise
        return done


def _limit(seen: BuyingPower, size: Size, tolerance_bps: int | None) -> Limit:
    """Return the worst fill within the tolerance of the quote that was seen; no limit where the tolerance is None."""
    return NO_LIMIT if tolerance_bps is None else limit_around(seen.quote(size), size, tolerance_bps=tolerance_bps)


def _show(request: HttpRequest, ticket: OrderTicket) -> HttpResponse:
    if is_htmx(request):
        response = render(request, "trading/order_ticket.html", {"ticket": ticket})
    else:
        response = render_market(request, ticket.biome, ticket=ticket)
    return with_status(response, ticket.form, ticket.refusal)


def _show_done(
    request: HttpRequest, biome: Biome, form: TradeForm, done: Transaction, *, is_repeat: bool
) -> HttpResponse:
    kept = {name: request.POST[name] for name in ("side", "by", "sell_by", "tolerance") if name in request.POST}
    if not is_htmx(request):
        # To an address of its own: to load that page again trades nothing.
        query = urlencode(kept | {"traded": form.cleaned_data["operation"]})
        return redirect(f"{reverse('market', args=[biome])}?{query}#ticket")
    ticket = quoted(
        request, buying_power_for(request, biome), blank_form(request, **kept), done=done, is_repeat=is_repeat
    )
    return render(request, "trading/order_ticket.html", {"ticket": ticket})
