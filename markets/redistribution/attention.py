"""Giving attention, as all callers do it: the meter's answer, and its announcement on the stream."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import connection

from accounts.models import User
from attention.biomes import Biome
from attention.meter import Asked, Given, Record, give_attention, give_attention_together, record_nothing
from attention.selectors import waiting_attention
from core.errors import NotVerified
from core.observability.metrics import ATTENTION_POINTS
from markets import events
from markets.economic_settings import current_settings

_ACTIVE = "SELECT id, verified_at IS NOT NULL OR %s FROM accounts_user WHERE id = ANY(%s) AND is_active"


def track_attention(*, player_id: int, biome: Biome, points: int, record: Record = record_nothing) -> Given:
    """Give a player's points to a biome in the next cycle, as far as the budget in force allows.

    `record` writes more about the points in the same transaction. Raises NotVerified, ValueError for points below
    1, MarketBusy; nothing is given then.
    """
    if settings.VERIFICATION_REQUIRED and not User.objects.filter(pk=player_id, verified_at__isnull=False).exists():
        raise NotVerified
    budget_points = current_settings().attention_budget_points
    given = give_attention(player_id=player_id, points={biome: points}, budget_points=budget_points, record=record)
    _announce([given])
    return given


def track_attention_together(asked: Sequence[Asked]) -> list[Given | NotVerified | None]:
    """Serve requests of several players, in order, in one transaction.

    Returns None for players who are not active any more, and a refusal for those who are not verified. Raises
    ValueError for points below 1, MarketBusy; nothing was given then.
    """
    active = _active_of({one.player_id for one in asked})
    served = [one for one in asked if active.get(one.player_id)]
    given = give_attention_together(served, budget_points=current_settings().attention_budget_points)
    _announce(given)
    answers = iter(given)
    told: list[Given | NotVerified | None] = []
    for one in asked:
        refused = NotVerified() if one.player_id in active else None
        told.append(next(answers) if active.get(one.player_id) else refused)
    return told


def _active_of(player_ids: set[int]) -> dict[int, bool]:
    """Return, for each active player, whether the address is verified, where that is required."""
    # A socket may be open for days, and who can fake attention can move prices.
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVE, [not settings.VERIFICATION_REQUIRED, list(player_ids)])
        return dict(cursor.fetchall())


def _announce(given: Sequence[Given]) -> None:
    ATTENTION_POINTS.labels("accepted").inc(sum(one.accepted_points for one in given))
    ATTENTION_POINTS.labels("dropped").inc(sum(one.dropped_points for one in given))
    if any(one.accepted for one in given) and events.attention_is_due():
        events.announce_attention(waiting_attention().items())
