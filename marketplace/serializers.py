"""Serializers of the marketplace API: its input, and its output for the documentation.

One serializer for each operation.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from attention.biomes import Biome
from core.api.fields import BdtChangeText, BdtText, NumberInAddressField, TextField, WholeNumberField
from core.api.known_fields import RequestSerializer, Variant
from marketplace.models import ENDED, Listing
from marketplace.sales.listings import Offer
from marketplace.selectors import ORDERS
from trading.fields import AmountField
from trading.serializers import AMOUNT_HELP, BALANCE_AFTER_HELP, BALANCE_CHANGE_HELP, REASON_LENGTH

#: Periods of the report of what land does to a price, in hours.
IMPACT_HOURS = {"1h": 1, "24h": 24, "7d": 168}
LISTING_KINDS = Listing.Kind.choices
LISTING_STATES = [*Listing.Status.choices, (ENDED, "Ended, not settled yet")]
_TITLE_LENGTH, _WORDS_LENGTH, _NAME_LENGTH = 80, 2000, 150


class LandQuery(serializers.Serializer[Any]):
    """The filter of parcels."""

    biome = serializers.ChoiceField(choices=Biome.choices, required=False)
    owner = TextField(max_length=_NAME_LENGTH, required=False, help_text="Username.")
    unowned = serializers.BooleanField(required=False, default=False, help_text="Those that nobody owns: the world's.")
    for_sale = serializers.BooleanField(required=False, default=False, help_text="Those that a player has listed.")


class BuyLandRequest(RequestSerializer):
    """The request to buy a parcel from the world."""

    most = AmountField(help_text="The most to pay: a higher price is refused.")


class GiveLandRequest(RequestSerializer):
    """The request to give a parcel to another player."""

    to = TextField(max_length=_NAME_LENGTH, help_text="Username.")
    note = TextField(max_length=REASON_LENGTH, required=False, allow_blank=True, default="")


class ListingQuery(serializers.Serializer[Any]):
    """The filter and order of listings."""

    status = serializers.ChoiceField(choices=LISTING_STATES, default=Listing.Status.ACTIVE.value)
    biome = serializers.ChoiceField(choices=Biome.choices, required=False)
    kind = serializers.ChoiceField(choices=LISTING_KINDS, required=False)
    seller = TextField(max_length=_NAME_LENGTH, required=False, help_text="Username.")
    land = NumberInAddressField(min_value=1, max_value=2**63 - 1, required=False)
    least = AmountField(required=False, help_text="Price from here on.")
    most = AmountField(required=False, help_text="Price up to here.")
    least_region = NumberInAddressField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="In a region of at least so many parcels."
    )
    order = serializers.ChoiceField(choices=sorted(ORDERS), default="newest")


class OpenListingRequest(RequestSerializer):
    """An offer. Of an auction `price` is the starting price."""

    VARIANTS = {
        "OpenFixedPrice": Variant(lacks=("buy_now", "reserve"), given={"kind": Listing.Kind.FIXED_PRICE.value}),
        "OpenAuction": Variant(given={"kind": Listing.Kind.AUCTION.value}),
    }

    land = WholeNumberField(min_value=1, max_value=2**63 - 1)
    kind = serializers.ChoiceField(choices=LISTING_KINDS)
    price = AmountField()
    title = TextField(max_length=_TITLE_LENGTH)
    words = TextField(max_length=_WORDS_LENGTH, required=False, allow_blank=True, default="")
    lasts_secs = WholeNumberField(
        min_value=settings.LISTING_SECS_MIN, max_value=settings.LISTING_SECS_MAX, default=7 * 24 * 3600
    )
    buy_now = AmountField(required=False, help_text="Auctions: sold at once to whoever pays it.")
    reserve = AmountField(required=False, help_text="Auctions: below it nothing is sold.")

    def offer(self) -> Offer:
        """Return the offer. Raises InvalidListing when its values contradict each other."""
        asked = self.validated_data
        return Offer(
            kind=Listing.Kind(asked["kind"]),
            price_micro=asked["price"],
            title=asked["title"],
            words=asked["words"],
            lasts_secs=asked["lasts_secs"],
            buy_now_micro=asked.get("buy_now"),
            reserve_micro=asked.get("reserve"),
        )


class EditListingRequest(RequestSerializer):
    """A new price; of an auction without bids, a new starting price."""

    price = AmountField()


class BidRequest(RequestSerializer):
    """A bid."""

    max = AmountField(help_text="The most to pay. It is held while you lead; you pay no more than is needed.")


class BuyListingRequest(RequestSerializer):
    """The request to buy at the fixed price, or at the buy-now price."""

    most = AmountField(help_text="The most to pay: a higher price is refused.")


class LookRequest(RequestSerializer):
    """Attention for the parcel's biome."""

    points = WholeNumberField(min_value=1, max_value=1_000_000)


class LookReply(serializers.Serializer[Any]):
    """The number of points that counted."""

    accepted = serializers.IntegerField()
    dropped = serializers.IntegerField(help_text="Beyond the budget.")
    remaining = serializers.IntegerField(help_text="Of the budget in the cycle under way, over all biomes.")


class ImpactQuery(serializers.Serializer[Any]):
    """The period to look back."""

    period = serializers.ChoiceField(choices=list(IMPACT_HOURS), default="24h")


@extend_schema_serializer(deprecate_fields=("points", "moved"))
class LandImpactReply(serializers.Serializer[Any]):
    """A parcel's part of the attention and of its effect."""

    land = serializers.IntegerField()
    x = serializers.IntegerField()
    y = serializers.IntegerField()
    attention_points = serializers.IntegerField(help_text="Points that the parcel brought.")
    amount_added_bdt = BdtChangeText(help_text="Of the market's cash: its part of what all attention added.")
    points = serializers.IntegerField(help_text="The former name of attention_points.")
    moved = BdtChangeText(help_text="The former name of amount_added_bdt.")


@extend_schema_serializer(deprecate_fields=("attention", "land_attention", "moved"))
class ImpactReply(serializers.Serializer[Any]):
    """The effect of land on a biome's price."""

    since = serializers.DateTimeField()
    attention_points = serializers.IntegerField(help_text="Points that the biome got in all.")
    land_attention_points = serializers.IntegerField(help_text="Points that parcels brought.")
    amount_added_bdt = BdtChangeText(help_text="What attention added to the market's cash, or took.")
    attention = serializers.IntegerField(help_text="The former name of attention_points.")
    land_attention = serializers.IntegerField(help_text="The former name of land_attention_points.")
    moved = BdtChangeText(help_text="The former name of amount_added_bdt.")
    lands = LandImpactReply(many=True)


class WorldReply(serializers.Serializer[Any]):
    """The world."""

    seed = serializers.IntegerField()
    side_parcels = serializers.IntegerField(help_text="Rows and columns.")
    made_at = serializers.DateTimeField()


class LandReply(serializers.Serializer[Any]):
    """A parcel."""

    id = serializers.IntegerField()
    x = serializers.IntegerField()
    y = serializers.IntegerField()
    biome = serializers.ChoiceField(choices=Biome.choices)
    region = serializers.IntegerField()
    elevation_m = serializers.IntegerField()
    owner = TextField(allow_null=True, help_text="Username; null is the world.")
    owned_since = serializers.DateTimeField(allow_null=True)
    base_price = BdtText(allow_null=True, help_text="What the world asks now; null where it is owned.")


class ForSaleReply(serializers.Serializer[Any]):
    """The listing that offers a parcel."""

    listing = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=LISTING_KINDS)
    price = BdtText(help_text="Of an auction: what the leader would pay now, or where bids start.")


class MapParcelReply(LandReply):
    """A parcel on the map."""

    for_sale = ForSaleReply(allow_null=True, help_text="Null where its owner has not listed it, or nobody owns it.")


class LandSaleReply(serializers.Serializer[Any]):
    """A parcel that changed owners. The payer gets it; a payee of null is the world."""

    id = serializers.IntegerField()
    operation = serializers.UUIDField(help_text="The Idempotency-Key.")
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    payer = serializers.CharField(allow_null=True)
    payee = serializers.CharField(allow_null=True)
    amount = BdtText(help_text=AMOUNT_HELP)
    fee = BdtText()
    balance_change = BdtChangeText(allow_null=True, help_text=BALANCE_CHANGE_HELP)
    balance_after = BdtText(allow_null=True, help_text=BALANCE_AFTER_HELP)
    land = serializers.IntegerField()
    listing = serializers.IntegerField(allow_null=True)
    corrects = serializers.IntegerField(allow_null=True, help_text="The transaction that this one mends.")
    reason = serializers.CharField()


class ListingReply(serializers.Serializer[Any]):
    """A listing's public data."""

    id = serializers.IntegerField()
    land = serializers.IntegerField()
    x = serializers.IntegerField()
    y = serializers.IntegerField()
    biome = serializers.ChoiceField(choices=Biome.choices)
    region_parcels = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=LISTING_KINDS)
    status = serializers.ChoiceField(choices=LISTING_STATES)
    title = serializers.CharField()
    words = serializers.CharField()
    seller = serializers.CharField()
    price = BdtText(help_text="Of an auction: what the leader would pay now, or where bids start.")
    buy_now = BdtText(allow_null=True)
    has_reserve = serializers.BooleanField()
    is_reserve_met = serializers.BooleanField()
    top_bidder = serializers.CharField(allow_null=True)
    bids = serializers.IntegerField()
    least_bid = BdtText(allow_null=True, help_text="The least `max` that counts now.")
    opened_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    sold_for = BdtText(allow_null=True)
    buyer = serializers.CharField(allow_null=True, help_text="Username of who bought it; null where it was not sold.")


class BidReply(serializers.Serializer[Any]):
    """A bid's public data."""

    id = serializers.IntegerField()
    listing = serializers.IntegerField()
    bidder = serializers.CharField()
    at = serializers.DateTimeField()
    price = BdtText(help_text="What the auction stood at after it.")
    is_leading = serializers.BooleanField(help_text="Whether the bidder led after it.")


class OwnBidReply(BidReply):
    """A bid's data for its bidder."""

    max = BdtText(help_text="The most that you would pay: nobody else is told.")
    land = serializers.IntegerField()
    listing_status = serializers.ChoiceField(choices=LISTING_STATES)
    leads_now = serializers.BooleanField(help_text="Whether you lead the auction now.")
    listing_price = BdtText(help_text="What the auction stands at now.")
    ends_at = serializers.DateTimeField()


class HoldReply(serializers.Serializer[Any]):
    """Money that is reserved for one thing."""

    kind = serializers.ChoiceField(choices=["bid"], help_text="What it is held for; others may come.")
    amount = BdtText(help_text="BDT held: of a bid its maximum.")
    listing = serializers.IntegerField(allow_null=True)
    land = serializers.IntegerField(allow_null=True)
    price = BdtText(allow_null=True, help_text="What would be paid now.")
    until = serializers.DateTimeField(allow_null=True, help_text="When it is decided.")


class HoldsReply(serializers.Serializer[Any]):
    """The parts of the wallet's `held`."""

    held = BdtText(help_text="The sum of the holds.")
    holds = HoldReply(many=True)
