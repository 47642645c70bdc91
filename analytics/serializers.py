"""Serializers of the API of analytics: its parameters, and its answers for the API's documentation."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from analytics.leaderboard.rankings import Measure
from attention.biomes import Biome
from core.api.fields import BdtChangeText, BdtText
from trading.models import Standing


class LeaderboardQuery(serializers.Serializer[Any]):
    """The query parameters of the leaderboard."""

    period = serializers.ChoiceField(choices=Standing.Period.values, default=Standing.Period.DAY)
    by = serializers.ChoiceField(choices=[by.value for by in Measure], default=Measure.GAIN)


@extend_schema_serializer(deprecate_fields=("name",))
class StandingReply(serializers.Serializer[Any]):
    """A player's rank."""

    rank = serializers.IntegerField()
    name = serializers.CharField(help_text="The former name of username.")
    username = serializers.CharField(help_text="By which a player is found, and no other.")
    display_name = serializers.CharField(help_text="What the player is called beside it; empty for nothing.")
    is_simulated = serializers.BooleanField(help_text="One of the simulated crowd, not a person.")
    gain = BdtChangeText(
        help_text="BDT: by shares and land, sold or at their price, against their cost; money moved and gifts are none."
    )
    volume = BdtText(
        help_text="BDT of buys and sales, without fees and net of what was traded back within a minute: of trades in a "
        "market that follow each other within a minute, buys less sales count. It earns nothing."
    )


class TradedReply(serializers.Serializer[Any]):
    """The volume traded in a biome."""

    biome = serializers.ChoiceField(choices=Biome.choices)
    volume = BdtText()


class LeaderboardReply(serializers.Serializer[Any]):
    """A page of a leaderboard."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    period = serializers.ChoiceField(choices=Standing.Period.values)
    by = serializers.ChoiceField(choices=[by.value for by in Measure])
    as_of = serializers.DateTimeField(allow_null=True, help_text="When players were ranked last; null if never.")
    own = StandingReply(allow_null=True, help_text="The caller's place: null for guests, and for who did nothing.")
    most_traded = TradedReply(many=True, help_text="All biomes, the most traded first.")
    results = StandingReply(many=True)
