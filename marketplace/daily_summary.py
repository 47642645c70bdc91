"""Summaries of a day (UTC), for administrators. The only writer of `DailySummary`; a day can be summarised again.

All of it is of the day's own transactions, which their numbers bound, so it costs as much in the tenth year as in
the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, QuerySet, Sum

from accounts.models import User
from marketplace.models import DailySummary, Flag, Listing
from markets.models import Candle
from markets.money import ratio_text
from trading.models import LAND_KINDS, Kind, Transaction
from trading.statements.transaction_ids import numbers_between

#: More groups of players than anybody looks at are not kept.
CIRCLES_MAX = 100

# Who gave to whom: money in a sale or a transfer, a parcel in a gift, where who gets it stands as the payer.
_GIVEN = """
    WITH given AS MATERIALIZED (
        SELECT CASE kind WHEN 'gift' THEN payee_id ELSE payer_id END AS giver,
               CASE kind WHEN 'gift' THEN payer_id ELSE payee_id END AS taker,
               count(*) AS times, sum(amount_micro) AS amount
        FROM transactions
        WHERE id >= %(first)s AND id < %(beyond)s AND at >= %(since)s AND at < %(until)s
            AND kind = ANY(%(kinds)s) AND payer_id IS NOT NULL AND payee_id IS NOT NULL
        GROUP BY giver, taker
    )"""

_CIRCLES = """
    , circles AS (
        SELECT ARRAY[there.giver, back.giver] AS players, there.times + back.times AS times,
               there.amount + back.amount AS amount
        FROM given AS there JOIN given AS back ON back.giver = there.taker AND back.taker = there.giver
        WHERE there.giver < back.giver
        UNION ALL
        SELECT ARRAY[one.giver, two.giver, three.giver], one.times + two.times + three.times,
               one.amount + two.amount + three.amount
        FROM given AS one JOIN given AS two ON two.giver = one.taker
        JOIN given AS three ON three.giver = two.taker AND three.taker = one.giver
        WHERE one.giver < two.giver AND one.giver < three.giver
    )
    SELECT players, times::bigint, amount::bigint FROM circles ORDER BY amount DESC, times DESC, players LIMIT %(most)s
"""

# Whom many gave to whose accounts are young: a hundred accounts of one person look so.
_STARS = """
    SELECT taker, array_agg(giver ORDER BY amount DESC, giver), sum(times)::bigint, sum(amount)::bigint
    FROM given JOIN accounts_user AS player ON player.id = giver
    WHERE date_joined >= %(until)s - interval '1 day' * %(young_days)s::int
    GROUP BY taker HAVING count(*) >= %(givers_min)s
    ORDER BY count(*) DESC, sum(amount) DESC, taker LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class _Day:
    """A day: its first moment and the next day's, and the bounds of its transactions' numbers."""

    since: datetime
    until: datetime
    first: int
    beyond: int

    def transactions(self) -> QuerySet[Transaction]:
        return Transaction.objects.filter(pk__gte=self.first, pk__lt=self.beyond, at__gte=self.since, at__lt=self.until)


def summarise_day(*, day: date, now: datetime) -> DailySummary:
    """Summarise a day, replacing its earlier summary. Raises ValueError for a day that has not begun."""
    since = datetime.combine(day, time.min, UTC)
    if since > now:
        raise ValueError(f"{day} has not begun.")
    until = since + timedelta(days=1)
    first, beyond = numbers_between(since, until)
    span = _Day(since, until, first or 0, beyond or 0)
    told = {
        "made_at": now,
        "flows": _flows(span),
        "safeguards": _safeguards(span),
        "moves": _moves(since),
        "circles": _circles(span),
        "stars": _stars(span),
    }
    return DailySummary.objects.update_or_create(day=day, defaults=told)[0]


def _flows(span: _Day) -> list[dict[str, Any]]:
    flows = span.transactions().values("source", "kind").order_by("source", "kind")
    summed = flows.annotate(count=Count("pk"), amount_micro=Sum("amount_micro"), fee_micro=Sum("fee_micro"))
    return [dict(flow) for flow in summed]


def _safeguards(span: _Day) -> dict[str, list[Any]]:
    flagged = Flag.objects.filter(at__gte=span.since, at__lt=span.until).order_by("pk")
    removed = Listing.objects.filter(removed_by__isnull=False, closed_at__gte=span.since, closed_at__lt=span.until)
    refunds = span.transactions().filter(kind=Kind.REFUND).order_by("corrects").distinct("corrects")
    return {
        "flagged": list(flagged.values_list("pk", flat=True)),
        "removed": list(removed.order_by("pk").values("id", "removed_reason")),
        "refunded": list(refunds.values_list("corrects", flat=True)),
    }


def _moves(since: datetime) -> list[dict[str, Any]]:
    """Return each biome's prices of the day and the last one's change from the first in percent; the largest move
    first.
    """
    candles = Candle.objects.filter(interval=Candle.Interval.DAY, opened_at=since)
    return sorted(map(_move, candles), key=lambda move: -abs(float(move["percent"])))


def _move(candle: Candle) -> dict[str, Any]:
    changed = 100 * (candle.close_micro - candle.open_micro) / candle.open_micro
    prices = {
        name: ratio_text(cash_micro, candle.total_shares_micro)
        for name, cash_micro in (
            ("open", candle.open_micro),
            ("high", candle.high_micro),
            ("low", candle.low_micro),
            ("close", candle.close_micro),
        )
    }
    return {"biome": candle.market_id, "percent": f"{changed:+.2f}", **prices}


def _circles(span: _Day) -> list[dict[str, Any]]:
    found = _found(_CIRCLES, span)
    names = _names({player for players, _, _ in found for player in players})
    return [
        {"players": [names[player] for player in players], "times": times, "amount_micro": amount_micro}
        for players, times, amount_micro in found
    ]


def _stars(span: _Day) -> list[dict[str, Any]]:
    """Return players who got gifts from at least STAR_GIVERS_MIN young accounts, with these; those who got most
    first.
    """
    limits = {"young_days": settings.STAR_YOUNG_DAYS, "givers_min": settings.STAR_GIVERS_MIN}
    found = _found(_STARS, span, **limits)
    names = _names({player for taker, givers, _, _ in found for player in (taker, *givers)})
    return [
        {"taker": names[taker], "givers": [names[giver] for giver in givers], "times": times, "amount_micro": amount}
        for taker, givers, times, amount in found
    ]


def _found(query: str, span: _Day, **limits: int) -> list[tuple[Any, ...]]:
    kinds = [kind.value for kind in (Kind.TRANSFER, *LAND_KINDS)]
    values: dict[str, Any] = {"first": span.first, "beyond": span.beyond, "since": span.since, "until": span.until}
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN + query, values | limits | {"kinds": kinds, "most": CIRCLES_MAX})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _names(player_ids: set[int]) -> dict[int, str]:
    return dict(User.objects.filter(pk__in=player_ids).values_list("pk", "username"))
