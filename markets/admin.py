"""Administration pages of the markets: their history, to view, and their settings, to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Case, Q, QuerySet, When
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from attention.biomes import Biome
from core.admin import NOTHING, ActionView, ReadOnly, ReadOnlyAdmin, ReasonForm, count_column, time_column, whole_number
from markets.admin_forms import ChangeSettingsForm, change_text, label_of, setting_text
from markets.admin_lists import SWITCHES, Switch, WithSwitches, amount_column, price_column
from markets.economic_settings import change_settings, changes_of, current_settings, values_of
from markets.models import Candle, Cycle, EconomicSettings, Market, Tick

MAY_CHANGE_SETTINGS = "markets.change_economicsettings"
_IN_CANONICAL_ORDER = Case(*(When(pk=biome, then=place) for place, biome in enumerate(Biome)))


class SettingsActionView(ActionView):
    """An action that puts a new version of the settings in force."""

    permission = MAY_CHANGE_SETTINGS

    def values(self, form: Any) -> dict[str, Any]:
        """Return the settings to change, from a valid form. Subclasses implement it."""
        raise NotImplementedError

    def perform(self, form: Any) -> str:
        user = self.request.user
        assert isinstance(user, User)
        assert self.model_admin is not None
        version = change_settings(
            changed_by=user, reason=form.cleaned_data["reason"], now=timezone.now(), **self.values(form)
        )
        told = f"{self.title}: {'; '.join(_changes(version))}. Reason: {version.reason}"
        self.model_admin.log_addition(self.request, version, told)
        messages.success(self.request, f"Version {version.pk} of the settings is in force.")
        return reverse("admin:markets_economicsettings_changelist")


class ChangeSettingsView(SettingsActionView):
    title = "Change settings"
    explanation = "The new settings hold for every trade and cycle from the moment that you confirm them."
    form_class = ChangeSettingsForm

    def get_initial(self) -> dict[str, Any]:
        return values_of(current_settings())

    def values(self, form: ChangeSettingsForm) -> dict[str, Any]:
        return form.changes()


class SwitchView(SettingsActionView):
    # The page names what it does and has nothing but a reason on it: it is the confirmation.
    needs_review = False
    switch: Switch | None = None

    def values(self, form: ReasonForm) -> dict[str, Any]:
        assert self.switch is not None
        return {self.switch.setting: self.switch.turns_on}


@admin.register(EconomicSettings)
class EconomicSettingsAdmin(WithSwitches):
    list_display = ["version", "changed_at_utc", "changed_by", "reason", "changes"]
    # What a version changed takes a query for each row.
    list_per_page = 20
    list_select_related = ["changed_by"]
    fields = ["version", "changed_at_utc", "changed_by", "reason", "changes", "values"]

    changed_at_utc = time_column("Changed at", "changed_at")

    @admin.display(description="Version")
    def version(self, version: EconomicSettings) -> int:
        return version.pk

    @admin.display(description="Changes")
    def changes(self, version: EconomicSettings) -> SafeString:
        return _lines(_changes(version)) or self.get_empty_value_display()

    @admin.display(description="Settings")
    def values(self, version: EconomicSettings) -> SafeString:
        return _lines([f"{label_of(name)}: {setting_text(name, value)}" for name, value in values_of(version).items()])

    def get_urls(self) -> list[URLPattern]:
        checked = self.admin_site.admin_view
        switches = [
            path(
                f"{switch.slug}/",
                checked(
                    SwitchView.as_view(
                        model_admin=self, switch=switch, title=switch.title, explanation=switch.explanation
                    )
                ),
                name=switch.name,
            )
            for switch in SWITCHES
        ]
        change = checked(ChangeSettingsView.as_view(model_admin=self))
        return [path("change-settings/", change, name="markets_economicsettings_new"), *switches, *super().get_urls()]


@admin.register(Market)
class MarketAdmin(WithSwitches):
    list_display = ["biome", "price_bdt", "cash_bdt", "total_shares", "held_shares", "settings"]
    list_select_related = ["settings"]
    ordering = [_IN_CANONICAL_ORDER.asc()]
    fields = [
        "biome",
        "price_bdt",
        "cash_bdt",
        "opening_cash_bdt",
        "total_shares",
        "held_shares",
        "settings",
        "bar_open_bdt",
        "bar_high_bdt",
        "bar_low_bdt",
        "bar_volume_bdt",
    ]

    price_bdt = price_column("Price", "cash_micro")
    cash_bdt = amount_column("Cash (BDT)", "cash_micro")
    opening_cash_bdt = amount_column("Opening cash (BDT)", "opening_cash_micro")
    total_shares = amount_column("Total shares", "total_shares_micro")
    held_shares = amount_column("Shares held by players", "shares_held_micro")
    bar_open_bdt = price_column("Open since the last cycle", "bar_open_micro")
    bar_high_bdt = price_column("High since the last cycle", "bar_high_micro")
    bar_low_bdt = price_column("Low since the last cycle", "bar_low_micro")
    bar_volume_bdt = amount_column("Volume since the last cycle (BDT)", "bar_volume_micro")


class TickColumns:
    """The columns that show a tick, in the list of ticks and in its cycle."""

    at_utc = time_column("At", "at")
    given_points = count_column("Attention (points)", "attention_points")
    price_bdt = price_column("Price", "cash_after_micro")
    open_bdt = price_column("Open", "open_micro")
    high_bdt = price_column("High", "high_micro")
    low_bdt = price_column("Low", "low_micro")
    cash_before_bdt = amount_column("Cash before (BDT)", "cash_before_micro")
    cash_after_bdt = amount_column("Cash after (BDT)", "cash_after_micro")
    total_shares = amount_column("Total shares", "total_shares_micro")
    volume_bdt = amount_column("Volume (BDT)", "volume_micro")

    # By id, which is the name: no market is read for it.
    @admin.display(description="Market")
    def biome(self, tick: Tick) -> str:
        return tick.market_id

    @admin.display(description="Cycle")
    def cycle_number(self, tick: Tick) -> int:
        return tick.cycle_id


class TickInline(TickColumns, ReadOnly, admin.TabularInline):  # type: ignore[type-arg]  # generic in its stubs only
    model = Tick
    template = "admin/read_only_inline.html"
    extra = 0
    fields = readonly_fields = (
        "biome",
        "given_points",
        "cash_before_bdt",
        "cash_after_bdt",
        "price_bdt",
        "volume_bdt",
    )
    ordering = [Case(*(When(market=biome, then=place) for place, biome in enumerate(Biome))).asc()]


@admin.register(Cycle)
class CycleAdmin(ReadOnlyAdmin):
    list_display = ["number", "at_utc", "reason", "total_cash_bdt", "moved_bdt", "settings"]
    list_select_related = ["settings"]
    # No index: retention keeps so few cycles that reading all of them is quick.
    list_filter = ["reason"]
    search_fields = ["number"]
    search_help_text = "A cycle's number."
    inlines = [TickInline]

    at_utc = time_column("At", "at")
    total_cash_bdt = amount_column("Total market cash (BDT)", "total_cash_micro")
    moved_bdt = amount_column("Moved (BDT)", "moved_micro")

    def matches(self, term: str) -> Q:
        number = whole_number(term)
        return NOTHING if number is None else Q(pk=number)


@admin.register(Tick)
class TickAdmin(TickColumns, ReadOnlyAdmin):
    list_display = [
        "cycle_number",
        "biome",
        "at_utc",
        "price_bdt",
        "given_points",
        "cash_before_bdt",
        "cash_after_bdt",
        "volume_bdt",
    ]
    list_filter = ["market"]
    search_fields = ["cycle"]
    search_help_text = "A cycle's number."
    fields = [
        "cycle",
        "biome",
        "at_utc",
        "given_points",
        "cash_before_bdt",
        "cash_after_bdt",
        "total_shares",
        "price_bdt",
        "open_bdt",
        "high_bdt",
        "low_bdt",
        "volume_bdt",
    ]

    def matches(self, term: str) -> Q:
        number = whole_number(term)
        return NOTHING if number is None else Q(cycle=number)


class IntervalFilter(admin.ChoicesFieldListFilter):
    """A filter for candles of one interval. It names all markets too, as the index begins with the market."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        filtered = super().queryset(request, queryset)
        assert filtered is not None
        return filtered.filter(market__in=Biome.values) if self.used_parameters else filtered


@admin.register(Candle)
class CandleAdmin(ReadOnlyAdmin):
    list_display = ["opened", "biome", "interval", "open_bdt", "high_bdt", "low_bdt", "close_bdt", "volume_bdt"]
    list_filter = ["market", ("interval", IntervalFilter)]

    open_bdt = price_column("Open", "open_micro")
    high_bdt = price_column("High", "high_micro")
    low_bdt = price_column("Low", "low_micro")
    close_bdt = price_column("Close", "close_micro")
    volume_bdt = amount_column("Volume (BDT)", "volume_micro")
    opened = time_column("Opened at", "opened_at")

    @admin.display(description="Market")
    def biome(self, candle: Candle) -> str:
        return candle.market_id


def _changes(version: EconomicSettings) -> list[str]:
    return [
        f"{label_of(change.setting)}: {change_text(change.setting, change.old, change.new)}"
        for change in changes_of(version)
    ]


def _lines(lines: list[str]) -> SafeString:
    return format_html_join("", '<div class="line">{}</div>', ([line] for line in lines))
