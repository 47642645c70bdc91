"""What the audit trail is asked, and, for its documentation, what it says."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from attention.biomes import Biome
from config.fields import NumberInAddressField, TextField
from trading.history import Movements, Role, movements_of
from trading.models import KINDS_OF, Kind, Source
from trading.serializers import AMOUNT_HELP, BALANCE_AFTER_HELP, BALANCE_CHANGE_HELP

_ROLES = [role.value for role in Role]


class AuditQuery(serializers.Serializer[Any]):
    """Which transactions; every part may be left out, and all that are given hold."""

    # The stubs know `source` as an attribute of every field, a serializer too.
    source = serializers.ChoiceField(choices=Source.choices, required=False)  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    role = serializers.ChoiceField(
        choices=_ROLES, required=False, help_text="buyer: the player paid. seller: the player was paid."
    )
    biome = serializers.ChoiceField(choices=Biome.choices, required=False, help_text="Trades of this biome's shares.")
    land = NumberInAddressField(min_value=1, max_value=2**63 - 1, required=False, help_text="Of this parcel.")
    since = serializers.DateTimeField(required=False, help_text="From then on.")
    until = serializers.DateTimeField(required=False, help_text="Until then, included.")
    player = TextField(max_length=150, required=False, default="", help_text="Username; of others, for administrators.")
    everyone = serializers.BooleanField(required=False, default=False, help_text="For administrators.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what contradicts itself, for its answer would be empty and look like one."""
        source, kind = attrs.get("source"), attrs.get("kind")
        if source and kind and kind not in KINDS_OF[source]:
            raise serializers.ValidationError({"kind": "This kind is of another source."}, code="invalid")
        if "since" in attrs and "until" in attrs and attrs["until"] < attrs["since"]:
            raise serializers.ValidationError({"until": "This is before the first moment."}, code="invalid")
        if attrs["everyone"] and ("role" in attrs or attrs["player"]):
            attr = "role" if "role" in attrs else "player"
            raise serializers.ValidationError({attr: "Everyone is no player."}, code="invalid")
        return attrs

    def movements(self, player_id: int | None) -> Movements:
        """What matches of a player's transactions, or of everybody's."""
        asked = self.validated_data
        return movements_of(
            player_id,
            kinds=(Kind(asked["kind"]),) if "kind" in asked else KINDS_OF.get(asked.get("source"), ()),
            biome=Biome(asked["biome"]) if "biome" in asked else None,
            since=asked.get("since"),
            until=asked.get("until"),
            role=Role(asked["role"]) if "role" in asked else None,
            land_id=asked.get("land"),
        )


class AuditReply(serializers.Serializer[Any]):
    """One transaction: the payer gave the amount, the payee got it without the fee. Null parties are no players."""

    id = serializers.IntegerField()
    operation = serializers.UUIDField(help_text="The Idempotency-Key of whoever asked for it.")
    at = serializers.DateTimeField()
    source = serializers.ChoiceField(choices=Source.choices)  # type: ignore[assignment]  # as above
    kind = serializers.ChoiceField(choices=Kind.choices)
    role = serializers.ChoiceField(choices=_ROLES, allow_null=True, help_text="Of the player; null among everyone's.")
    initiator = serializers.CharField(help_text="Who asked for it.")
    payer = serializers.CharField(allow_null=True)
    payee = serializers.CharField(allow_null=True)
    amount = serializers.CharField(help_text=AMOUNT_HELP)
    traded = serializers.CharField(allow_null=True, help_text="BDT along the curve; null where it was no trade.")
    fee = serializers.CharField()
    balance_change = serializers.CharField(allow_null=True, help_text=BALANCE_CHANGE_HELP)
    balance_after = serializers.CharField(allow_null=True, help_text=BALANCE_AFTER_HELP)
    biome = serializers.ChoiceField(choices=Biome.choices, allow_null=True)
    shares = serializers.CharField(allow_null=True)
    average_price = serializers.CharField(allow_null=True, help_text="BDT a share, before the fee.")
    land = serializers.IntegerField(allow_null=True)
    listing = serializers.IntegerField(allow_null=True)
    corrects = serializers.IntegerField(allow_null=True, help_text="The transaction that this one mends.")
    reason = serializers.CharField()
