"""Administrators' lists of what players own, searched by player."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import User
from core.admin import NOTHING, ReadOnlyAdmin


class OfPlayersAdmin(ReadOnlyAdmin):
    """A read-only list of players' property, searched by player."""

    list_select_related = ["player"]
    search_fields = ["player"]
    search_help_text = "A player's whole username."

    def matches(self, term: str) -> Q:
        """Return the condition of rows whose player has the username `term`."""
        player_id = player_id_of(term)
        return NOTHING if player_id is None else Q(player=player_id)


def player_id_of(username: str) -> int | None:
    """Return the id of the player with this name in any case, of deactivated ones too; None where there is none."""
    return User.objects.named(username).values_list("pk", flat=True).first()
