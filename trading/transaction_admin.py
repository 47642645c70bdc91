"""The administration's list of transactions, which the marketplace extends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.admin_lists import player_id_of
from core.admin import NOTHING, ReadOnlyAdmin, time_column
from core.admin_people import ByPeopleFilter
from markets.admin_lists import amount_column
from trading.models import KINDS_OF, Kind, Source, Transaction


class KindFilter(admin.SimpleListFilter):
    """A filter by kind. Trades are found quickly as there are so many; all other kinds have an index."""

    title = parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return Kind.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else queryset.filter(kind=self.value())


class SourceFilter(admin.SimpleListFilter):
    """A filter by source, asked of the database as kinds, which have the index."""

    title = parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return Source.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        source = self.value()
        return queryset if source is None else queryset.filter(kind__in=_kinds(source))


class TransactionAdmin(ReadOnlyAdmin):
    list_display = ["id", "at_utc", "kind", "payer", "payee", "amount_bdt", "fee_bdt", "biome", "shares", "reason"]
    list_filter = [ByPeopleFilter, KindFilter, SourceFilter]
    list_select_related = ["payer", "payee"]
    search_fields = ["payer", "payee", "operation"]
    search_help_text = "A player's whole username, or an operation id."
    fields = [
        "id",
        "at_utc",
        "kind",
        "source",
        "initiator",
        "payer",
        "payee",
        "amount_bdt",
        "fee_bdt",
        "market",
        "shares",
        "cash_before_bdt",
        "cash_after_bdt",
        "basis_bdt",
        "land_id",
        "listing_id",
        "corrects",
        "reason",
        "operation",
    ]

    at_utc = time_column("At", "at")
    amount_bdt = amount_column("Amount (BDT)", "amount_micro")
    fee_bdt = amount_column("Fee (BDT)", "fee_micro")
    shares = amount_column("Shares", "shares_micro")
    cash_before_bdt = amount_column("Market's cash before (BDT)", "cash_before_micro")
    cash_after_bdt = amount_column("Market's cash after (BDT)", "cash_after_micro")
    basis_bdt = amount_column("Cost of the shares sold (BDT)", "basis_micro")

    @admin.display(description="Market")
    def biome(self, transaction: Transaction) -> str:
        return transaction.market_id or self.get_empty_value_display()

    def matches(self, term: str) -> Q:
        if (operation := _operation(term)) is not None:
            return Q(operation=operation)
        player_id = player_id_of(term)
        if player_id is None:
            return NOTHING
        return Q(initiator=player_id) | Q(payer=player_id) | Q(payee=player_id)


def _kinds(source: str) -> tuple[Kind, ...]:
    return KINDS_OF[Source(source)] if source in Source else ()


def _operation(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None
