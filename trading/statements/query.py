"""Query parameters that filter lists of transactions over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from attention.biomes import Biome
from core.api.fields import NumberInAddressField
from trading.models import BIOME_KINDS, KINDS_OF, Kind, Source
from trading.pricing.quotes import Side
from trading.statements.csv_reply import FORMATS
from trading.statements.history import Movements, Role, movements_of
from trading.statements.transaction_ids import numbers_between

ROLES = [role.value for role in Role]
_KIND_OF_SIDE = {Side.BUY.value: Kind.BIOME_BUY, Side.SELL.value: Kind.BIOME_SELL}


class _PeriodQuery(serializers.Serializer[Any]):
    """The filter by biome, side and period."""

    biome = serializers.ChoiceField(choices=Biome.choices, required=False, help_text="Trades of this biome's shares.")
    side = serializers.ChoiceField(choices=list(_KIND_OF_SIDE), required=False, help_text="Trades on this side.")
    since = serializers.DateTimeField(required=False, help_text="From then on.")
    until = serializers.DateTimeField(required=False, help_text="Until then, included.")
    format = serializers.ChoiceField(
        choices=FORMATS,
        required=False,
        help_text="`csv`: all that matches as a file, up to a limit of rows; the same as Accept: text/csv.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse contradictory filters, whose answer would be empty without a reason."""
        if "since" in attrs and "until" in attrs and attrs["until"] < attrs["since"]:
            raise serializers.ValidationError({"until": "This is before the first moment."}, code="invalid")
        kind = attrs.get("kind")
        if kind and "side" in attrs and kind != _KIND_OF_SIDE[attrs["side"]]:
            raise serializers.ValidationError({"side": "This kind is of no such side."}, code="invalid")
        return attrs


class TradesQuery(_PeriodQuery):
    """The filter of trades. Every part may be left out; a trade matches all that are given."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in BIOME_KINDS], required=False)

    def lookups(self) -> dict[str, Any]:
        """Return the conditions on a trade as lookups; a period also as numbers, so that what is newer is not read."""
        asked = self.validated_data
        since, until = asked.get("since"), asked.get("until")
        first, beyond = numbers_between(since, until)
        held = {"market": asked.get("biome"), "at__gte": since, "at__lte": until, "pk__gte": first, "pk__lt": beyond}
        return {"kind__in": _kinds_of(asked) or BIOME_KINDS} | {
            name: is_ for name, is_ in held.items() if is_ is not None
        }

    def movements(self, player_id: int) -> Movements:
        """Return the filter as movements."""
        asked = self.validated_data
        return movements_of(
            player_id,
            kinds=_kinds_of(asked) or BIOME_KINDS,
            biome=Biome(asked["biome"]) if "biome" in asked else None,
            since=asked.get("since"),
            until=asked.get("until"),
        )


class HistoryQuery(_PeriodQuery):
    """The filter of transactions. Every part may be left out; a transaction matches all that are given."""

    # The stubs know `source` as an attribute of every field, a serializer too.
    source = serializers.ChoiceField(choices=Source.choices, required=False)  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    role = serializers.ChoiceField(
        choices=ROLES, required=False, help_text="buyer: the player paid. seller: the player was paid."
    )
    land = NumberInAddressField(min_value=1, max_value=2**63 - 1, required=False, help_text="Of this parcel.")
    listing = NumberInAddressField(min_value=1, max_value=2**63 - 1, required=False, help_text="By this listing.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse contradictory filters, whose answer would be empty without a reason."""
        source, kind = attrs.get("source"), attrs.get("kind")
        if source and kind and kind not in KINDS_OF[source]:
            raise serializers.ValidationError({"kind": "This kind is of another source."}, code="invalid")
        return super().validate(attrs)

    def movements(self, player_id: int | None) -> Movements:
        """Return the matching transactions of a player, or of everybody."""
        asked = self.validated_data
        return movements_of(
            player_id,
            kinds=_kinds_of(asked) or KINDS_OF.get(asked.get("source"), ()),
            biome=Biome(asked["biome"]) if "biome" in asked else None,
            since=asked.get("since"),
            until=asked.get("until"),
            role=Role(asked["role"]) if "role" in asked else None,
            land_id=asked.get("land"),
            listing_id=asked.get("listing"),
        )


def _kinds_of(asked: dict[str, Any]) -> tuple[Kind, ...]:
    """Return the kinds named, by themselves or by a side; none where neither is."""
    if "kind" in asked:
        return (Kind(asked["kind"]),)
    return (_KIND_OF_SIDE[asked["side"]],) if "side" in asked else ()
