"""Tables of the markets, of the economic settings, and of each cycle. Money in micro-BDT, shares in micro-shares."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from attention.biomes import Biome
from markets.money import BPS_WHOLE

_at_most_whole = [MaxValueValidator(BPS_WHOLE)]


def _land_factor(biome: str, default: int) -> models.PositiveIntegerField[int, int]:
    return models.PositiveIntegerField(
        f"land in the {biome} (bps of a share)",
        default=default,
        validators=[MinValueValidator(1), MaxValueValidator(10_000_000)],
    )


class EconomicSettings(models.Model):
    """One version of the economic settings. Rows are added, never changed: the newest is in force, the rest the audit.

    Every market names the version in force, so whoever locks a market knows its settings without another query, and a
    copy that a process keeps by id can never be stale.
    """

    redistribution_pool_bps = models.PositiveIntegerField(default=2_500, validators=_at_most_whole)
    max_move_bps = models.PositiveIntegerField(
        "largest price move in one cycle (bps)", default=500, validators=_at_most_whole
    )
    max_trade_bps = models.PositiveIntegerField(
        "largest single trade (bps of the market's cash)",
        default=1_000,
        validators=[MinValueValidator(1), *_at_most_whole],
    )
    trade_fee_bps = models.PositiveIntegerField(default=200, validators=_at_most_whole)
    land_fee_bps = models.PositiveIntegerField("land sale fee (bps)", default=500, validators=_at_most_whole)
    price_floor_micro = models.PositiveBigIntegerField(
        "price floor (micro-BDT a share)",
        default=1_000_000,
        validators=[MinValueValidator(1), MaxValueValidator(100_000_000)],
    )
    attention_budget_points = models.PositiveIntegerField(
        "attention a player can give in one cycle (points)", default=10, validators=[MaxValueValidator(1_000_000)]
    )
    trading_paused = models.BooleanField(default=False)
    prices_frozen = models.BooleanField(default=False)
    marketplace_paused = models.BooleanField(default=False)

    # What the world asks for a parcel at sea level, in shares of its biome: 10,000 is one share.
    ocean_land_bps = _land_factor("ocean", 5_000)
    beach_land_bps = _land_factor("beach", 20_000)
    plains_land_bps = _land_factor("plains", 15_000)
    forest_land_bps = _land_factor("forest", 12_500)
    desert_land_bps = _land_factor("desert", 7_500)
    mountain_land_bps = _land_factor("mountain", 10_000)
    snow_land_bps = _land_factor("snow", 6_000)
    land_elevation_bps = models.PositiveIntegerField(
        "land: more for each 1,000 m of elevation (bps)", default=1_000, validators=[MaxValueValidator(100_000)]
    )

    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=200)

    #: What an administrator may change; the other fields say who did, when and why.
    VALUE_FIELDS: ClassVar[tuple[str, ...]] = (
        "redistribution_pool_bps",
        "max_move_bps",
        "max_trade_bps",
        "trade_fee_bps",
        "land_fee_bps",
        "price_floor_micro",
        "attention_budget_points",
        "trading_paused",
        "prices_frozen",
        "marketplace_paused",
        "ocean_land_bps",
        "beach_land_bps",
        "plains_land_bps",
        "forest_land_bps",
        "desert_land_bps",
        "mountain_land_bps",
        "snow_land_bps",
        "land_elevation_bps",
    )

    class Meta:
        verbose_name = verbose_name_plural = "economic settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    redistribution_pool_bps__lte=BPS_WHOLE,
                    max_move_bps__lte=BPS_WHOLE,
                    max_trade_bps__range=(1, BPS_WHOLE),
                    trade_fee_bps__lte=BPS_WHOLE,
                    land_fee_bps__lte=BPS_WHOLE,
                ),
                name="economic_settings_bps_in_range",
            ),
            models.CheckConstraint(condition=Q(price_floor_micro__gte=1), name="economic_settings_floor_positive"),
        ]

    def __str__(self) -> str:
        return f"version {self.pk}"


class Market(models.Model):
    """A biome's share market. The market itself is the other side of every trade."""

    biome = models.CharField(max_length=8, choices=Biome, primary_key=True)
    cash_micro = models.BigIntegerField()
    total_shares_micro = models.BigIntegerField()
    shares_held_micro = models.BigIntegerField(default=0, help_text="What players hold of the total.")
    opening_cash_micro = models.BigIntegerField(help_text="What the market was opened with; part of the issue.")
    settings = models.ForeignKey(EconomicSettings, on_delete=models.PROTECT, related_name="+")
    attention_points = models.BigIntegerField(
        db_default=0, help_text="Of the newest cycle in which any market had any."
    )

    # The bar under way since the last cycle: each cycle writes it into a tick and starts the next.
    bar_open_micro = models.BigIntegerField()
    bar_high_micro = models.BigIntegerField()
    bar_low_micro = models.BigIntegerField()
    bar_volume_micro = models.BigIntegerField(default=0, help_text="BDT traded.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(biome__in=Biome.values), name="market_biome_known"),
            models.CheckConstraint(condition=Q(cash_micro__gt=0), name="market_cash_positive"),
            models.CheckConstraint(condition=Q(total_shares_micro__gt=0), name="market_total_shares_positive"),
            models.CheckConstraint(condition=Q(attention_points__gte=0), name="market_attention_not_negative"),
            models.CheckConstraint(
                condition=Q(shares_held_micro__gte=0, shares_held_micro__lte=F("total_shares_micro")),
                name="market_shares_held_in_range",
            ),
            models.CheckConstraint(
                condition=Q(bar_low_micro__lte=F("cash_micro"), bar_high_micro__gte=F("cash_micro")),
                name="market_cash_within_bar",
            ),
        ]

    def __str__(self) -> str:
        return self.biome

    @property
    def price(self) -> Fraction:
        """Return the exact price in BDT a share: cash over total shares."""
        return Fraction(self.cash_micro, self.total_shares_micro)


class Cycle(models.Model):
    """One redistribution, claimed once by its number, with all data to compute it again."""

    class Reason(models.TextChoices):
        REDISTRIBUTED = "redistributed"
        NO_ATTENTION = "no_attention"
        PRICES_FROZEN = "prices_frozen"

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    settings = models.ForeignKey(EconomicSettings, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=13, choices=Reason)
    total_cash_micro = models.BigIntegerField(help_text="Total market cash, the same before and after.")
    moved_micro = models.BigIntegerField(help_text="What changed markets in this cycle.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(number__gt=0), name="cycle_number_positive")]

    def __str__(self) -> str:
        return f"cycle {self.number}"


class Tick(models.Model):
    """One market in one cycle. High and low span everything since the tick before, trades included."""

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="ticks", db_index=False)
    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="ticks", db_index=False)
    at = models.DateTimeField()
    attention_points = models.BigIntegerField()
    cash_before_micro = models.BigIntegerField()
    cash_after_micro = models.BigIntegerField()
    total_shares_micro = models.BigIntegerField()
    open_micro = models.BigIntegerField()
    high_micro = models.BigIntegerField()
    low_micro = models.BigIntegerField()
    volume_micro = models.BigIntegerField(help_text="BDT traded since the tick before.")

    class Meta:
        constraints = [
            # Serves a market's history, a cycle's seven ticks, candles and retention, all by range of cycles; and the
            # check of the foreign key for every cycle that retention deletes, so the cycle must come first.
            models.UniqueConstraint(fields=["cycle", "market"], name="tick_unique_in_cycle"),
            models.CheckConstraint(condition=Q(attention_points__gte=0), name="tick_attention_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.market_id} in cycle {self.cycle_id}"

    @property
    def price(self) -> Fraction:
        """Return the exact price in BDT a share after the cycle."""
        return Fraction(self.cash_after_micro, self.total_shares_micro)


class Candle(models.Model):
    """Open, high, low, close (as the market's cash), volume and attention of one market over one interval.

    Close less open is what attention moved and what trades did.
    """

    class Interval(models.TextChoices):
        MINUTE = "1m"
        FIVE_MINUTES = "5m"
        QUARTER = "15m"
        HOUR = "1h"
        DAY = "1d"

    market = models.ForeignKey(Market, on_delete=models.PROTECT, related_name="candles", db_index=False)
    interval = models.CharField(max_length=3, choices=Interval)
    opened_at = models.DateTimeField()
    open_micro = models.BigIntegerField()
    high_micro = models.BigIntegerField()
    low_micro = models.BigIntegerField()
    close_micro = models.BigIntegerField()
    volume_micro = models.BigIntegerField()
    total_shares_micro = models.BigIntegerField()
    attention_points = models.BigIntegerField(db_default=0)
    attention_moved_micro = models.BigIntegerField(
        db_default=0, help_text="What its cycles added to the market's cash, less what they took."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["market", "interval", "opened_at"], name="candle_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.market_id} {self.interval} {self.opened_at:%Y-%m-%d %H:%M}"
