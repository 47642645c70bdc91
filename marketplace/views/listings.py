"""The marketplace's page: a search of all listings."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from rest_framework.exceptions import ValidationError

from core.api.pagination import NewestFirst, page_of
from core.database.replicas import may_be_stale
from core.web.error_pages import wants_fragment
from marketplace.forms import SearchForm
from markets.economic_settings import current_settings


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def listings(request: HttpRequest) -> HttpResponse:
    """Show the matching active listings in pages; for HTMX the search and the list alone. 400 for a bad search."""
    search = SearchForm(request.GET)
    if not search.is_valid():
        return _page(request, search, HTTPStatus.BAD_REQUEST)
    pages = type("SearchPages", (NewestFirst,), {"ordering": search.ordering, "page_size": 25})
    try:
        found = may_be_stale(page_of)(search.listings(timezone.now()), request, pages=pages)
    except ValidationError:
        return _page(request, search, HTTPStatus.BAD_REQUEST)
    return _page(request, search, page=found)


def _page(request: HttpRequest, search: SearchForm, status: HTTPStatus = HTTPStatus.OK, **found: Any) -> HttpResponse:
    template = "marketplace/listings_found.html" if wants_fragment(request) else "marketplace/listings.html"
    asked = [(name, value) for name, value in request.GET.items() if name in search.fields and value]
    context = {
        "search": search,
        "is_filtered": any(name != "order" for name, _ in asked),
        # The first page, searched in the same way.
        "first_url": f"{reverse('marketplace')}?{urlencode(asked)}",
        "is_paused": current_settings().marketplace_paused,
        "now": timezone.now(),
        **found,
    }
    return render(request, template, context, status=status)
