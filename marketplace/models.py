"""Tables of land and its trade.

Money in micro-BDT. These hold a parcel's current state; its history is in the transactions.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from markets.models import Market
from trading.models import Transaction


class World(models.Model):
    """The one world, made once, and always the same from its seed."""

    seed = models.BigIntegerField()
    side_parcels = models.PositiveIntegerField(help_text="The grid has so many rows and columns.")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="world_is_one")]

    def __str__(self) -> str:
        return f"world {self.seed}"


class Region(models.Model):
    """Parcels of one biome that touch each other by their sides."""

    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="+")
    parcels = models.PositiveIntegerField(help_text="How many.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(parcels__gt=0), name="region_not_empty")]

    def __str__(self) -> str:
        return f"{self.market_id} region {self.pk}"


class Land(models.Model):
    """One parcel of the grid. Without an owner it belongs to the world; players' parcels are for sale when listed."""

    x = models.PositiveIntegerField()
    y = models.PositiveIntegerField()
    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="+", db_index=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+", db_index=False)
    elevation_m = models.SmallIntegerField(help_text="Above the sea; of ocean, below it.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="lands", db_index=False
    )
    owned_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["y", "x"], name="land_one_a_place"),
            models.CheckConstraint(
                condition=Q(owner__isnull=True, owned_since__isnull=True)
                | Q(owner__isnull=False, owned_since__isnull=False),
                name="land_owned_since_for_owned",
            ),
        ]
        indexes = [
            # With its place, so that the map's marks are read from the index alone.
            models.Index(
                fields=["owner", "id"], include=["x", "y"], name="land_by_owner", condition=Q(owner__isnull=False)
            ),
            models.Index(fields=["id"], name="land_unowned", condition=Q(owner__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.market_id} at {self.x}, {self.y}"


#: The status told of a listing whose time has run out and that is not settled yet. Never stored.
ENDED = "ended"


class Listing(models.Model):
    """A parcel that its owner offers: at a fixed price, or by auction, which a bidder may cut short with buy-now.

    Of an auction, `price_micro` is the highest bidder's current price, or the starting price before the first bid.
    The maximum of `top_bidder` is reserved in that wallet, and shown to nobody else.
    """

    class Kind(models.TextChoices):
        FIXED_PRICE = "fixed_price", "Fixed price"
        AUCTION = "auction", "Auction"

    class Status(models.TextChoices):
        ACTIVE = "active"
        SOLD = "sold"
        CANCELLED = "cancelled"
        EXPIRED = "expired", "Ended without a sale"

    land = models.ForeignKey(Land, on_delete=models.PROTECT, related_name="listings", db_index=False)
    # As the parcel has them: so that a search needs no other table.
    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="+", db_index=False)
    region_parcels = models.PositiveIntegerField()
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    operation = models.UUIDField(help_text="The seller's id of the request; the same id is carried out once.")
    request_digest = models.UUIDField()

    kind = models.CharField(max_length=11, choices=Kind)
    status = models.CharField(max_length=9, choices=Status, default=Status.ACTIVE)
    title = models.CharField(max_length=80)
    words = models.TextField(max_length=2000, blank=True, default="")

    price_micro = models.BigIntegerField()
    buy_now_micro = models.BigIntegerField(null=True)
    reserve_micro = models.BigIntegerField(null=True, help_text="Below it an auction sells nothing.")

    top_bidder = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    top_max_micro = models.BigIntegerField(null=True, help_text="What the highest bidder would pay at most: held.")
    bids_count = models.PositiveIntegerField(default=0)

    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    latest_end_at = models.DateTimeField(help_text="No late bid moves the end beyond it.")
    closed_at = models.DateTimeField(null=True)
    sold_micro = models.BigIntegerField(null=True, help_text="What it was sold for.")
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    removed_reason = models.CharField(max_length=200, blank=True, default="", db_default="")

    #: Whether it answers a request that repeats the one which it was made for.
    is_replay = False

    class Meta:
        permissions = [("refund", "Can refund sales of land and transfers")]
        constraints = [
            models.CheckConstraint(
                condition=Q(removed_by__isnull=True, removed_reason="")
                | (Q(removed_by__isnull=False, status="cancelled") & ~Q(removed_reason="")),
                name="listing_removed_for_a_reason",
            ),
            models.UniqueConstraint(fields=["seller", "operation"], name="listing_operation_unique"),
            models.UniqueConstraint(fields=["land"], name="listing_one_active_a_land", condition=Q(status="active")),
            models.CheckConstraint(condition=Q(price_micro__gt=0), name="listing_price_positive"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("opened_at"), latest_end_at__gte=F("ends_at")), name="listing_ends_in_order"
            ),
            models.CheckConstraint(
                condition=Q(kind="auction")
                | Q(buy_now_micro__isnull=True, reserve_micro__isnull=True, top_bidder__isnull=True, bids_count=0),
                name="listing_auction_fields_for_auctions",
            ),
            models.CheckConstraint(
                condition=Q(top_bidder__isnull=True, top_max_micro__isnull=True)
                | Q(top_bidder__isnull=False, top_max_micro__isnull=False, top_max_micro__gte=F("price_micro")),
                name="listing_top_bid_covers_price",
            ),
            models.CheckConstraint(
                condition=Q(status="active", closed_at__isnull=True)
                | (~Q(status="active") & Q(closed_at__isnull=False)),
                name="listing_closed_at_for_closed",
            ),
            models.CheckConstraint(
                condition=Q(status="sold", sold_micro__isnull=False) | (~Q(status="sold") & Q(sold_micro__isnull=True)),
                name="listing_sold_micro_for_sold",
            ),
            models.CheckConstraint(
                condition=Q(top_bidder__isnull=True) | ~Q(top_bidder=F("seller")), name="listing_seller_does_not_bid"
            ),
        ]
        indexes = [
            # Each order of a search, of the active ones as of those that ended.
            models.Index(fields=["status", "ends_at", "id"], name="listing_by_end"),
            models.Index(fields=["status", "price_micro", "id"], name="listing_by_price"),
            models.Index(fields=["status", "-id"], name="listing_by_newest"),
            models.Index(fields=["market", "status", "ends_at", "id"], name="listing_by_biome"),
            models.Index(fields=["closed_at"], name="listing_removed", condition=Q(removed_by__isnull=False)),
            models.Index(fields=["seller", "-id"], name="listing_by_seller"),
            models.Index(
                fields=["top_bidder", "-id"],
                name="listing_by_top_bidder",
                condition=Q(status="active", top_bidder__isnull=False),
            ),
            models.Index(fields=["land", "-id"], name="listing_by_land"),
            models.Index(fields=["market", "-closed_at"], name="listing_sold_by_biome", condition=Q(status="sold")),
        ]

    def __str__(self) -> str:
        return f"listing {self.pk}"

    @property
    def is_reserve_met(self) -> bool:
        """Return whether the highest bid is enough for the seller; true where there is no reserve."""
        return self.reserve_micro is None or self.price_micro >= self.reserve_micro

    def status_at(self, now: Any) -> str:
        """Return the status as clients are told it: `ENDED` from the listing's end until it is settled."""
        return ENDED if self.status == self.Status.ACTIVE and self.is_over(now) else self.status

    def is_over(self, now: Any) -> bool:
        """Return whether the listing's time has run out, settled or not."""
        return bool(now >= self.ends_at)


class Hold(Listing):
    """The money of an auction's leader that is held: active listings with a leader, listed with the wallet."""

    class Meta:
        proxy = True

    def __str__(self) -> str:
        return f"hold of listing {self.pk}"


class Bid(models.Model):
    """One bid, as it was made: appended, never changed."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="bids", db_index=False)
    bidder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    operation = models.UUIDField(help_text="The bidder's id of the request; the same id is carried out once.")
    request_digest = models.UUIDField()
    at = models.DateTimeField()
    max_micro = models.BigIntegerField(help_text="What the bidder would pay at most: nobody else's business.")
    price_micro = models.BigIntegerField(help_text="What the auction stood at after it.")
    is_leading = models.BooleanField(help_text="Whether the bidder was the highest after it.")

    #: Whether it answers a request that repeats the one which it was made for.
    is_replay = False

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bidder", "operation"], name="bid_operation_unique"),
            models.CheckConstraint(condition=Q(max_micro__gt=0), name="bid_positive"),
        ]
        indexes = [
            models.Index(fields=["listing", "-id"], name="bid_by_listing"),
            models.Index(fields=["bidder", "-id"], name="bid_by_bidder"),
        ]

    def __str__(self) -> str:
        return f"bid {self.pk} on listing {self.listing_id}"


class Flag(models.Model):
    """A sale far from comparable prices, for administrators to review; the sale itself stands."""

    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, primary_key=True, related_name="+")
    at = models.DateTimeField(db_index=True)
    comparable_micro = models.BigIntegerField(help_text="What such a parcel goes for.")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    def __str__(self) -> str:
        return f"flag of transaction {self.transaction_id}"


class LandAccount(models.Model):
    """The balance of a player's payments for land and receipts from it, so that a gain by land needs no sum over all
    history.

    Written by the database alone, whenever a parcel's owner changes: so it is right whichever version of the program
    runs. The player's gain by land is this plus the worth of the parcels owned.
    """

    player = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    net_micro = models.BigIntegerField(help_text="Sales without their fees, less purchases; gifts at their value then.")

    def __str__(self) -> str:
        return f"land account of player {self.player_id}"


class GiftValue(models.Model):
    """The world's asking price of a parcel at the time of its gift. Written with the gift, by the database."""

    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, primary_key=True, related_name="+")
    value_micro = models.BigIntegerField()

    def __str__(self) -> str:
        return f"value of gift {self.transaction_id}"


class LandAttention(models.Model):
    """The points of attention that a parcel brought to its biome in an hour."""

    land = models.ForeignKey(Land, on_delete=models.CASCADE, related_name="+", db_index=False)
    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="+", db_index=False)
    hour = models.DateTimeField()
    points = models.BigIntegerField()

    class Meta:
        constraints = [
            # In the order in which a biome's report reads them.
            models.UniqueConstraint(fields=["market", "hour", "land"], name="land_attention_once_an_hour"),
            models.CheckConstraint(condition=Q(points__gt=0), name="land_attention_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.points} points of parcel {self.land_id}"


class DailySummary(models.Model):
    """The summary of one day (UTC), for administrators. Written by `marketplace.daily_summary` alone."""

    day = models.DateField(primary_key=True)
    made_at = models.DateTimeField()
    flows = models.JSONField(help_text="Count, amount and fees by source and kind.")
    safeguards = models.JSONField(help_text="Sales that were flagged, listings that were removed, sales refunded.")
    moves = models.JSONField(help_text="What each biome's price did, the largest move first.")
    circles = models.JSONField(help_text="Players among whom money or land came back to where it was.")
    stars = models.JSONField(default=list, db_default=[], help_text="Players whom many young accounts gave to.")

    class Meta:
        verbose_name_plural = "daily summaries"

    def __str__(self) -> str:
        return f"{self.day}"
