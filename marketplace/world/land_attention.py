"""Attention given by looking at land: it counts for the biome, and is recorded by parcel and hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from attention.biomes import Biome
from attention.meter import Given
from marketplace.models import Land, LandAttention
from markets.history.candle_pages import Candles
from markets.models import Candle
from markets.redistribution.attention import track_attention

HOUR = timedelta(hours=1)
_NAMED = 20

_ADD = """
    INSERT INTO marketplace_landattention AS kept (land_id, market_id, hour, points) VALUES (%s, %s, %s, %s)
    ON CONFLICT (market_id, hour, land_id) DO UPDATE SET points = kept.points + excluded.points
"""


@dataclass(frozen=True, slots=True)
class Impact:
    """The effect of parcels on a biome's price over some hours: attention in points, money in micro-BDT of market cash.

    `moved_micro` is the cash that the cycles added to the market, or took, for all its attention; a parcel's part of
    it is its part of the attention.
    """

    since: datetime
    attention_points: int
    land_points: int
    moved_micro: int
    lands: list[LandImpact]


@dataclass(frozen=True, slots=True)
class LandImpact:
    """A parcel's part of the attention and of its effect."""

    land_id: int
    x: int
    y: int
    points: int
    moved_micro: int


def look_at_land(*, player_id: int, land: Land, points: int, now: datetime) -> Given:
    """Give a player's points to the parcel's biome, as far as the budget allows, and record those that count for the
    parcel.

    Both are written in one transaction. Raises NotVerified, ValueError for points below 1, MarketBusy; nothing changes
    then.
    """

    def record(given: Sequence[Given]) -> None:
        accepted_points = sum(one.accepted_points for one in given)
        if accepted_points:
            with connection.cursor() as cursor:
                cursor.execute(_ADD, [land.pk, land.market_id, _hour_of(now), accepted_points])

    return track_attention(player_id=player_id, biome=Biome(land.market_id), points=points, record=record)


def land_impact(*, biome: Biome, hours: int, now: datetime) -> Impact:
    """Return the attention that parcels brought to a biome in so many hours, the current one included, and its effect.

    Names the parcels that brought the most. Three queries.
    """
    since = _hour_of(now) - HOUR * (hours - 1)
    candles = Candles(biome, Candle.Interval.HOUR, since=since, is_newest_first=False)[0 : hours + 1]
    attention = sum(candle.attention_points for candle in candles)
    moved = sum(candle.attention_moved_micro for candle in candles)
    looked = LandAttention.objects.filter(market=biome, hour__gte=since)
    brought = looked.values("land_id", "land__x", "land__y").annotate(sum=Sum("points")).order_by("-sum", "land_id")
    return Impact(
        since=since,
        attention_points=attention,
        land_points=looked.aggregate(sum=Sum("points"))["sum"] or 0,
        moved_micro=moved,
        lands=[
            LandImpact(
                land_id=row["land_id"],
                x=row["land__x"],
                y=row["land__y"],
                points=row["sum"],
                moved_micro=moved * row["sum"] // attention if attention else 0,
            )
            for row in brought[:_NAMED]
        ],
    )


def forget_old_looks(*, now: datetime) -> int:
    """Delete records older than `LAND_ATTENTION_KEPT_SECS`; return the number of rows."""
    until = now - timedelta(seconds=settings.LAND_ATTENTION_KEPT_SECS)
    deleted, _ = LandAttention.objects.filter(hour__lt=until).delete()
    return deleted


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
