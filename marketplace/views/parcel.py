"""One parcel: where it is, who had it, and what can be done with it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.messages import success
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.views.requests import player_of
from attention.biomes import Biome
from config.database import retry_deadlocks
from config.errors import DomainError
from config.page_forms import operation_for, refuse, with_status
from config.throttles import limit_money
from marketplace import wire
from marketplace.land_forms import BuyParcelForm, GiveParcelForm
from marketplace.lands import buy_from_world, give_land
from marketplace.models import Land, Listing
from marketplace.selectors import base_prices, history_of_land
from markets.models import BPS_WHOLE
from markets.snapshot import take_snapshot
from trading.wallets import player_named


@require_safe
@never_cache
def parcel(request: HttpRequest, land_id: int) -> HttpResponse:
    """The parcel as it stands."""
    return _page(request, land_id)


@require_safe
def parcel_at(request: HttpRequest, x: int, y: int) -> HttpResponse:
    """The parcel at a place of the grid."""
    return redirect("land", get_object_or_404(Land, x=x, y=y).pk)


@require_POST
@login_required
@never_cache
@limit_money
@retry_deadlocks
def buy_parcel(request: HttpRequest, land_id: int) -> HttpResponse:
    """Buy the parcel from the world at no more than the price that was seen."""
    form = BuyParcelForm(request.POST)
    if not form.is_valid():
        return _page(request, land_id, buy=form)
    asked = form.cleaned_data
    try:
        buy_from_world(
            operation=asked["operation"],
            player_id=player_of(request).pk,
            land_id=get_object_or_404(Land, pk=land_id).pk,
            most_micro=asked["most_micro"],
            now=timezone.now(),
        )
    except DomainError as refusal:
        refuse(form, refusal)
        return _page(request, land_id, buy=form, refusal=refusal)
    success(request, "The parcel is yours.")
    return redirect("land", land_id)


@require_POST
@login_required
@never_cache
@limit_money
@retry_deadlocks
def give_parcel(request: HttpRequest, land_id: int) -> HttpResponse:
    """Give the parcel to another player."""
    form = GiveParcelForm(request.POST)
    if not form.is_valid():
        return _page(request, land_id, give=form)
    asked = form.cleaned_data
    try:
        receiver = player_named(asked["to"], attr="to")
        give_land(
            operation=asked["operation"],
            player_id=player_of(request).pk,
            land_id=get_object_or_404(Land, pk=land_id).pk,
            receiver_id=receiver.pk,
            reason=asked["note"],
            now=timezone.now(),
        )
    except DomainError as refusal:
        refuse(form, refusal)
        return _page(request, land_id, give=form, refusal=refusal)
    success(request, format_html("The parcel is <bdi>{}</bdi>'s now.", receiver.username))
    return redirect("land", land_id)


def _page(
    request: HttpRequest,
    land_id: int,
    *,
    buy: BuyParcelForm | None = None,
    give: GiveParcelForm | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    land = get_object_or_404(Land.objects.select_related("owner", "region"), pk=land_id)
    base_micro = base_prices([land])[land.pk]
    sent = buy or give
    context: dict[str, Any] = {
        "land": wire.land_json(land, base_micro=base_micro),
        "region_parcels": land.region.parcels,
        "market": _market(land),
        "is_own": land.owner_id is not None and land.owner_id == request.user.pk,
        "listing": Listing.objects.filter(land=land, status=Listing.Status.ACTIVE).first(),
        "history": history_of_land(land.pk),
        "buy": buy or BuyParcelForm(),
        "give": give or GiveParcelForm(),
        "operation": operation_for(sent or GiveParcelForm(), refusal),
        "most_micro": _most(base_micro, request),
        "refusal": refusal,
    }
    response = render(request, "marketplace/parcel.html", context)
    return with_status(response, sent, refusal) if sent is not None else response


def _most(base_micro: int, request: HttpRequest) -> int | None:
    """The most that the player would pay while the market moves: the own tolerance above the price. None for guests."""
    if not request.user.is_authenticated:
        return None
    return base_micro * (BPS_WHOLE + player_of(request).default_tolerance_bps) // BPS_WHOLE


def _market(land: Land) -> dict[str, Any]:
    [market] = take_snapshot(Biome(land.market_id))["markets"]
    told: dict[str, Any] = market
    return told
