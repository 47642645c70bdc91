"""Serializers of the audit trail: query parameters and, for the documentation, the answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from attention.biomes import Biome
from core.api.fields import BdtChangeText, BdtText, PriceText, SharesText, TextField
from trading.models import Kind, Source
from trading.serializers import AMOUNT_HELP, BALANCE_AFTER_HELP, BALANCE_CHANGE_HELP
from trading.statements.query import ROLES, HistoryQuery


class AuditQuery(HistoryQuery):
    """The filter of the audit trail. Every part may be left out; a transaction matches all that are given."""

    player = TextField(max_length=150, required=False, help_text="Username; of others, for administrators.")
    everyone = serializers.BooleanField(required=False, default=False, help_text="For administrators.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse contradictory filters, whose answer would be empty without a reason."""
        attrs = super().validate(attrs)
        if attrs["everyone"] and ("role" in attrs or "player" in attrs):
            attr = "role" if "role" in attrs else "player"
            raise serializers.ValidationError({attr: "Everyone is no player."}, code="invalid")
        return attrs


class AuditReply(serializers.Serializer[Any]):
    """One transaction: the payer gave the amount, the payee got it without the fee. Null parties are no players."""

    id = serializers.IntegerField()
    operation = serializers.UUIDField(help_text="The Idempotency-Key of whoever asked for it.")
    at = serializers.DateTimeField()
    source = serializers.ChoiceField(choices=Source.choices)  # type: ignore[assignment]  # as above
    kind = serializers.ChoiceField(choices=Kind.choices)
    role = serializers.ChoiceField(choices=ROLES, allow_null=True, help_text="Of the player; null among everyone's.")
    initiator = serializers.CharField(help_text="Who asked for it.")
    payer = serializers.CharField(allow_null=True)
    payee = serializers.CharField(allow_null=True)
    amount = BdtText(help_text=AMOUNT_HELP)
    traded = BdtText(allow_null=True, help_text="BDT along the curve; null where it was no trade.")
    fee = BdtText()
    balance_change = BdtChangeText(allow_null=True, help_text=BALANCE_CHANGE_HELP)
    balance_after = BdtText(allow_null=True, help_text=BALANCE_AFTER_HELP)
    biome = serializers.ChoiceField(choices=Biome.choices, allow_null=True)
    shares = SharesText(allow_null=True)
    average_price = PriceText(allow_null=True, help_text="BDT a share, before the fee.")
    land = serializers.IntegerField(allow_null=True)
    listing = serializers.IntegerField(allow_null=True)
    corrects = serializers.IntegerField(allow_null=True, help_text="The transaction that this one mends.")
    reason = serializers.CharField()


class OperationReply(serializers.Serializer[Any]):
    """The result of an earlier request."""

    key = serializers.UUIDField(help_text="The Idempotency-Key.")
    status = serializers.ChoiceField(choices=["done", "unknown"], help_text="unknown: nothing was made by it so far.")
    made = serializers.ChoiceField(choices=["transaction", "listing", "bid"], allow_null=True)
    id = serializers.IntegerField(allow_null=True, help_text="Of what was made.")
    at = serializers.DateTimeField(allow_null=True)
    location = serializers.CharField(allow_null=True, help_text="Where it can be read.")
    transaction = AuditReply(allow_null=True)
