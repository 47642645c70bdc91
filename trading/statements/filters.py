"""Form fields that filter transactions, for the page and its addresses."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from django import forms

from attention.biomes import Biome
from core.web.form_fields import PlainWholeNumberField
from trading.models import KINDS_OF, Kind, Source
from trading.statements.history import Movements, Role, movements_of

_KIND_CHOICES = [
    ("", "All kinds"),
    *(
        (source.label, [(source.value, f"All: {source.label.lower()}"), *((kind.value, kind.label) for kind in kinds)])
        for source, kinds in KINDS_OF.items()
    ),
]


class DayField(forms.DateField):
    """The field of a day as browsers send it, whatever the language."""

    def __init__(self, *, label: str) -> None:
        widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        super().__init__(label=label, required=False, input_formats=["%Y-%m-%d"], widget=widget)


class HistoryFilter(forms.Form):
    """The filter form. Every field may be left out. A kind may also be a source, for all its kinds.

    Days are those of the visitor's zone, both included.
    """

    kind = forms.ChoiceField(choices=_KIND_CHOICES, required=False)
    biome = forms.ChoiceField(choices=[("", "All biomes"), *Biome.choices], required=False)
    role = forms.ChoiceField(
        choices=[("", "Both"), (Role.BUYER.value, "Paid, or bought"), (Role.SELLER.value, "Got paid, or sold")],
        required=False,
        label="Side",
    )
    land = PlainWholeNumberField(
        min_value=1,
        max_value=2**63 - 1,
        required=False,
        label="Parcel",
        widget=forms.NumberInput({"placeholder": "Any"}),
    )
    since = DayField(label="From")
    until = DayField(label="To")

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", "This is before the first day.")
        return self.cleaned_data

    def movements(self, player_id: int | None, zone: tzinfo = UTC) -> Movements:
        """Return the matching transactions of the player; of everybody where it is None."""
        asked = self.cleaned_data
        return movements_of(
            player_id,
            kinds=_kinds(asked["kind"]),
            biome=Biome(asked["biome"]) if asked["biome"] else None,
            since=_at(asked["since"], time.min, zone),
            until=_at(asked["until"], time.max, zone),
            role=Role(asked["role"]) if asked["role"] and player_id is not None else None,
            land_id=asked["land"],
        )


class AnybodysFilter(HistoryFilter):
    """The filter for administrators, who also choose a player by name, or everybody."""

    player = forms.CharField(
        max_length=150, required=False, widget=forms.TextInput({"placeholder": "Yourself", "autocomplete": "off"})
    )
    everyone = forms.BooleanField(required=False, label="Everyone's")


def _kinds(text: str) -> tuple[Kind, ...]:
    if not text:
        return ()
    return KINDS_OF[Source(text)] if text in Source else (Kind(text),)


def _at(day: date | None, moment: time, zone: tzinfo) -> datetime | None:
    if day is None:
        return None
    try:
        return datetime.combine(day, moment, zone).astimezone(UTC)
    except OverflowError:  # the first and last of all days lie beyond in some zones
        return datetime.combine(day, moment, UTC)
