"""Serializers of the market API and the socket: their input, and their output for the documentation.

`markets.payloads` and `markets.snapshot` make the output.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema_serializer
from rest_framework import serializers

from attention.biomes import Biome
from core.api.fields import (
    BdtChangeText,
    BdtText,
    DecimalText,
    PercentText,
    PriceText,
    SharesText,
    WholeNumberField,
)
from core.api.known_fields import RequestSerializer
from markets.history.price_changes import AGES
from markets.history.tick_candles import INTERVALS
from markets.models import Cycle

#: The market that a path names.
BIOME = OpenApiParameter("biome", str, OpenApiParameter.PATH, enum=Biome.values)
#: More than any budget: a larger number is a mistake, and would only be dropped.
LARGEST_POINTS = 1_000_000
#: The one name of each thing, in every payload: see docs/streams.md.
POINTS_HELP = "Attention that the market got, of all players, in this cycle or in all cycles of this time."
ADDED_HELP = "BDT that attention added to the market's cash in that time, after the clamp; negative: it was taken."
FORMERLY_POINTS = "The former name of attention_points."


class AttentionRequest(RequestSerializer):
    """Points to give to one biome."""

    biome = serializers.ChoiceField(choices=Biome.choices)
    points = WholeNumberField(min_value=1, max_value=LARGEST_POINTS)


class PeriodQuery(serializers.Serializer[Any]):
    """The period of a history."""

    since = serializers.DateTimeField(required=False, help_text="From this time on.")
    until = serializers.DateTimeField(required=False, help_text="Before this time.")


class CandleQuery(PeriodQuery):
    """The period and interval of candles."""

    interval = serializers.ChoiceField(
        choices=INTERVALS,
        help_text="Those in seconds are made of ticks, and reach as far back as these are kept, which is a day.",
    )


class StreamPositionReply(serializers.Serializer[Any]):
    """The position of the live stream just before the rest of this answer was read."""

    epoch = serializers.CharField(allow_blank=True, help_text="Empty while the stream is away.")
    seq = serializers.IntegerField(help_text="Events up to this one are in this state.")
    url = serializers.CharField(help_text="The WebSocket.")


class SettingsReply(serializers.Serializer[Any]):
    """The economic settings; rates in percent, as decimal strings."""

    version = serializers.IntegerField()
    redistribution_pool_percent = PercentText()
    max_move_percent = PercentText()
    max_trade_percent = PercentText()
    trade_fee_percent = PercentText()
    price_floor = PriceText(help_text="BDT a share.")
    attention_budget = serializers.IntegerField(help_text="Points a player can give in one cycle.")
    trading_paused = serializers.BooleanField()
    prices_frozen = serializers.BooleanField()


class MarketReply(serializers.Serializer[Any]):
    """A market's current state; numbers are decimal strings."""

    biome = serializers.ChoiceField(choices=Biome.choices)
    price = PriceText(help_text="BDT a share: cash over total shares.")
    heading_price = PriceText(
        allow_null=True,
        help_text=(
            "BDT a share: where cycles bring the price while attention stays as it is and nobody trades. The market's "
            "part of all attention in the newest cycle that had any, times the cash of all markets, over its shares; "
            "never below the price floor. Null before the first attention."
        ),
    )
    cash = BdtText(help_text="BDT.")
    total_shares = SharesText()
    shares_held = SharesText(help_text="By players.")
    shares_available = SharesText()


class MarketsReply(serializers.Serializer[Any]):
    """The markets in canonical order, with the settings in force."""

    stream = StreamPositionReply()
    cycle = serializers.IntegerField(allow_null=True, help_text="The last one; null before the first.")
    cycle_at = serializers.DateTimeField(allow_null=True)
    total_cash = BdtText(help_text="BDT, of all seven markets.")
    settings = SettingsReply()
    markets = MarketReply(many=True)


class PriceChangesReply(serializers.Serializer[Any]):
    """A market's price changes and past prices; decimal strings, null where there is no price that old."""

    biome = serializers.ChoiceField(choices=Biome.choices)
    change_5m_percent = PercentText(allow_null=True)
    change_1h_percent = PercentText(allow_null=True)
    change_24h_percent = PercentText(allow_null=True)
    price_5m_ago = PriceText(allow_null=True, help_text="BDT a share.")
    price_1h_ago = PriceText(allow_null=True, help_text="BDT a share.")
    price_24h_ago = PriceText(allow_null=True, help_text="BDT a share.")


class ComingPricesQuery(serializers.Serializer[Any]):
    """The filter of the prices to come by market."""

    biome = serializers.ChoiceField(choices=Biome.choices, required=False, help_text="Of this one alone.")


class ComingAgeReply(serializers.Serializer[Any]):
    """The past prices of one age, now and in the seconds to come.

    Of the times that have passed, the last one applies.
    """

    at = serializers.ListField(child=serializers.DateTimeField(), help_text="When each price was.")
    prices = serializers.DictField(
        child=serializers.ListField(child=PriceText(allow_null=True)),
        help_text="By biome, BDT a share at each of these times; null where there is no price that old.",
    )


#: By the keys of `markets.history.price_changes.AGES`, which are no names for fields of a class.
ComingPricesReply = type(
    "ComingPricesReply",
    (serializers.Serializer,),
    {"__doc__": "Past prices to compare coming prices with.", **{age: ComingAgeReply() for age in AGES}},
)


@extend_schema_serializer(deprecate_fields=("attention",))
class TickReply(serializers.Serializer[Any]):
    """A market in one cycle."""

    cycle = serializers.IntegerField()
    at = serializers.DateTimeField()
    price = PriceText(help_text="After the cycle.")
    attention_points = serializers.IntegerField(help_text=POINTS_HELP)
    amount_added_bdt = BdtChangeText(help_text=ADDED_HELP)
    attention = serializers.IntegerField(help_text=FORMERLY_POINTS)
    cash_before = BdtText()
    cash_after = BdtText()
    volume = BdtText(help_text="BDT traded since the tick before.")


@extend_schema_serializer(deprecate_fields=("attention", "attention_moved"))
class CandleReply(serializers.Serializer[Any]):
    """Prices in BDT a share, amounts in BDT, as decimal strings."""

    opened_at = serializers.DateTimeField()
    open = PriceText()
    high = PriceText()
    low = PriceText()
    close = PriceText()
    volume = BdtText()
    attention_points = serializers.IntegerField(help_text=POINTS_HELP)
    amount_added_bdt = BdtChangeText(help_text=ADDED_HELP)
    attention = serializers.IntegerField(help_text=FORMERLY_POINTS)
    attention_moved = BdtChangeText(help_text="The former name of amount_added_bdt.")


@extend_schema_serializer(deprecate_fields=("attention",))
class CycleMarketReply(serializers.Serializer[Any]):
    """The inputs and results of a cycle for one market."""

    biome = serializers.ChoiceField(choices=Biome.choices)
    attention_points = serializers.IntegerField(help_text=POINTS_HELP)
    new_attention_weight = DecimalText(help_text="Its share of all points, from 0 to 1.")
    amount_added_bdt = BdtChangeText(help_text=ADDED_HELP)
    attention = serializers.IntegerField(help_text=FORMERLY_POINTS)
    cash_before = BdtText()
    cash_after = BdtText()
    total_shares = SharesText()
    price = PriceText()


class CycleReply(serializers.Serializer[Any]):
    """A cycle's inputs and results: enough to compute it again."""

    cycle = serializers.IntegerField()
    at = serializers.DateTimeField()
    reason = serializers.ChoiceField(choices=Cycle.Reason.choices)
    total_cash = BdtText()
    moved = BdtText(help_text="BDT that changed markets.")
    settings = SettingsReply()
    markets = CycleMarketReply(many=True)


class GivenAttentionReply(serializers.Serializer[Any]):
    """The number of points that counted."""

    biome = serializers.ChoiceField(choices=Biome.choices)
    accepted = serializers.IntegerField()
    dropped = serializers.IntegerField(help_text="Beyond the budget.")
    remaining = serializers.IntegerField(help_text="Of the budget in the cycle under way, over all biomes.")
    window_points = serializers.IntegerField(help_text="The player's points on this biome in the cycle under way.")
    total_points = serializers.IntegerField(help_text="The player's points on this biome ever.")


class BiomeAttentionReply(serializers.Serializer[Any]):
    """A player's points on one biome."""

    biome = serializers.ChoiceField(choices=Biome.choices)
    window_points = serializers.IntegerField()
    total_points = serializers.IntegerField()


class PlayerAttentionReply(serializers.Serializer[Any]):
    """A player's attention in the cycle under way, and in total."""

    budget = serializers.IntegerField()
    remaining = serializers.IntegerField()
    biomes = BiomeAttentionReply(many=True)
