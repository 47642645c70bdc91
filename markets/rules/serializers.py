"""Serializers that document the rules and the time in the API. `markets.rules.rules` makes the values."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.fields import DecimalText, PercentText, PriceText


class TimeReply(serializers.Serializer[Any]):
    """The server's time."""

    at = serializers.DateTimeField()
    unix_ms = serializers.IntegerField(help_text="Milliseconds since 1970.")


class PrecisionRules(serializers.Serializer[Any]):
    """The precision of numbers."""

    decimal_places = serializers.IntegerField(help_text="Of BDT and of shares.")


class CycleRules(serializers.Serializer[Any]):
    """The rules of a cycle."""

    length_secs = serializers.FloatField()
    pool_percent = PercentText(help_text="Of each market's cash that is handed out by attention.")
    max_move_percent = PercentText(help_text="The most that a cycle moves a price.")
    price_floor = PriceText(help_text="BDT a share.")
    receipts_kept_secs = serializers.IntegerField()
    prices_frozen = serializers.BooleanField()


class AttentionRules(serializers.Serializer[Any]):
    """The rules of attention."""

    budget_points = serializers.IntegerField(help_text="Points that a player can give in one cycle.")


class TradeRules(serializers.Serializer[Any]):
    """The rules of trading shares."""

    fee_percent = PercentText(help_text="Of what is traded.")
    largest_percent_of_cash = PercentText(help_text="The largest single trade, of the market's cash.")
    default_tolerance_percent = PercentText(help_text="Of a new account; each has its own in `auth/me`.")
    is_paused = serializers.BooleanField()


class LandRules(serializers.Serializer[Any]):
    """The rules of land."""

    fee_percent = PercentText(help_text="Of a sale between players, paid by the seller.")
    parcels_max = serializers.IntegerField(help_text="That a player may own, with the auctions led.")
    listings_max = serializers.IntegerField(help_text="That a player may have at the same time.")
    listing_secs_min = serializers.IntegerField()
    listing_secs_max = serializers.IntegerField()
    auction_extension_secs = serializers.IntegerField(help_text="A bid later than this before the end moves the end.")
    auction_extended_secs_max = serializers.IntegerField(help_text="The most that bids move an end in all.")
    price_percent_of_share = serializers.DictField(
        child=serializers.CharField(), help_text="By biome: what the world asks for a parcel at sea level."
    )
    elevation_percent_per_1000_m = PercentText(help_text="More for each 1,000 m.")
    is_paused = serializers.BooleanField()


class RequestRules(serializers.Serializer[Any]):
    """The limits of requests. Each answer's headers say how many requests remain."""

    page_size_default = serializers.IntegerField()
    page_size_max = serializers.IntegerField()
    export_rows_max = serializers.IntegerField()
    idempotency_keys_kept_secs = serializers.IntegerField(allow_null=True, help_text="Null is for ever.")


class RulesReply(serializers.Serializer[Any]):
    """The current rules; numbers that are no counts are decimal strings."""

    version = serializers.IntegerField(help_text="Of the economic settings.")
    precision = PrecisionRules()
    largest_amount = DecimalText(help_text="BDT or shares that one request may name.")
    cycle = CycleRules()
    attention = AttentionRules()
    trade = TradeRules()
    land = LandRules()
    requests = RequestRules()
