"""The page of one parcel: its place, its history, and the actions on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.messages import success
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import player_of
from attention.biomes import Biome
from core.database.transactions import retry_deadlocks
from core.errors import DomainError, IdempotencyConflict, InsufficientFunds, LargePurchase, OwnWallet, PriceMoved
from core.web.form_errors import operation_for, refuse, with_status
from core.web.rate_limits import limit_money
from marketplace import payloads
from marketplace.land_forms import BuyParcelForm, GiveParcelForm
from marketplace.models import Land
from marketplace.sales.limits import takes_large_part
from marketplace.sales.ownership import LACKS_FEE, buy_from_world, give_land
from marketplace.sales.price_flags import base_price_of, land_fee
from marketplace.selectors import history_of_land, offer_of, own_purchase
from marketplace.views.purchase import purchase_of
from markets.money import micro_text
from markets.snapshot import take_snapshot
from trading.wallets.wallets import ensure_wallet, receiver_named, wallet_or_empty

MOVED = "The price moved further than you allow, so nothing was bought. Press again to buy at the new price."


@dataclass(frozen=True, slots=True)
class Gift:
    """The gift to confirm: who gets the parcel, and the giver's balance after the fee as a decimal string of BDT."""

    receiver: User
    balance_after: str


@require_safe
@never_cache
def parcel(request: HttpRequest, land_id: int) -> HttpResponse:
    """Show the parcel in its current state."""
    return _page(request, land_id)


@require_safe
def parcel_at(request: HttpRequest, x: int, y: int) -> HttpResponse:
    """Redirect to the parcel at a place of the grid."""
    return redirect("land", get_object_or_404(Land, x=x, y=y).pk)


@require_POST
@login_required
@never_cache
@limit_money
@retry_deadlocks
def buy_parcel(request: HttpRequest, land_id: int) -> HttpResponse:
    """Buy the parcel from the world near the price on the page."""
    form = BuyParcelForm(request.POST)
    if not form.is_valid():
        return _page(request, land_id, buy=form)
    land = get_object_or_404(Land, pk=land_id)
    try:
        _buy(player_of(request).pk, land, form)
    except DomainError as refusal:
        if isinstance(refusal, PriceMoved):
            refusal.detail = MOVED
        refuse(form, refusal)
        return _page(request, land_id, buy=form, refusal=refusal)
    success(request, "The parcel is yours.")
    return redirect("land", land_id)


def _buy(player_id: int, land: Land, form: BuyParcelForm) -> None:
    """Buy it once, after a confirmation where it takes a large part of the balance.

    Raises the refusals of a purchase.
    """
    operation, seen_micro, now = form.cleaned_data["operation"], form.cleaned_data["seen_micro"], timezone.now()
    if own_purchase(player_id=player_id, land_id=land.pk, operation=operation) is not None:
        return
    balance_micro = ensure_wallet(player_id=player_id, now=now).balance_micro
    is_large = seen_micro is not None and seen_micro <= balance_micro and takes_large_part(seen_micro, balance_micro)
    if is_large and not form.cleaned_data["confirmed"]:
        raise LargePurchase(attr="confirmed")
    limit_micro = form.limit_micro
    try:
        buy_from_world(operation=operation, player_id=player_id, land_id=land.pk, most_micro=limit_micro, now=now)
    except IdempotencyConflict:
        # The same form, sent twice at once and at another price: the other came first.
        if own_purchase(player_id=player_id, land_id=land.pk, operation=operation) is None:
            raise


@require_POST
@login_required
@never_cache
@limit_money
@retry_deadlocks
def give_parcel(request: HttpRequest, land_id: int) -> HttpResponse:
    """Show to whom the parcel would go, then give it to that player once."""
    form = GiveParcelForm(request.POST)
    if not form.is_valid() or "edit" in request.POST:
        return _page(request, land_id, give=form)
    asked = form.cleaned_data
    try:
        receiver = receiver_named(asked["to"], attr="to")
        if "confirmed" not in request.POST:
            return _page(request, land_id, give=form, gift=_reviewed(player_of(request), land_id, receiver))
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


def _reviewed(player: User, land_id: int, receiver: User) -> Gift:
    """Return the gift to confirm. Raises refusals that giving it would raise."""
    if receiver.pk == player.pk:
        raise OwnWallet("A gift needs another player.", attr="to")
    fee_micro = _fee_micro(get_object_or_404(Land, pk=land_id))
    left_micro = wallet_or_empty(player_id=player.pk).balance_micro - fee_micro
    if left_micro < 0:
        raise InsufficientFunds(LACKS_FEE)
    return Gift(receiver, micro_text(left_micro))


def _page(
    request: HttpRequest,
    land_id: int,
    *,
    buy: BuyParcelForm | None = None,
    give: GiveParcelForm | None = None,
    gift: Gift | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    land = get_object_or_404(Land.objects.select_related("owner", "region"), pk=land_id)
    sent = buy or give
    context: dict[str, Any] = {
        "land": payloads.land_json(land, base_micro=None),
        "region_parcels": land.region.parcels,
        "market": _market(land),
        "is_own": land.owner_id is not None and land.owner_id == request.user.pk,
        "listing": offer_of(land.pk, now=timezone.now()),
        "history": history_of_land(land.pk),
        "purchase": None if land.owner_id else purchase_of(request, land, buy or BuyParcelForm()),
        "give": give or GiveParcelForm(),
        "gift": gift,
        "gift_fee": micro_text(_fee_micro(land)),
        "operation": operation_for(sent or GiveParcelForm(), refusal),
        "large_purchase_bps": settings.LARGE_PURCHASE_BPS,
        "refusal": refusal,
    }
    response = render(request, "marketplace/parcel.html", context)
    return with_status(response, sent, refusal) if sent is not None else response


def _fee_micro(land: Land) -> int:
    """Return what it costs to give a parcel away now."""
    return land_fee(price_micro=0, base_micro=base_price_of(land))


def _market(land: Land) -> dict[str, Any]:
    [market] = take_snapshot(Biome(land.market_id))["markets"]
    told: dict[str, Any] = market
    return told
