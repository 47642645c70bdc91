"""Administration pages of land: viewing it, removing offers, undoing sales and transfers, reviewing flags."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin_lists import player_id_of
from accounts.models import User
from core.admin import NOTHING, ActionView, ReadOnlyAdmin, ReasonForm, count_column, time_column
from core.admin import whole_number as whole
from core.errors import IdempotencyConflict
from marketplace.models import Bid, DailySummary, Flag, Hold, Land, Listing, Region, World
from marketplace.sales.listings import remove_listing
from marketplace.sales.price_flags import review_flags
from marketplace.sales.purchases import refund
from markets.admin_lists import WithSwitches, amount_column, grouped_text
from trading.models import Kind, Transaction
from trading.transaction_admin import TransactionAdmin

MAY_REMOVE = "marketplace.change_listing"
MAY_REFUND = "marketplace.refund"


def _to_transaction(number: int) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("admin:trading_transaction_change", args=[number]), number)


def _to_listing(number: int) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("admin:marketplace_listing_change", args=[number]), number)


class RemoveListingView(ActionView):
    """Remove an offer, for a reason that is stored with it."""

    permission = MAY_REMOVE
    title = "Remove this listing"
    explanation = "The offer ends without a sale, bids or not. What its leader has held is free again at once."
    needs_review = False

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        listing = self._listing()
        explanation = f"{self.explanation} Listing {listing.pk}, “{listing.title}”, of {listing.seller}."
        if listing.top_bidder is not None:
            explanation += f" {listing.top_bidder} has {grouped_text(listing.top_max_micro or 0)} BDT held."
        return super().get_context_data(**context) | {"explanation": explanation}

    def perform(self, form: ReasonForm) -> str:
        assert isinstance(self.request.user, User)
        assert self.model_admin is not None
        reason = form.cleaned_data["reason"]
        listing = remove_listing(
            listing_id=self._listing().pk, administrator=self.request.user, reason=reason, now=timezone.now()
        )
        self.model_admin.log_change(self.request, listing, f"Removed. Reason: {reason}")
        messages.success(self.request, f"Listing {listing.pk} is removed.")
        return reverse("admin:marketplace_listing_changelist")

    def _listing(self) -> Listing:
        found = Listing.objects.select_related("seller", "top_bidder").filter(pk=self.kwargs["listing_id"]).first()
        if found is None:
            raise Http404
        return found


class RefundForm(ReasonForm):
    """The form for undoing a transaction, with the reason.

    Its operation id makes a repeated submission take effect once.
    """

    operation = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, undone: Transaction, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.undone = undone

    def summary(self) -> list[tuple[str, str]]:
        """Return the facts to confirm: the transaction, and the money and land that it returns."""
        undone = self.undone
        land = [("Parcel", f"{undone.land_id} goes back to {undone.payee or 'the world'}")] if undone.land_id else []
        return [
            ("Transaction", f"{undone.pk}, {Kind(undone.kind).label.lower()}"),
            ("Gets back", f"{undone.payer}, {grouped_text(undone.amount_micro)} BDT"),
            ("Gives back", f"{undone.payee or 'the treasury'}, the fee of {grouped_text(undone.fee_micro)} BDT aside"),
            *land,
            *super().summary(),
        ]


class RefundView(ActionView):
    """Undo a sale of land or a transfer between players, by new rows that name the old."""

    permission = MAY_REFUND
    form_class = RefundForm
    title = "Refund"
    explanation = "The payer gets all of it back, from who was paid and from the treasury; a parcel goes back too."

    def get_initial(self) -> dict[str, Any]:
        return {"operation": uuid4()}

    def get_form_kwargs(self) -> dict[str, Any]:
        parties = Transaction.objects.select_related("payer", "payee")
        undone = parties.filter(pk=self.kwargs["transaction_id"]).first()
        if undone is None:
            raise Http404
        return super().get_form_kwargs() | {"undone": undone}

    def perform(self, form: RefundForm) -> str:
        assert self.model_admin is not None
        assert self.request.user.pk is not None
        undone, now = form.undone, timezone.now()
        try:
            posted = refund(
                operation=form.cleaned_data["operation"],
                administrator_id=self.request.user.pk,
                transaction_id=undone.pk,
                reason=form.cleaned_data["reason"],
                now=now,
            )
        except IdempotencyConflict as conflict:
            raise ValidationError("This form was sent before with another reason: open it anew.") from conflict
        told = f"Refunded by transaction {posted.pk}"
        # A form that is sent again gives the earlier transaction: done and logged already.
        if posted.at == now:
            self.model_admin.log_change(self.request, undone, f"{told}. Reason: {posted.reason}")
        messages.success(self.request, f"{told}.")
        return reverse("admin:trading_transaction_change", args=[posted.pk])


class RefundableTransactionAdmin(TransactionAdmin):
    """The list of transactions, with an action that undoes a sale of land or a transfer."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(RefundView.as_view(model_admin=self))
        return [path("<int:transaction_id>/refund/", view, name="trading_transaction_refund"), *super().get_urls()]


admin.site.unregister(Transaction)
admin.site.register(Transaction, RefundableTransactionAdmin)


@admin.register(Listing)
class ListingAdmin(WithSwitches):
    list_display = [
        "id", "title", "kind", "status", "seller", "price_bdt", "top_bidder", "bids_count", "ends_utc", "removed_by",
    ]  # fmt: skip
    list_filter = ["status", "kind", "market"]
    list_select_related = ["seller", "top_bidder", "removed_by"]
    search_fields = ["seller"]
    search_help_text = "A seller's whole username, or a listing's number."
    fields = [
        "id", "land", "market", "seller", "kind", "status", "title", "words", "price_bdt", "buy_now_bdt",
        "reserve_bdt", "top_bidder", "held_bdt", "bids_count", "opened_utc", "ends_utc", "sold_bdt", "sale",
        "removed_by", "removed_reason",
    ]  # fmt: skip

    price_bdt = amount_column("Price (BDT)", "price_micro")
    buy_now_bdt = amount_column("Buy-now (BDT)", "buy_now_micro")
    reserve_bdt = amount_column("Reserve (BDT)", "reserve_micro")
    held_bdt = amount_column("The leader's maximum (BDT)", "top_max_micro")
    sold_bdt = amount_column("Sold for (BDT)", "sold_micro")
    opened_utc = time_column("Opened", "opened_at")
    ends_utc = time_column("Ends", "ends_at")

    @admin.display(description="Sale")
    def sale(self, listing: Listing) -> SafeString | str:
        """Link the transaction of a sold listing, from which the sale can be refunded. Found by the parcel's index."""
        sales = Transaction.objects.filter(land_id=listing.land_id, listing_id=listing.pk)
        number = sales.values_list("pk", flat=True).first() if listing.status == Listing.Status.SOLD else None
        return _to_transaction(number) if number else self.get_empty_value_display()

    def matches(self, term: str) -> Q:
        number, seller_id = whole(term), player_id_of(term)
        return (NOTHING if number is None else Q(pk=number)) | (NOTHING if seller_id is None else Q(seller=seller_id))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(RemoveListingView.as_view(model_admin=self))
        return [path("<int:listing_id>/remove/", view, name="marketplace_listing_remove"), *super().get_urls()]


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ["top_bidder", "held_bdt", "listing", "title", "price_bdt", "ends_utc"]
    list_select_related = ["top_bidder"]
    search_fields = ["top_bidder"]
    search_help_text = "A player's whole username."

    held_bdt = amount_column("Held (BDT)", "top_max_micro")
    price_bdt = amount_column("Stands at (BDT)", "price_micro")
    ends_utc = time_column("Ends", "ends_at")

    @admin.display(description="Auction")
    def listing(self, hold: Hold) -> SafeString:
        """Link the listing's page."""
        return _to_listing(hold.pk)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(status=Listing.Status.ACTIVE, top_bidder__isnull=False)

    def matches(self, term: str) -> Q:
        player_id = player_id_of(term)
        return NOTHING if player_id is None else Q(top_bidder=player_id)


@admin.register(Bid)
class BidAdmin(ReadOnlyAdmin):
    list_display = ["id", "at_utc", "bidder", "auction", "max_bdt", "price_bdt", "is_leading"]
    list_select_related = ["bidder"]
    search_fields = ["bidder"]
    search_help_text = "A bidder's whole username, or a listing's number."

    at_utc = time_column("At", "at")
    max_bdt = amount_column("Maximum (BDT)", "max_micro")
    price_bdt = amount_column("Stood at after it (BDT)", "price_micro")

    @admin.display(description="Auction")
    def auction(self, bid: Bid) -> SafeString:
        """Link the listing's page."""
        return _to_listing(bid.listing_id)

    def matches(self, term: str) -> Q:
        number, bidder_id = whole(term), player_id_of(term)
        return (NOTHING if number is None else Q(listing=number)) | (
            NOTHING if bidder_id is None else Q(bidder=bidder_id)
        )


@admin.register(Flag)
class FlagAdmin(ReadOnlyAdmin):
    list_display = ["sale", "at_utc", "price_bdt", "comparable_bdt", "payer", "payee", "reviewed_at", "reviewed_by"]
    list_display_links = None
    list_filter = [("reviewed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["transaction__payer", "transaction__payee", "reviewed_by"]
    actions = ["review"]

    at_utc = time_column("At", "at")
    comparable_bdt = amount_column("Such parcels go for (BDT)", "comparable_micro")

    @admin.display(description="Transaction")
    def sale(self, flag: Flag) -> SafeString:
        """Link the transaction's page, from which it can be refunded."""
        return _to_transaction(flag.transaction_id)

    @admin.display(description="Price (BDT)")
    def price_bdt(self, flag: Flag) -> str:
        """Return the amount that was paid."""
        return grouped_text(flag.transaction.amount_micro)

    @admin.display(description="Buyer")
    def payer(self, flag: Flag) -> str:
        """Return the payer's name."""
        return str(flag.transaction.payer)

    @admin.display(description="Seller")
    def payee(self, flag: Flag) -> str:
        """Return the payee's name, or "the world"."""
        return str(flag.transaction.payee or "the world")

    def has_review_permission(self, request: HttpRequest) -> bool:
        """Return whether the administrator may mark flags as reviewed."""
        return request.user.has_perm("marketplace.change_flag")

    @admin.action(description="Mark as reviewed", permissions=["review"])
    def review(self, request: HttpRequest, flags: QuerySet[Flag]) -> None:
        """Mark the selected flags as reviewed, with the administrator and the time."""
        chosen = list(flags)
        assert request.user.pk is not None
        number = review_flags(
            transaction_ids=[flag.pk for flag in chosen], administrator_id=request.user.pk, now=timezone.now()
        )
        for flag in chosen:
            self.log_change(request, flag, "Reviewed.")
        messages.success(request, f"{number} marked as reviewed.")


@admin.register(Land)
class LandAdmin(ReadOnlyAdmin):
    list_display = ["id", "x", "y", "market_id", "region_id", "elevation_m", "owner", "owned_since"]
    list_filter = ["market"]
    list_select_related = ["owner"]
    ordering = ["pk"]
    search_fields = ["owner"]
    search_help_text = "An owner's whole username, a parcel's number, or its place: 12, 7."

    def matches(self, term: str) -> Q:
        x, comma, y = term.partition(",")
        place = whole(x.strip()), whole(y.strip())
        if comma:
            return NOTHING if None in place else Q(x=place[0], y=place[1])
        number, owner_id = whole(term), player_id_of(term)
        return (NOTHING if number is None else Q(pk=number)) | (NOTHING if owner_id is None else Q(owner=owner_id))


@admin.register(Region)
class RegionAdmin(ReadOnlyAdmin):
    list_display = ["id", "market_id", "count"]
    list_filter = ["market"]
    ordering = ["pk"]

    count = count_column("Parcels", "parcels")


@admin.register(World)
class WorldAdmin(ReadOnlyAdmin):
    list_display = ["seed", "side_parcels", "made_at"]


@admin.register(DailySummary)
class DailySummaryAdmin(ReadOnlyAdmin):
    list_display = ["day", "transactions", "fees_bdt", "flagged", "circles_found", "made_utc"]
    change_form_template = "admin/marketplace/dailysummary/summary.html"
    fields = ["day", "made_utc"]

    made_utc = time_column("Made", "made_at")

    @admin.display(description="Transactions")
    def transactions(self, summary: DailySummary) -> str:
        """Return the number of the day's transactions."""
        return f"{sum(flow['count'] for flow in summary.flows):,}"

    @admin.display(description="Fees (BDT)")
    def fees_bdt(self, summary: DailySummary) -> str:
        """Return the platform's fees of the day."""
        return grouped_text(sum(flow["fee_micro"] for flow in summary.flows))

    @admin.display(description="Flagged sales")
    def flagged(self, summary: DailySummary) -> int:
        """Return the number of sales far from comparable prices."""
        return len(summary.safeguards["flagged"])

    @admin.display(description="Circles")
    def circles_found(self, summary: DailySummary) -> int:
        """Return the number of groups of players who gave to each other in a circle."""
        return len(summary.circles)
