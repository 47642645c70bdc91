"""Rankings of players by gain and by volume, and of biomes by volume. The only writer of standings.

A gain is that of shares and land, sold or at their price, against their cost (`analytics.equity.snapshots`): deposits,
withdrawals and gifts are none. Volume is net of what was traded back within a minute (`trading.ledger.statements`), and
earns nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection
from django.db.models import QuerySet, Sum

from analytics.equity.snapshots import owned_by_player
from analytics.locks import standings_claimed
from attention.biomes import Biome
from core.database.transactions import short_transaction
from markets.models import Candle
from trading.models import Standing

Period = Standing.Period


class Measure(StrEnum):
    """The measures that players are ranked by."""

    GAIN = "gain"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class Traded:
    """The volume traded in a biome, in micro-BDT without fees, by players together."""

    biome: Biome
    volume_micro: int


_DAY, _WEEK = timedelta(days=1), timedelta(days=7)

# Which candles are added up, the longest that still meet the period's start closely; and how old the oldest may be.
_CANDLES = {
    Period.DAY: (Candle.Interval.FIVE_MINUTES, _DAY + timedelta(minutes=5)),
    Period.WEEK: (Candle.Interval.HOUR, _WEEK + timedelta(hours=1)),
    Period.ALL: (Candle.Interval.DAY, None),
}

# A run of trades that began before the period may be traded back in it: it counts for nothing then, not for less.
# What a player had gained when the period began is what the snapshot before it says: nothing where there is none.
# Ranks are places, one for each player: equal ones are told apart by the other measure, then by who came first.
_RANK = """
    INSERT INTO trading_standing (period, player_id, gain_micro, volume_micro, at, gain_rank, volume_rank)
    WITH traders AS MATERIALIZED (
        SELECT player_id, gain_micro, volume_micro
        FROM ({owned}) AS owned JOIN accounts_user AS player ON player.id = player_id
        WHERE is_active
    ), measured AS (
        SELECT 'all' AS period, player_id, gain_micro, volume_micro FROM traders
        UNION ALL
        SELECT period, traders.player_id, traders.gain_micro - coalesce(before.gain_micro, 0),
               greatest(0, traders.volume_micro - coalesce(before.volume_micro, 0))
        FROM traders CROSS JOIN (VALUES ('24h', %(day_ago)s), ('7d', %(week_ago)s)) AS starts (period, since)
        LEFT JOIN LATERAL (
            SELECT gain_micro, volume_micro FROM trading_worthsnapshot AS snapshot
            WHERE snapshot.player_id = traders.player_id AND at <= since AND land_micro IS NOT NULL
            ORDER BY at DESC LIMIT 1
        ) AS before ON true
    )
    SELECT period, player_id, gain_micro, volume_micro, %(now)s,
           row_number() OVER (PARTITION BY period ORDER BY gain_micro DESC, volume_micro DESC, player_id),
           row_number() OVER (PARTITION BY period ORDER BY volume_micro DESC, gain_micro DESC, player_id)
    FROM measured WHERE (gain_micro, volume_micro) <> (0, 0)
"""


def rebuild_standings(*, now: datetime) -> int:
    """Write the standings of all periods anew, and return the number of rows.

    Of players who ever traded shares, or gained or lost by land; over a day or a week, of those who gained, lost or
    traded anything in it. Readers see the old ones until all new ones are there. When another run is at it already,
    this one does nothing.
    """
    with short_transaction(), connection.cursor() as cursor:
        # Two at once would write the same places.
        if not standings_claimed():
            return 0
        cursor.execute("DELETE FROM trading_standing")
        times = {"now": now, "day_ago": now - _DAY, "week_ago": now - _WEEK}
        cursor.execute(_RANK.format(owned=owned_by_player()), times)
        written: int = cursor.rowcount
    return written


def standings_of(*, period: Period, by: Measure) -> QuerySet[Standing]:
    """Return the standings over a period with their players, best first. Take a slice of them."""
    return _with_player(Standing.objects.filter(period=period).order_by(f"{by}_rank"))


def own_standing(*, player_id: int, period: Period) -> Standing | None:
    """Return a player's standing over a period; None without a trade, a gain or a loss in it."""
    return _with_player(Standing.objects.filter(period=period, player_id=player_id)).first()


def ranked_at() -> datetime | None:
    """Return when the standings were last written; None where there are none."""
    return Standing.objects.order_by("pk").values_list("at", flat=True).first()


def most_traded(*, period: Period, now: datetime) -> list[Traded]:
    """Return all biomes by volume traded over a period, the most first; equal ones in canonical order.

    From the candles, so the period begins with one of them: five minutes, or for a week an hour, early at most.
    """
    interval, oldest = _CANDLES[period]
    candles = Candle.objects.filter(market__in=Biome.values, interval=interval)
    if oldest is not None:
        candles = candles.filter(opened_at__gt=now - oldest)
    volumes = dict(candles.values_list("market").annotate(volume=Sum("volume_micro")))
    traded = [Traded(biome, int(volumes.get(biome, 0))) for biome in Biome]
    return sorted(traded, key=lambda each: -each.volume_micro)


def _with_player(standings: QuerySet[Standing]) -> QuerySet[Standing]:
    shown = [field.name for field in Standing._meta.concrete_fields]
    players = [f"player__{field}" for field in ("username", "display_name", "is_simulated")]
    return standings.select_related("player").only(*shown, *players)
