"""Tables of wallets, holdings, transactions (every movement of money), and the history of each player's worth.

Wallets, holdings and transactions are written by `trading.ledger.posting` alone; the last models are derived from them.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Case, F, Q, Value, When

from markets.models import Market


class Wallet(models.Model):
    """A player's BDT."""

    player = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, primary_key=True, related_name="wallet"
    )
    balance_micro = models.BigIntegerField(default=0, help_text="What can be spent.")
    held_micro = models.BigIntegerField(default=0, help_text="What bids and resting orders have reserved.")
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(balance_micro__gte=0), name="wallet_balance_not_negative"),
            models.CheckConstraint(condition=Q(held_micro__gte=0), name="wallet_held_not_negative"),
        ]
        permissions = [("move_outside_money", "Can top up and withdraw")]

    def __str__(self) -> str:
        return f"wallet of player {self.player_id}"


class Holding(models.Model):
    """A player's shares in one market, and what they cost."""

    player = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="holdings", db_index=False
    )
    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="holdings", db_index=False)
    shares_micro = models.BigIntegerField(default=0)
    cost_micro = models.BigIntegerField(default=0, help_text="What the shares held now cost, fees included.")
    realised_micro = models.BigIntegerField(default=0, help_text="Gain of all sales, after fees.")
    sold_basis_micro = models.BigIntegerField(default=0, help_text="What all shares sold had cost, fees included.")
    volume_micro = models.BigIntegerField(default=0, help_text="BDT of all buys and sales, without fees.")
    counted_micro = models.BigIntegerField(
        default=0, db_default=0, help_text="Of it, what was not traded back within a minute: what standings count."
    )
    run_micro = models.BigIntegerField(
        default=0, db_default=0, help_text="Buys less sales of the newest run of trades, each within a minute."
    )
    run_at = models.DateTimeField(null=True, help_text="When the newest trade was.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(counted_micro__gte=0, counted_micro__lte=F("volume_micro")),
                name="holding_within_volume",
            ),
            models.UniqueConstraint(fields=["player", "market"], name="holding_unique"),
            models.CheckConstraint(condition=Q(shares_micro__gte=0), name="holding_shares_not_negative"),
            models.CheckConstraint(condition=Q(cost_micro__gte=0), name="holding_cost_not_negative"),
            models.CheckConstraint(condition=Q(sold_basis_micro__gte=0), name="holding_sold_basis_not_negative"),
            models.CheckConstraint(condition=Q(volume_micro__gte=0), name="holding_volume_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.market_id} of player {self.player_id}"


class Source(models.TextChoices):
    """The part of the exchange that a transaction belongs to."""

    BIOME = "biome", "Shares"
    MARKETPLACE = "marketplace", "Land"
    WALLET = "wallet", "Wallet"


class Kind(models.TextChoices):
    """The kind of a transaction. Clients get the value; people read the label, which fits both sides."""

    BIOME_BUY = "biome_buy", "Bought"
    BIOME_SELL = "biome_sell", "Sold"
    FIXED_PRICE = "fixed_price", "Land at a fixed price"
    BUY_NOW = "buy_now", "Land bought now"
    AUCTION = "auction", "Land auction"
    GIFT = "gift", "Land given"
    TRANSFER = "transfer", "Transfer"
    TOPUP = "topup", "Top-up"
    WITHDRAWAL = "withdrawal", "Withdrawal"
    ADJUSTMENT = "adjustment", "Adjustment"
    REFUND = "refund", "Refund"


BIOME_KINDS = (Kind.BIOME_BUY, Kind.BIOME_SELL)
SALE_KINDS = (Kind.FIXED_PRICE, Kind.BUY_NOW, Kind.AUCTION)
LAND_KINDS = (*SALE_KINDS, Kind.GIFT)
WALLET_KINDS = (Kind.TRANSFER, Kind.TOPUP, Kind.WITHDRAWAL, Kind.ADJUSTMENT, Kind.REFUND)
KINDS_OF = {Source.BIOME: BIOME_KINDS, Source.MARKETPLACE: LAND_KINDS, Source.WALLET: WALLET_KINDS}

_BIOME_FIELDS = ("market", "shares_micro", "cash_before_micro", "cash_after_micro")
_LAND_FIELDS = ("land_id", "listing_id")


def _all_null(*fields: str, null: bool) -> Q:
    return Q(**{f"{field}__isnull": null for field in fields})


def _only_for(kinds: tuple[Kind, ...], **lookups: Any) -> Q:
    """Return the condition that is true for rows of other kinds, and for rows of these kinds that match."""
    return ~Q(kind__in=kinds) | Q(**lookups)


class Transaction(models.Model):
    """One transfer, appended and never changed.

    The payer gives `amount`, the payee gets `amount - fee`, the platform the fee. A payer or payee of null is not a
    player: the market in a biome trade, the world in a land sale, the outside in a top-up or withdrawal, the
    treasury in an adjustment or refund.
    """

    at = models.DateTimeField()
    kind = models.CharField(max_length=11, choices=Kind)
    source = models.GeneratedField(
        expression=Case(
            When(kind__in=BIOME_KINDS, then=Value(Source.BIOME.value)),
            When(kind__in=LAND_KINDS, then=Value(Source.MARKETPLACE.value)),
            default=Value(Source.WALLET.value),
        ),
        output_field=models.CharField(max_length=11, choices=Source),
        db_persist=True,
    )

    initiator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Who asked for it: the player, or an administrator.",
    )
    operation = models.UUIDField(help_text="The initiator's id of the request; the same id is carried out once.")
    request_digest = models.UUIDField(help_text="What was asked, digested: the same id with another is a conflict.")

    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    payee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    amount_micro = models.BigIntegerField()
    fee_micro = models.BigIntegerField(default=0)
    # Kept and not summed up, so that a page of a long history costs what a page of a short one does.
    payer_balance_micro = models.BigIntegerField(
        null=True, editable=False, help_text="All money of the payer after it: what is held is in it."
    )
    payee_balance_micro = models.BigIntegerField(
        null=True, editable=False, help_text="All money of the payee after it: what is held is in it."
    )

    market = models.ForeignKey(Market, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    shares_micro = models.BigIntegerField(null=True)
    cash_before_micro = models.BigIntegerField(null=True)
    cash_after_micro = models.BigIntegerField(null=True)
    basis_micro = models.BigIntegerField(null=True, help_text="Sales: what the shares sold had cost.")

    # The tables belong to the marketplace, which adds the foreign keys.
    land_id = models.BigIntegerField(null=True, help_text="Land: who pays gets it, who is paid gave it.")
    listing_id = models.BigIntegerField(null=True)

    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    reason = models.CharField(max_length=200, blank=True, default="")

    #: Whether it answers a request that repeats the one which it was made for.
    is_replay = False

    class Meta:
        db_table = "transactions"
        constraints = [
            models.UniqueConstraint(fields=["initiator", "operation"], name="transaction_operation_unique"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="transaction_kind_known"),
            models.CheckConstraint(
                # Of land far below its base price, and of gifts, whoever gives it pays more in fees than it brings.
                condition=Q(fee_micro__gte=0)
                & (Q(fee_micro__lte=F("amount_micro")) | Q(kind__in=LAND_KINDS, payee__isnull=False))
                & (Q(amount_micro__gt=0) | Q(kind=Kind.GIFT, amount_micro=0)),
                name="transaction_amounts_in_range",
            ),
            models.CheckConstraint(
                condition=(Q(kind__in=BIOME_KINDS) & _all_null(*_BIOME_FIELDS, null=False) & Q(shares_micro__gt=0))
                | (~Q(kind__in=BIOME_KINDS) & _all_null(*_BIOME_FIELDS, null=True)),
                name="transaction_biome_fields_for_biome_kinds",
            ),
            models.CheckConstraint(
                condition=(Q(kind=Kind.BIOME_SELL, basis_micro__gte=0, basis_micro__isnull=False))
                | (~Q(kind=Kind.BIOME_SELL) & Q(basis_micro__isnull=True)),
                name="transaction_basis_for_sales",
            ),
            models.CheckConstraint(
                condition=(
                    Q(kind=Kind.BIOME_BUY, cash_after_micro=F("cash_before_micro") + F("amount_micro") - F("fee_micro"))
                    | Q(kind=Kind.BIOME_SELL, cash_after_micro=F("cash_before_micro") - F("amount_micro"))
                    | ~Q(kind__in=BIOME_KINDS)
                ),
                name="transaction_cash_follows_amount",
            ),
            models.CheckConstraint(
                condition=(Q(kind__in=LAND_KINDS) & Q(land_id__isnull=False))
                | (~Q(kind__in=LAND_KINDS) & _all_null(*_LAND_FIELDS, null=True)),
                name="transaction_land_fields_for_land_kinds",
            ),
            models.CheckConstraint(
                condition=_only_for((Kind.BIOME_BUY, Kind.WITHDRAWAL), payer__isnull=False, payee__isnull=True)
                & _only_for((Kind.BIOME_SELL, Kind.TOPUP), payer__isnull=True, payee__isnull=False)
                & _only_for(LAND_KINDS, payer__isnull=False)
                & _only_for((Kind.TRANSFER, Kind.GIFT), payer__isnull=False, payee__isnull=False)
                & (Q(payer__isnull=False) | Q(payee__isnull=False)),
                name="transaction_parties_of_kind",
            ),
            models.CheckConstraint(
                condition=Q(payer__isnull=True) | Q(payee__isnull=True) | ~Q(payer=F("payee")),
                name="transaction_parties_differ",
            ),
            models.CheckConstraint(
                condition=_only_for((Kind.TRANSFER, Kind.TOPUP, Kind.WITHDRAWAL, Kind.ADJUSTMENT), fee_micro=0),
                name="transaction_fee_for_trades",
            ),
            models.CheckConstraint(
                condition=_only_for((Kind.REFUND,), corrects__isnull=False)
                & (Q(kind__in=(Kind.REFUND, Kind.ADJUSTMENT)) | Q(corrects__isnull=True)),
                name="transaction_corrects_for_corrections",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=(Kind.ADJUSTMENT, Kind.REFUND)) | ~Q(reason=""),
                name="transaction_reason_for_corrections",
            ),
            # Whatever the program does: what is offered once is sold once. An offer after a refund is another listing.
            models.UniqueConstraint(
                fields=["listing_id"],
                condition=Q(listing_id__isnull=False, kind__in=SALE_KINDS),
                name="transaction_one_sale_a_listing",
            ),
        ]
        indexes = [
            models.Index(fields=["initiator", "-id"], name="transaction_by_initiator"),
            # With what a player filters by, so that looking for a few among many reads no other rows.
            models.Index(
                fields=["payer", "-id"],
                name="transaction_by_payer",
                condition=Q(payer__isnull=False),
                include=["kind", "market", "at"],
            ),
            models.Index(
                fields=["payee", "-id"],
                name="transaction_by_payee",
                condition=Q(payee__isnull=False),
                include=["kind", "market", "at"],
            ),
            # Trades are so many that any of them is found soon, and this costs them nothing. In the order of lists: by
            # kind first, several kinds at once would be looked for among all transactions.
            models.Index(
                fields=["-id", "kind"], name="transaction_other_than_trade", condition=~Q(kind__in=BIOME_KINDS)
            ),
            models.Index(fields=["land_id", "-id"], name="transaction_by_land", condition=Q(land_id__isnull=False)),
            models.Index(fields=["corrects"], name="transaction_by_corrected", condition=Q(corrects__isnull=False)),
            # Rows are appended in the order of time, or nearly: a few bytes a megabyte tell which may be of an hour.
            BrinIndex(fields=["at"], name="transaction_by_time", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class WorthSnapshot(models.Model):
    """A player's property at one time, written by `analytics.equity.snapshots` alone.

    Idle players without shares and land have none.

    The player is no constraint of the database: accounts with a wallet are never deleted, and a check of each row
    would lock every player's account at each snapshot.
    """

    class Span(models.TextChoices):
        """The interval of which a row is the last one kept, as old snapshots are thinned."""

        MOMENT = "moment"
        FIVE = "five", "five minutes"
        HOUR = "hour"
        DAY = "day"

    pk = models.CompositePrimaryKey("player_id", "at")
    player = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()
    span = models.CharField(max_length=6, choices=Span, default=Span.MOMENT)
    worth_micro = models.BigIntegerField(help_text="Money, shares at their price, and land at the world's.")
    land_micro = models.BigIntegerField(
        null=True, help_text="The land in it. Null: written by a version that left land out, and not shown."
    )
    gain_micro = models.BigIntegerField(help_text="Of shares and land, sold so far or at their price now.")
    volume_micro = models.BigIntegerField(help_text="BDT of all buys and sales so far, without fees.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(worth_micro__gte=0), name="worth_not_negative")]
        # For what is to be thinned, and whether a moment has its snapshots.
        indexes = [models.Index(fields=["span", "at"], name="worth_by_span")]


class Standing(models.Model):
    """A player's rank among the others over a period. Rewritten continually, by `analytics.leaderboard.rankings` alone.

    The player is no constraint of the database, for the same reason as with snapshots.
    """

    class Period(models.TextChoices):
        DAY = "24h", "24 hours"
        WEEK = "7d", "7 days"
        ALL = "all", "All time"

    pk = models.CompositePrimaryKey("period", "player_id")
    period = models.CharField(max_length=3, choices=Period)
    player = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    gain_micro = models.BigIntegerField(help_text="Shares and land, sold or at their price, against their cost.")
    volume_micro = models.BigIntegerField(help_text="BDT of all buys and sales, without fees.")
    at = models.DateTimeField(help_text="When all of them were ranked.")
    gain_rank = models.IntegerField()
    volume_rank = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "gain_rank"], name="standing_by_gain"),
            models.UniqueConstraint(fields=["period", "volume_rank"], name="standing_by_volume"),
        ]


class HourlyFlow(models.Model):
    """The totals of one hour's transactions, so that reports need not add up all transactions.

    Written by `analytics.economy.hourly_totals` alone, when no transaction of the hour can come any more. Hours without
    any have no row.
    """

    opened_at = models.DateTimeField(primary_key=True)
    trades = models.BigIntegerField()
    volume_micro = models.BigIntegerField(help_text="BDT of buys and sales, without fees.")
    fees_micro = models.BigIntegerField()
    issued_micro = models.BigIntegerField(help_text="What came from outside, less what went there.")
    treasury_micro = models.BigIntegerField(help_text="What the world's own land and corrections brought or cost.")

    def __str__(self) -> str:
        return f"{self.opened_at:%Y-%m-%d %H:%M}"


class LedgerCheck(models.Model):
    """The result of a check of all invariants of money. Those of the last months are kept."""

    at = models.DateTimeField(db_index=True)
    took_ms = models.PositiveIntegerField()
    findings = models.JSONField(help_text="By law: what breaks it, nothing where it holds.")

    def __str__(self) -> str:
        return f"check of {self.at:%Y-%m-%d %H:%M}"
