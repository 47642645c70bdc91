"""Columns and switches of administrators' lists. Amounts are exact: six places, digits grouped, unit in the label."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from core.admin import Column, ReadOnlyAdmin, number
from markets.models import EconomicSettings
from markets.money import DECIMAL_PLACES, MICRO


def grouped_text(micro: int) -> str:
    """Format micro-units with six places and grouped digits: 1234500000 is "1,234.500000"."""
    return f"{Decimal(micro).scaleb(-DECIMAL_PLACES):,.{DECIMAL_PLACES}f}"


def amount_column(label: str, field: str) -> Column:
    """Make a column of micro-units; the label names the unit."""

    @admin.display(description=label, ordering=field)
    def column(model_admin: Any, row: Any) -> SafeString:
        micro = getattr(row, field)
        return number(model_admin.get_empty_value_display() if micro is None else grouped_text(micro))

    return column


def price_column(label: str, cash_field: str) -> Column:
    """Make a column of prices: a market's cash over its total shares."""

    @admin.display(description=f"{label} (BDT/share)")
    def column(model_admin: Any, row: Any) -> SafeString:
        price = Fraction(getattr(row, cash_field), row.total_shares_micro)
        return number(grouped_text(round(price * MICRO)))

    return column


@dataclass(frozen=True, slots=True)
class Switch:
    """A setting that is on or off, with a button of its own."""

    slug: str
    setting: str
    turns_on: bool
    title: str
    explanation: str

    @property
    def name(self) -> str:
        """Return the name of the URL of this settings page."""
        return f"markets_economicsettings_{self.slug}"


SWITCHES = (
    Switch("pause-trading", "trading_paused", True, "Pause trading", "Every buy and sale is refused from now on."),
    Switch("resume-trading", "trading_paused", False, "Resume trading", "Players can buy and sell again."),
    Switch("freeze-prices", "prices_frozen", True, "Freeze prices", "Cycles go on, but attention moves no price."),
    Switch("thaw-prices", "prices_frozen", False, "Thaw prices", "Attention moves prices again."),
    Switch(
        "pause-marketplace",
        "marketplace_paused",
        True,
        "Pause the marketplace",
        "Nobody offers, buys, bids on or gives away land from now on. Auctions that end are settled.",
    ),
    Switch(
        "resume-marketplace",
        "marketplace_paused",
        False,
        "Resume the marketplace",
        "Players can deal in land again.",
    ),
)


class WithSwitches(ReadOnlyAdmin):
    """A list that shows whether trading and the marketplace are paused and prices frozen, with buttons to change it."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse | TemplateResponse:
        """Show the list with the state of the switches, and a button for each that can be pressed."""
        version = EconomicSettings.objects.last()
        if version is None:
            return super().changelist_view(request, {"subtitle": "The markets are not open."})
        state = {
            "subtitle": f"Trading {'is paused' if version.trading_paused else 'runs'}, "
            f"prices {'are frozen' if version.prices_frozen else 'move'}, "
            f"the marketplace {'is paused' if version.marketplace_paused else 'runs'}.",
            "switches": [switch for switch in SWITCHES if getattr(version, switch.setting) != switch.turns_on],
        }
        return super().changelist_view(request, state)
