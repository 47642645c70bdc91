"""Forms of the marketplace's pages. Amounts are read as people type them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet

from attention.biomes import Biome
from marketplace.models import Listing
from marketplace.sales.listings import Offer
from marketplace.selectors import ORDERS, listings_found
from trading.fields import BdtField

_HOUR_SECS = 3600
_DAY_SECS = 24 * _HOUR_SECS

#: How long a listing can be asked to last, as far as the settings allow.
DURATIONS = (
    (_HOUR_SECS, "1 hour"),
    (6 * _HOUR_SECS, "6 hours"),
    (_DAY_SECS, "1 day"),
    (3 * _DAY_SECS, "3 days"),
    (7 * _DAY_SECS, "7 days"),
    (14 * _DAY_SECS, "14 days"),
    (30 * _DAY_SECS, "30 days"),
)
_USUAL_SECS = 7 * _DAY_SECS
_NEWEST = "newest"
_ORDER_TITLES = {
    _NEWEST: "Newest first",
    "ending": "Ending soon",
    "cheapest": "Lowest price",
    "dearest": "Highest price",
}
_REGIONS = ((10, "10 parcels or more"), (50, "50 parcels or more"), (100, "100 parcels or more"), (250, "250 or more"))


def _amount_input() -> forms.TextInput:
    return forms.TextInput({"inputmode": "decimal", "autocomplete": "off", "placeholder": "0.00"})


class OptionalBdtField(BdtField):
    """An amount of BDT that may be left out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=_amount_input(), **options)

    def clean(self, value: Any) -> int | None:  # type: ignore[override]
        """Return micro-BDT, None where nothing was typed. Raises ValidationError as every amount does."""
        return super().clean(value) if str(value or "").strip() else None


class SearchForm(forms.Form):
    """The form that filters and orders listings. Every field may be left out."""

    biome = forms.ChoiceField(choices=[("", "All biomes"), *Biome.choices], required=False)
    kind = forms.ChoiceField(choices=[("", "All kinds"), *Listing.Kind.choices], required=False)
    least = OptionalBdtField(label="Price from")
    most = OptionalBdtField(label="Price to")
    least_region = forms.TypedChoiceField(
        label="Region", choices=[("", "Any size"), *_REGIONS], coerce=int, empty_value=None, required=False
    )
    order = forms.ChoiceField(choices=[(order, _ORDER_TITLES[order]) for order in _ORDER_TITLES], required=False)

    @property
    def ordering(self) -> tuple[str, ...]:
        """Return the fields of the chosen order, from a valid form."""
        return ORDERS[self.cleaned_data["order"] or _NEWEST]

    def clean(self) -> dict[str, Any]:
        """Refuse a lowest price above the highest."""
        least, most = self.cleaned_data.get("least"), self.cleaned_data.get("most")
        if least and most and most < least:
            self.add_error("most", "This is below the lowest price.")
        return self.cleaned_data

    def listings(self, now: datetime) -> QuerySet[Listing]:
        """Return the matching listings, to be ordered and paged."""
        asked = self.cleaned_data
        return listings_found(
            now=now,
            biome=Biome(asked["biome"]) if asked["biome"] else None,
            kind=Listing.Kind(asked["kind"]) if asked["kind"] else None,
            least_micro=asked["least"],
            most_micro=asked["most"],
            least_region=asked["least_region"],
        )


class BidForm(forms.Form):
    """The form of a bid, with an id by which it is made once."""

    max = BdtField(label="Your maximum", widget=_amount_input())
    operation = forms.UUIDField(widget=forms.HiddenInput)


class BuyForm(forms.Form):
    """The form for buying at the price that was shown, with an id by which it is bought once."""

    most = BdtField(widget=forms.HiddenInput)
    confirmed = forms.BooleanField(required=False)
    operation = forms.UUIDField(widget=forms.HiddenInput)


class PriceForm(forms.Form):
    """The form that changes a price."""

    price = BdtField(label="New price", widget=_amount_input())


class CancelForm(forms.Form):
    """The form that cancels a listing. It has no fields."""


class OfferForm(forms.Form):
    """The form of a seller's offer, with an id so that it is listed once.

    The two additional prices are of auctions only.
    """

    kind = forms.ChoiceField(label="How to sell", choices=Listing.Kind.choices, widget=forms.RadioSelect)
    price = BdtField(label="Price", widget=_amount_input())
    reserve = OptionalBdtField(
        label="Reserve", help_text="Optional. Below it nothing is sold; bidders see only that there is one."
    )
    buy_now = OptionalBdtField(label="Buy-now price", help_text="Optional. Whoever pays it first ends the auction.")
    lasts_secs = forms.TypedChoiceField(label="Lasts", choices=DURATIONS, coerce=int, initial=_USUAL_SECS)
    title = forms.CharField(
        label="Title", max_length=80, widget=forms.TextInput({"autocomplete": "off", "dir": "auto"})
    )
    words = forms.CharField(
        label="Description",
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 5, "dir": "auto"}),
        help_text="Optional. Plain text, 2,000 characters at most.",
    )
    operation = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shortest, longest = settings.LISTING_SECS_MIN, settings.LISTING_SECS_MAX
        allowed = [(secs, title) for secs, title in DURATIONS if shortest <= secs <= longest]
        self.fields["lasts_secs"].choices = allowed  # type: ignore[attr-defined]

    def offer(self) -> Offer:
        """Return the offer. Raises InvalidListing when its values contradict each other."""
        asked = self.cleaned_data
        is_auction = asked["kind"] == Listing.Kind.AUCTION
        return Offer(
            kind=Listing.Kind(asked["kind"]),
            price_micro=asked["price"],
            title=asked["title"],
            words=asked["words"],
            lasts_secs=asked["lasts_secs"],
            # A fixed price hides them: what was typed there before is not meant.
            buy_now_micro=asked["buy_now"] if is_auction else None,
            reserve_micro=asked["reserve"] if is_auction else None,
        )
