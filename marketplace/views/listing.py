"""The page of one listing: its state, bidding, buying, and the seller's actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from rest_framework.exceptions import ValidationError

from core.api.pagination import NewestFirst, page_of
from core.database.transactions import retry_deadlocks
from core.errors import BidTooLow, DomainError, LargePurchase, ListingClosed, PriceMoved
from core.web.error_pages import wants_fragment
from core.web.form_errors import operation_for, refuse, with_status
from core.web.middleware import is_htmx
from core.web.rate_limits import limit_money
from core.web.requests import get_or_post
from marketplace import payloads
from marketplace.forms import BidForm, BuyForm, CancelForm, PriceForm
from marketplace.models import Bid, Listing
from marketplace.sales.auctions import place_bid, settle_listing, standing_of
from marketplace.sales.limits import takes_large_part
from marketplace.sales.listings import cancel_listing, edit_price
from marketplace.sales.price_flags import base_price_of, is_far_below, land_fee
from marketplace.sales.purchases import buy_listing
from marketplace.selectors import bids_on, listing_with_names, own_bid_on, sale_of
from markets.economic_settings import current_settings
from markets.models import Market
from markets.money import micro_text, percent_text
from trading.models import Transaction
from trading.wallets.wallets import wallet_or_empty

#: Writes what a clean form asks for: its fields, the player's id, the time.
Write = Callable[[dict[str, Any], int, datetime], object]


class BidPages(NewestFirst):
    """Pages of the bids beside an auction."""

    page_size = 20


@dataclass(frozen=True)
class Deal:
    """The content of a listing's page for its visitor. Amounts as decimal strings."""

    listing: Listing
    now: datetime
    fee_bps: int
    viewer_id: int | None = None
    viewer_name: str = ""
    balance_micro: int = 0
    own_bid: Bid | None = None
    bid_form: BaseForm = field(default_factory=BidForm)
    buy_form: BaseForm = field(default_factory=BuyForm)
    price_form: BaseForm = field(default_factory=PriceForm)
    cancel_form: BaseForm = field(default_factory=CancelForm)
    refusal: DomainError | None = None

    @cached_property
    def told(self) -> dict[str, Any]:
        """Return the listing's JSON of the API."""
        return payloads.listing_json(self.listing, now=self.now)

    @cached_property
    def sale(self) -> Transaction | None:
        """Return the transaction by which the listing was sold."""
        return sale_of(self.listing)

    @property
    def is_own_sale(self) -> bool:
        """Return whether the viewer bought or sold it, and may see the transaction."""
        return self.sale is not None and self.viewer_id in (self.sale.payer_id, self.sale.payee_id)

    @property
    def has_won(self) -> bool:
        """Return whether the viewer bought it."""
        return self.viewer_id is not None and self.sale is not None and self.sale.payer_id == self.viewer_id

    @property
    def is_open(self) -> bool:
        """Return whether it can still be bought or bid on."""
        return self.listing.status == Listing.Status.ACTIVE and not self.listing.is_over(self.now)

    @property
    def is_auction(self) -> bool:
        """Return whether it is an auction, sold to the highest bidder."""
        return self.listing.kind == Listing.Kind.AUCTION

    @property
    def is_guest(self) -> bool:
        """Return whether the viewer is not signed in."""
        return self.viewer_id is None

    @property
    def is_seller(self) -> bool:
        """Return whether the viewer is the seller."""
        return self.viewer_id == self.listing.seller_id

    @property
    def standing(self) -> str:
        """Return the viewer's state in an auction: lead, outbid, or none."""
        if self.own_bid is None:
            return "none"
        return "lead" if self.listing.top_bidder_id == self.viewer_id else "outbid"

    @property
    def own_max(self) -> str:
        """Return the viewer's own maximum, which is shown to nobody else."""
        return "" if self.own_bid is None else micro_text(self._own_max_micro)

    @property
    def least_bid(self) -> str:
        """Return the least maximum that anyone but the leader may name."""
        return micro_text(standing_of(self.listing).least_bid_micro)

    @property
    def asked_micro(self) -> int | None:
        """Return the price of buying it at once; None for an auction without buy-now, or whose bids reached that."""
        listing = self.listing
        if not self.is_auction:
            return listing.price_micro
        is_gone = listing.buy_now_micro is None or listing.price_micro >= listing.buy_now_micro
        return None if is_gone else listing.buy_now_micro

    @property
    def spendable(self) -> str:
        """Return the BDT that the viewer could pay here: the balance, and the money held for this listing."""
        return micro_text(self._spendable_micro)

    @property
    def is_affordable(self) -> bool:
        """Return whether the viewer can buy it at once."""
        return self.asked_micro is not None and self._spendable_micro >= self.asked_micro

    @property
    def needs_word(self) -> bool:
        """Return whether buying at once needs a confirmation: it ends an auction, or takes a large part of the
        balance.
        """
        asked_micro = self.asked_micro
        return asked_micro is not None and (self.is_auction or takes_large_part(asked_micro, self._spendable_micro))

    @property
    def spendable_elsewhere(self) -> str:
        """Return the money held for this listing that the viewer could also pay here, beyond the balance."""
        return micro_text(self._spendable_micro - self.balance_micro)

    @property
    def left_after(self) -> str:
        """Return the viewer's balance after buying it at once."""
        return micro_text(self._spendable_micro - (self.asked_micro or 0))

    @property
    def missing(self) -> str:
        """Return the amount that the viewer lacks to buy it at once."""
        return micro_text((self.asked_micro or 0) - self._spendable_micro)

    @property
    def fee_percent(self) -> str:
        """Return the fee on land sales in percent."""
        return percent_text(self.fee_bps)

    @cached_property
    def seller_gets(self) -> str:
        """Return the seller's proceeds after the fee; negative where the fee is above a price far too low."""
        if self.sale is not None:
            return micro_text(self.sale.amount_micro - self.sale.fee_micro)
        price_micro = self.listing.price_micro
        return micro_text(price_micro - land_fee(price_micro=price_micro, base_micro=self._base_micro))

    @property
    def is_fee_of_base(self) -> bool:
        """Return whether the price is so far below the base price that the fee is that of the base price."""
        return is_far_below(price_micro=self.listing.price_micro, base_micro=self._base_micro)

    @cached_property
    def _base_micro(self) -> int:
        return base_price_of(self.listing.land)

    @property
    def can_change(self) -> bool:
        """Return whether the seller may still change or cancel it."""
        return self.is_seller and self.is_open and not self.listing.bids_count

    @property
    def bid_operation(self) -> UUID:
        """Return the operation id of the next bid, so that it is made once."""
        return self._operation(self.bid_form)

    @property
    def buy_operation(self) -> UUID:
        """Return the operation id of a purchase, so that it is made once."""
        return self._operation(self.buy_form)

    def _operation(self, form: BaseForm) -> UUID:
        return operation_for(form, self.refusal) if form.is_bound else uuid4()

    @property
    def _leads(self) -> bool:
        return self.viewer_id is not None and self.listing.top_bidder_id == self.viewer_id

    @property
    def _own_max_micro(self) -> int:
        assert self.own_bid is not None
        return (self.listing.top_max_micro or 0) if self._leads else self.own_bid.max_micro

    @property
    def _spendable_micro(self) -> int:
        held_here = (self.listing.top_max_micro or 0) if self._leads and self.is_open else 0
        return self.balance_micro + held_here


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def listing(request: HttpRequest, listing_id: int) -> HttpResponse:
    """Show the listing in its current state: as ended from its end on, settled or not. For HTMX its body alone."""
    return _show(request, _deal_of(request, listing_id))


@get_or_post
@limit_money
@retry_deadlocks
def bid(request: HttpRequest, listing_id: int) -> HttpResponse:
    """Bid up to a maximum."""

    def write(asked: dict[str, Any], player_id: int, now: datetime) -> object:
        operation, max_micro = asked["operation"], asked["max"]
        return place_bid(operation=operation, listing_id=listing_id, bidder_id=player_id, max_micro=max_micro, now=now)

    return _carry_out(request, listing_id, "bid_form", BidForm(request.POST), write)


@get_or_post
@limit_money
@retry_deadlocks
def buy(request: HttpRequest, listing_id: int) -> HttpResponse:
    """Buy the listing at the price that was shown, or not at all."""

    def write(asked: dict[str, Any], player_id: int, now: datetime) -> object:
        operation, most_micro = asked["operation"], asked["most"]
        deal = _deal_of(request, listing_id)
        if deal.is_open and deal.is_affordable and deal.needs_word and not asked["confirmed"]:
            raise LargePurchase(attr="confirmed")
        return buy_listing(
            operation=operation, listing_id=listing_id, buyer_id=player_id, most_micro=most_micro, now=now
        )

    return _carry_out(request, listing_id, "buy_form", BuyForm(request.POST), write)


@get_or_post
@limit_money
@retry_deadlocks
def price(request: HttpRequest, listing_id: int) -> HttpResponse:
    """Change the price."""

    def write(asked: dict[str, Any], player_id: int, now: datetime) -> object:
        return edit_price(listing_id=listing_id, seller_id=player_id, price_micro=asked["price"], now=now)

    return _carry_out(request, listing_id, "price_form", PriceForm(request.POST), write)


@get_or_post
@limit_money
@retry_deadlocks
def cancel(request: HttpRequest, listing_id: int) -> HttpResponse:
    """Cancel the offer."""

    def write(asked: dict[str, Any], player_id: int, now: datetime) -> object:
        return cancel_listing(listing_id=listing_id, seller_id=player_id, now=now)

    return _carry_out(request, listing_id, "cancel_form", CancelForm(request.POST), write)


def _carry_out(request: HttpRequest, listing_id: int, name: str, form: BaseForm, write: Write) -> HttpResponse:
    """Execute a form, and show the listing's new state, or the form with its refusal."""
    if request.method != "POST":
        return redirect("listing", listing_id)
    if request.user.pk is None:
        return redirect_to_login(reverse("listing", args=[listing_id]))
    refusal = None
    if form.is_valid():
        try:
            write(form.cleaned_data, request.user.pk, timezone.now())
        except Listing.DoesNotExist as error:
            raise Http404 from error
        except DomainError as error:
            refusal = error
            if isinstance(refusal, ListingClosed):
                # Its time may have run out just now: then the page shows the result.
                settle_listing(listing_id=listing_id, now=timezone.now())
    if form.is_valid() and refusal is None:
        # Without scripts, to an address that can be loaded again.
        return _show(request, _deal_of(request, listing_id)) if is_htmx(request) else redirect("listing", listing_id)
    deal = _deal_of(request, listing_id)
    if refusal is not None:
        refuse(form, _explained(refusal, deal))
    refused: dict[str, Any] = {name: form, "refusal": refusal}
    return with_status(_show(request, replace(deal, **refused)), form, refusal)


def _explained(refusal: DomainError, deal: Deal) -> DomainError:
    """Give a refusal a message that says what to do now."""
    if isinstance(refusal, BidTooLow):
        if deal.standing == "lead":
            refusal.detail = f"You lead: only more than your maximum of {Decimal(deal.own_max):,} BDT counts."
        else:
            refusal.detail = f"Bid at least {Decimal(deal.least_bid):,} BDT."
    if isinstance(refusal, PriceMoved):
        refusal.detail = "The seller asks for more now. Nothing was bought: this is the price."
    return refusal


def _deal_of(request: HttpRequest, listing_id: int) -> Deal:
    now = timezone.now()
    try:
        listing = listing_with_names(listing_id)
    except Listing.DoesNotExist as error:
        raise Http404 from error
    deal = Deal(listing, now, current_settings().land_fee_bps)
    if (player_id := request.user.pk) is None:
        return deal
    return replace(
        deal,
        viewer_id=player_id,
        viewer_name=request.user.get_username(),
        balance_micro=wallet_or_empty(player_id=player_id).balance_micro,
        own_bid=own_bid_on(listing_id, player_id=player_id),
    )


def _at_listing(deal: Deal, link: str | None) -> str:
    """Return a neighbouring page of the bids at the listing's own address, wherever the form was sent; empty at an
    end.
    """
    return f"{reverse('listing', args=[deal.listing.pk])}?{urlsplit(link).query}#bids" if link else ""


def _show(request: HttpRequest, deal: Deal) -> HttpResponse:
    try:
        bids = page_of(bids_on(deal.listing.pk), request, pages=BidPages)
    except ValidationError as error:
        raise BadRequest("There is no such page of the bids.") from error
    template = "marketplace/listing_body.html" if wants_fragment(request) else "marketplace/listing.html"
    context = {
        "deal": deal,
        "listing": deal.listing,
        "told": deal.told,
        "market": Market.objects.get(pk=deal.listing.market_id),
        "bids": bids.rows,
        "older_url": _at_listing(deal, bids.next),
        "newer_url": _at_listing(deal, bids.previous),
        "now": deal.now,
    }
    return render(request, template, context)
