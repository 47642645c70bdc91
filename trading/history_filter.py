"""What a player may filter the own transactions by, as the page's form and its addresses say it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from django import forms

from attention.biomes import Biome
from trading.history import Movements, movements_of
from trading.models import BIOME_KINDS, LAND_KINDS, WALLET_KINDS, Kind, Source

KINDS_OF = {Source.BIOME: BIOME_KINDS, Source.MARKETPLACE: LAND_KINDS, Source.WALLET: WALLET_KINDS}
_KIND_CHOICES = [
    ("", "All kinds"),
    *(
        (source.label, [(source.value, f"All: {source.label.lower()}"), *((kind.value, kind.label) for kind in kinds)])
        for source, kinds in KINDS_OF.items()
    ),
]


class DayField(forms.DateField):
    """A day as browsers send it, whatever the language."""

    def __init__(self, *, label: str) -> None:
        widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        super().__init__(label=label, required=False, input_formats=["%Y-%m-%d"], widget=widget)


class HistoryFilter(forms.Form):
    """Every field may be left out. A kind may also be a source, for all its kinds; days are in UTC, both included."""

    kind = forms.ChoiceField(choices=_KIND_CHOICES, required=False)
    biome = forms.ChoiceField(choices=[("", "All biomes"), *Biome.choices], required=False)
    since = DayField(label="From")
    until = DayField(label="To")

    def clean(self) -> dict[str, Any]:
        """Refuse days that are the wrong way round."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", "This is before the first day.")
        return self.cleaned_data

    def movements(self, player_id: int) -> Movements:
        """What of the player's transactions matches."""
        asked = self.cleaned_data
        return movements_of(
            player_id,
            kinds=_kinds(asked["kind"]),
            biome=Biome(asked["biome"]) if asked["biome"] else None,
            since=_at(asked["since"], time.min),
            until=_at(asked["until"], time.max),
        )


def _kinds(text: str) -> tuple[Kind, ...]:
    if not text:
        return ()
    return KINDS_OF[Source(text)] if text in Source else (Kind(text),)


def _at(day: date | None, moment: time) -> datetime | None:
    return None if day is None else datetime.combine(day, moment, UTC)
