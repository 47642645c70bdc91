"""Forms of the economic settings: percent, BDT and points, each with its unit."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.admin import ReasonForm
from core.web.form_fields import TypedDecimalField
from markets.economic_settings import current_settings, values_of
from markets.models import EconomicSettings
from markets.money import DECIMAL_PLACES, micro_text, percent_text


class ScaledField(TypedDecimalField):
    """The field of a decimal number, stored as whole units of its last decimal place: 2.00 % is 200 bps."""

    # Unlike a number input, it shows again whatever was typed.
    widget = forms.TextInput({"inputmode": "decimal", "class": "number"})

    def __init__(self, *, unit: str, places: int, text: Callable[[int], str], **options: Any) -> None:
        super().__init__(decimal_places=places, help_text=unit, show_hidden_initial=True, **options)
        self.unit, self.text = unit, text

    def clean(self, value: Any) -> int:
        """Return whole units of the last place."""
        return int(super().clean(value).scaleb(self.decimal_places))

    def prepare_value(self, value: Any) -> Any:
        """Return the input's text: a setting's number as text; a typed text unchanged."""
        return self.text(value) if isinstance(value, int) else value


def _percent(label: str, unit: str = "%", least: Decimal = Decimal(0)) -> ScaledField:
    return ScaledField(label=label, unit=unit, places=2, text=percent_text, min_value=least, max_value=100)


def _land(biome: str) -> ScaledField:
    return ScaledField(
        label=f"Land in the {biome}",
        unit="% of a share's price, at sea level",
        places=2,
        text=percent_text,
        min_value=Decimal("0.01"),
        max_value=100_000,
    )


class ChangeSettingsForm(ReasonForm):
    """The form of all settings.

    Only those that differ from the form's initial values are changed, so two administrators who work at the same
    time do not undo each other's changes.
    """

    redistribution_pool_bps = _percent("Redistribution pool", "% of each market's cash")
    max_move_bps = _percent("Largest price move in one cycle")
    max_trade_bps = _percent("Largest single trade", "% of the market's cash", least=Decimal("0.01"))
    trade_fee_bps = _percent("Trade fee, on buys and on sells")
    land_fee_bps = _percent("Land sale fee")
    price_floor_micro = ScaledField(
        label="Price floor",
        unit="BDT a share",
        places=DECIMAL_PLACES,
        text=micro_text,
        min_value=Decimal("0.000001"),
        max_value=100,
    )
    attention_budget_points = ScaledField(
        label="Attention a player can give in one cycle",
        unit="points",
        places=0,
        text=str,
        min_value=0,
        max_value=1_000_000,
    )
    trading_paused = forms.BooleanField(label="Trading paused", required=False, show_hidden_initial=True)
    prices_frozen = forms.BooleanField(label="Prices frozen", required=False, show_hidden_initial=True)
    marketplace_paused = forms.BooleanField(label="Marketplace paused", required=False, show_hidden_initial=True)
    ocean_land_bps = _land("ocean")
    beach_land_bps = _land("beach")
    plains_land_bps = _land("plains")
    forest_land_bps = _land("forest")
    desert_land_bps = _land("desert")
    mountain_land_bps = _land("mountain")
    snow_land_bps = _land("snow")
    land_elevation_bps = ScaledField(
        label="Land: more for each 1,000 m of elevation",
        unit="%",
        places=2,
        text=percent_text,
        min_value=0,
        max_value=1000,
    )

    field_order = EconomicSettings.VALUE_FIELDS

    def clean(self) -> dict[str, Any]:
        """Refuse a form in which nothing was changed."""
        if not self.errors and not self.changes():
            raise ValidationError("Nothing would change.")
        return self.cleaned_data

    def changes(self) -> dict[str, Any]:
        """Return the settings that were changed in this form, with their new values."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name in EconomicSettings.VALUE_FIELDS}

    def summary(self) -> list[tuple[str, str]]:
        """Return the old and new value of every change, then the reason."""
        before = values_of(current_settings())
        changes = [(label_of(name), change_text(name, before[name], new)) for name, new in self.changes().items()]
        return changes + super().summary()


def label_of(setting: str) -> str:
    """Return a setting's name for people."""
    return str(ChangeSettingsForm.base_fields[setting].label)


def setting_text(setting: str, value: int | bool) -> str:
    """Return a setting's value with its unit."""
    field = ChangeSettingsForm.base_fields[setting]
    if not isinstance(field, ScaledField):
        return "on" if value else "off"
    return f"{field.text(value)} {field.unit}"


def change_text(setting: str, old: int | bool, new: int | bool) -> str:
    """Return a setting's old and new value."""
    return f"{setting_text(setting, old)} → {setting_text(setting, new)}"
