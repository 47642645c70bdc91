"""Offering a parcel of one's own."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from accounts.requests import player_of
from core.database.transactions import retry_deadlocks
from core.errors import DomainError, LandListed, NotLandOwner
from core.web.form_errors import operation_for, refuse, with_status
from core.web.rate_limits import limit_money
from core.web.requests import get_or_post
from marketplace.forms import OfferForm
from marketplace.models import Land, Listing
from marketplace.sales.listings import open_listing
from marketplace.sales.price_flags import comparable_price, land_fee
from marketplace.selectors import active_listing_of, base_prices, land_with_owner
from markets.economic_settings import current_settings
from markets.money import fee_of, micro_text, percent_text


@get_or_post
@login_required
@never_cache
@limit_money
@retry_deadlocks
def offer_land(request: HttpRequest, land_id: int) -> HttpResponse:
    """Ask for the terms of an offer, and list the parcel once. 404 for no parcel, 403 for another player's."""
    try:
        land = land_with_owner(land_id)
    except Land.DoesNotExist as error:
        raise Http404 from error
    player = player_of(request)
    if request.method != "POST":
        return _asked(request, land)
    form = OfferForm(request.POST)
    if not form.is_valid():
        return _page(request, land, form)
    try:
        listing = open_listing(
            operation=form.cleaned_data["operation"],
            seller_id=player.pk,
            land_id=land_id,
            offer=form.offer(),
            now=timezone.now(),
        )
    except DomainError as refusal:
        refuse(form, refusal)
        return _page(request, land, form, refusal)
    messages.success(request, "Your parcel is listed. Everyone can see it now.")
    return redirect("listing", listing.pk)


def _asked(request: HttpRequest, land: Land) -> HttpResponse:
    """Show the empty form; for a parcel that is offered already, redirect to its listing. Raises NotLandOwner."""
    if land.owner_id != player_of(request).pk:
        raise NotLandOwner
    if (listing := active_listing_of(land.pk)) is not None:
        messages.info(request, LandListed.message)
        return redirect("listing", listing.pk)
    return _page(request, land, OfferForm(initial={"kind": Listing.Kind.FIXED_PRICE}))


def _page(request: HttpRequest, land: Land, form: OfferForm, refusal: DomainError | None = None) -> HttpResponse:
    base_micro, comparable_micro = base_prices([land])[land.pk], comparable_price(land)
    fee_bps = current_settings().land_fee_bps
    context = {
        "land": land,
        "form": form,
        "operation": operation_for(form, refusal),
        "comparable": micro_text(comparable_micro),
        "comparable_net": micro_text(comparable_micro - fee_of(comparable_micro, fee_bps)),
        "base": micro_text(base_micro),
        "base_fee": micro_text(land_fee(price_micro=0, base_micro=base_micro)),
        "far_factor": f"{settings.LAND_PRICE_FAR_FACTOR:g}",
        "fee_percent": percent_text(fee_bps),
    }
    return with_status(render(request, "marketplace/open_listing.html", context), form, refusal)
