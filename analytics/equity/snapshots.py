"""Snapshots of every player's worth over time, of all who own anything, thinned with age. The only writer of them.

Worth is the balance, reserved money, shares at their price, and land at the world's asking price: the same as in
`trading.positions`. A gain is what shares and land brought and are worth, less what they cost, so money and gifts
that came or went are none: gain = worth - all that came + all that went. Nothing here locks anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Min

from core.database.transactions import short_transaction
from trading.land import land_accounts, parcels_owned
from trading.models import WorthSnapshot

#: Where stretches of time begin to be counted, whatever their width: at midnight UTC.
ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)
_Span = WorthSnapshot.Span


def owned_by_player() -> str:
    """Return the query of each player's property beside money: shares and land, the gain by both, and the volume.

    A part of other statements. The product of cash and shares is beyond bigint; `div` rounds down, and nothing there
    is negative.
    """
    return f"""
        SELECT player_id, bool_or(is_holding) AS is_holding, sum(mark_micro)::bigint AS mark_micro,
               sum(land_micro)::bigint AS land_micro, sum(gain_micro)::bigint AS gain_micro,
               sum(volume_micro)::bigint AS volume_micro
        FROM (
            SELECT player_id, shares_micro > 0 AS is_holding, mark_micro, 0 AS land_micro,
                   realised_micro + mark_micro - cost_micro AS gain_micro, volume_micro
            FROM (
                SELECT player_id, shares_micro, cost_micro, realised_micro, counted_micro AS volume_micro,
                       div(shares_micro::numeric * cash_micro, total_shares_micro) AS mark_micro
                FROM trading_holding JOIN markets_market ON biome = market_id
            ) AS marked
            UNION ALL
            SELECT player_id, false, 0, value_micro, value_micro, 0 FROM ({parcels_owned()}) AS parcels
            UNION ALL
            SELECT player_id, false, 0, 0, net_micro, 0 FROM ({land_accounts()}) AS accounts
        ) AS parts
        GROUP BY player_id
    """  # noqa: S608  # parts of our own


# Holders change with every price. Of the others, the last snapshot is looked up, and a new one made where it differs.
_SNAPSHOT = """
    INSERT INTO trading_worthsnapshot (player_id, at, span, worth_micro, land_micro, gain_micro, volume_micro)
    SELECT player_id, %(at)s, 'moment', worth_micro, land_micro, gain_micro, volume_micro
    FROM (
        SELECT wallet.player_id, coalesce(is_holding, false) AS is_holding,
               balance_micro + held_micro + coalesce(mark_micro, 0) + coalesce(land_micro, 0) AS worth_micro,
               coalesce(land_micro, 0) AS land_micro,
               coalesce(gain_micro, 0) AS gain_micro, coalesce(volume_micro, 0) AS volume_micro
        FROM trading_wallet AS wallet LEFT JOIN ({owned}) AS owned USING (player_id)
    ) AS current
    WHERE is_holding OR (worth_micro, land_micro, gain_micro, volume_micro) <> (
        SELECT coalesce(max(worth_micro), 0), CASE count(*) WHEN 0 THEN 0 ELSE coalesce(max(land_micro), -1) END,
               coalesce(max(gain_micro), 0), coalesce(max(volume_micro), 0)
        FROM (
            SELECT worth_micro, land_micro, gain_micro, volume_micro FROM trading_worthsnapshot AS earlier
            WHERE earlier.player_id = current.player_id AND at < %(at)s ORDER BY at DESC LIMIT 1
        ) AS last
    )
    ON CONFLICT DO NOTHING
"""

# The last of each player's snapshots in a stretch of time stands for all of it: of those with land, where some are.
_THIN = """
    WITH stretch AS (
        SELECT player_id, at, row_number() OVER (
                   PARTITION BY player_id ORDER BY land_micro IS NULL, at DESC
               ) = 1 AS is_last
        FROM trading_worthsnapshot WHERE span = %(finer)s AND at >= %(since)s AND at < %(until)s
    ), kept AS (
        UPDATE trading_worthsnapshot AS snapshot SET span = %(coarser)s FROM stretch
        WHERE is_last AND (snapshot.player_id, snapshot.at) = (stretch.player_id, stretch.at)
    )
    DELETE FROM trading_worthsnapshot AS snapshot USING stretch
    WHERE NOT is_last AND (snapshot.player_id, snapshot.at) = (stretch.player_id, stretch.at)
"""


@dataclass(frozen=True, slots=True)
class _Tier:
    """A level of thinning: snapshots of `finer` older than `kept` become one of `coarser` in each `width`."""

    finer: _Span
    coarser: _Span
    width: timedelta
    kept: timedelta


def snapshot_worth(*, now: datetime) -> int:
    """Write every player's current worth, and return the number of rows.

    One for each player who holds shares, or whose worth, land, gain or volume differs from the last snapshot. They
    stand for the beginning of the period of `WORTH_SNAPSHOT_SECS`; once a period has some, nothing is written.
    """
    at = _floor(now, timedelta(seconds=settings.WORTH_SNAPSHOT_SECS))
    if WorthSnapshot.objects.filter(span=_Span.MOMENT, at=at).exists():
        return 0
    with short_transaction(), connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT.format(owned=owned_by_player()), {"at": at})
        written: int = cursor.rowcount
    return written


def thin_snapshots(*, now: datetime) -> int:
    """Thin old snapshots, and return the number of deleted ones.

    Keeps, of those older than `WORTH_MOMENTS_KEPT_SECS`, the last snapshot of each player in five minutes; older
    than `WORTH_FIVES_KEPT_SECS`, in an hour; older than `WORTH_HOURS_KEPT_SECS`, in a day. A short transaction for
    each such stretch that has passed as a whole.
    """
    return sum(_thin(tier, now=now) for tier in _tiers())


def _tiers() -> tuple[_Tier, ...]:
    return (
        _Tier(_Span.MOMENT, _Span.FIVE, timedelta(minutes=5), timedelta(seconds=settings.WORTH_MOMENTS_KEPT_SECS)),
        _Tier(_Span.FIVE, _Span.HOUR, timedelta(hours=1), timedelta(seconds=settings.WORTH_FIVES_KEPT_SECS)),
        _Tier(_Span.HOUR, _Span.DAY, timedelta(days=1), timedelta(seconds=settings.WORTH_HOURS_KEPT_SECS)),
    )


def _thin(tier: _Tier, *, now: datetime) -> int:
    cut, gone = _floor(now - tier.kept, tier.width), 0
    snapshots = WorthSnapshot.objects.filter(span=tier.finer, at__lt=cut)
    while (oldest := snapshots.aggregate(oldest=Min("at"))["oldest"]) is not None:
        since = _floor(oldest, tier.width)
        spans = {"finer": tier.finer.value, "coarser": tier.coarser.value}
        with short_transaction(), connection.cursor() as cursor:
            cursor.execute(_THIN, {"since": since, "until": since + tier.width, **spans})
            gone += cursor.rowcount
    return gone


def _floor(at: datetime, width: timedelta) -> datetime:
    return at - (at - ORIGIN) % width
