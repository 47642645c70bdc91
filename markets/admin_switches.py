"""The settings that are on or off, with buttons in the administration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from core.admin import ReadOnlyAdmin
from markets.models import EconomicSettings


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
