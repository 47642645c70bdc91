"""A player's own transactions: the list with its filters, one of them, and the list as a file."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe
from django.views.decorators.vary import vary_on_headers
from rest_framework.exceptions import ValidationError

from config.pages import wants_fragment
from config.pagination import page_of
from trading.csv_export import csv_chunks, csv_name
from trading.history import movement_of
from trading.history_filter import HistoryFilter


@require_safe
@never_cache
@vary_on_headers("HX-Request")
@login_required
def transactions(request: HttpRequest) -> HttpResponse:
    """The player's transactions, newest first, in pages; for HTMX the filters and the list alone."""
    wanted = HistoryFilter(request.GET)
    if not wanted.is_valid():
        return _list(request, wanted, HTTPStatus.BAD_REQUEST)
    try:
        page = page_of(wanted.movements(_player_id(request)), request)
    except ValidationError:
        return _list(request, wanted, HTTPStatus.BAD_REQUEST)
    return _list(request, wanted, page=page)


@require_safe
@never_cache
@login_required
def transaction(request: HttpRequest, number: int) -> HttpResponse:
    """All that there is to know of one of the player's own transactions."""
    movement = movement_of(_player_id(request), number=number)
    if movement is None:
        raise Http404
    return render(request, "trading/transaction.html", {"movement": movement})


@require_GET
@never_cache
@login_required
def transactions_csv(request: HttpRequest) -> HttpResponseBase:
    """What the filters leave of the player's transactions, as a file."""
    wanted = HistoryFilter(request.GET)
    if not wanted.is_valid():
        return _list(request, wanted, HTTPStatus.BAD_REQUEST)
    since, until = wanted.cleaned_data["since"], wanted.cleaned_data["until"] or timezone.now().date()
    return StreamingHttpResponse(
        csv_chunks(wanted.movements(_player_id(request))),
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


def _player_id(request: HttpRequest) -> int:
    assert request.user.pk is not None
    return request.user.pk
