"""The pages of the audit trail: transactions with their filters, one of them, and the list as a file.

A player's own; administrators read anybody's and everybody's.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.forms import CheckboxInput
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from rest_framework.exceptions import ValidationError

from accounts.models import User
from core.api.pagination import page_of
from core.errors import UnknownPlayer
from core.web.error_pages import wants_fragment
from core.web.form_errors import refuse
from core.web.time_zones import zone_of
from trading.models import Wallet
from trading.payloads import wallet_json
from trading.statements.access import may_read_all, whose
from trading.statements.csv_export import csv_chunks, csv_name
from trading.statements.filters import AnybodysFilter, HistoryFilter
from trading.statements.history import Movements, movement_between, movement_of
from trading.wallets.wallets import wallet_or_empty


@require_safe
@never_cache
@vary_on_headers("HX-Request")
@login_required
def transactions(request: HttpRequest) -> HttpResponse:
    """Show the player's transactions, newest first, in pages; for HTMX the filters and the list alone."""
    wanted = _filter(request)
    movements = _movements(request, wanted)
    if movements is None:
        return _list(request, wanted, HTTPStatus.BAD_REQUEST)
    try:
        page = page_of(movements, request)
    except ValidationError:
        return _list(request, wanted, HTTPStatus.BAD_REQUEST)
    is_own = movements.player_id == request.user.pk
    return _list(request, wanted, page=page, is_own=is_own, **_money(movements.player_id, is_own=is_own))


@require_safe
@never_cache
@login_required
def transaction(request: HttpRequest, number: int) -> HttpResponse:
    """Show one of the player's own transactions in full; for administrators, any."""
    player = _player(request)
    movement = movement_of(player.pk, number=number)
    if movement is None and may_read_all(player, request.session):
        movement = movement_between(number=number)
    if movement is None:
        raise Http404
    return render(request, "trading/transaction.html", {"movement": movement})


@require_safe
@never_cache
@login_required
def transactions_csv(request: HttpRequest) -> HttpResponseBase:
    """Send the filtered transactions as a CSV file."""
    wanted = _filter(request)
    movements = _movements(request, wanted)
    if movements is None:
        return _list(request, wanted, HTTPStatus.BAD_REQUEST)
    since, until = wanted.cleaned_data["since"], wanted.cleaned_data["until"] or timezone.now().date()
    return StreamingHttpResponse(
        csv_chunks(movements) if request.method == "GET" else (),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{csv_name(since=since, until=until)}"'},
    )


def _list(
    request: HttpRequest, wanted: HistoryFilter, status: HTTPStatus = HTTPStatus.OK, **found: Any
) -> HttpResponse:
    template = "trading/transactions_list.html" if wants_fragment(request) else "trading/transactions.html"
    filters = urlencode([(name, value) for name, value in request.GET.items() if name in wanted.fields and value])
    context = {
        "filter": wanted,
        "is_filtered": bool(filters),
        # The first page and the file, with these filters.
        "newest_url": f"{reverse('transactions')}?{filters}",
        "export_url": f"{reverse('transactions-csv')}?{filters}",
        "export_rows_max": settings.EXPORT_ROWS_MAX,
        **found,
    }
    return render(request, template, context, status=status)


def _money(player_id: int | None, *, is_own: bool) -> dict[str, Any]:
    """Return the context of the wallet whose balances are listed, with the navigation's balance where it is the own
    one.
    """
    if player_id is None:
        return {}
    if is_own:
        wallet: Wallet | None = wallet_or_empty(player_id=player_id)
    else:
        wallet = Wallet.objects.filter(pk=player_id).first()
    if wallet is None:
        return {}
    told = wallet_json(wallet)
    money = {"wallet": told | {"is_any_held": wallet.held_micro > 0}}
    return money | {"purse": told["balance"]} if is_own else money


def _filter(request: HttpRequest) -> HistoryFilter:
    return (
        AnybodysFilter(request.GET) if may_read_all(_player(request), request.session) else HistoryFilter(request.GET)
    )


def _movements(request: HttpRequest, wanted: HistoryFilter) -> Movements | None:
    """Return the requested transactions; None where the filters are invalid, with their errors in the form.

    Raises PermissionDenied.
    """
    if not wanted.is_valid():
        return None
    # Not from the form, which players do not get: what they must not read is refused, not passed over.
    player, everyone = request.GET.get("player", "").strip(), _is_checked(request, "everyone")
    try:
        player_id = whose(_player(request), player=player, everyone=everyone, session=request.session)
        return wanted.movements(player_id, zone_of(request))
    except UnknownPlayer as refusal:
        refuse(wanted, refusal)
        return None


def _is_checked(request: HttpRequest, name: str) -> bool:
    return bool(CheckboxInput().value_from_datadict(request.GET, request.FILES, name))


def _player(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
