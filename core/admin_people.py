"""The filter that keeps the simulated crowd out of administrators' lists until it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

CROWD, EVERYONE = "1", "all"


class PeopleFilter(admin.SimpleListFilter):
    """Filter by people, the simulated crowd or everyone. The default is people; in a search, everyone.

    The crowd of an embedded run is hundreds of players, who would fill the first pages of every list.
    """

    title = "who"
    parameter_name = "is_simulated__exact"
    #: The lookup from a row to its player.
    to_player: ClassVar[str] = ""

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Return the choices besides the default."""
        return [(CROWD, "Simulated crowd"), (EVERYONE, "Everyone")]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Yield the choices; the first, which is the default, is people."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "People"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of those who were chosen."""
        chosen = self.value()
        if chosen == EVERYONE or (chosen is None and request.GET.get(SEARCH_VAR, "").strip()):
            return queryset
        return queryset.filter(**{f"{self.to_player}is_simulated": chosen == CROWD})


class OfPeopleFilter(PeopleFilter):
    """The same filter for what players have."""

    to_player = "player__"


class ByPeopleFilter(PeopleFilter):
    """The same filter for what players asked for."""

    to_player = "initiator__"
