"""Pages of a market's candles, each by one prepared statement, as every chart asks for them again and again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Generic, NamedTuple, Self, TypeVar

from django.db.models import TextChoices

from attention.biomes import Biome
from core.database.replicas import may_be_stale
from core.database.transactions import prepared_rows

BEFORE_ANY = datetime(1, 1, 1, tzinfo=UTC)
AFTER_ANY = datetime(9999, 12, 31, tzinfo=UTC)

# Candles open at whole seconds: as a number, their time is read ten times as fast.
_PAGE = """
    SELECT extract(epoch FROM opened_at)::bigint, open_micro, high_micro, low_micro, close_micro, volume_micro,
           total_shares_micro, attention_points, attention_moved_micro
    FROM markets_candle
    WHERE market_id = %(biome)s AND interval = %(interval)s AND opened_at >= %(since)s AND opened_at < %(until)s
    ORDER BY opened_at {direction} LIMIT %(limit)s OFFSET %(offset)s
"""
_NEWEST_FIRST = _PAGE.format(direction="DESC")
_OLDEST_FIRST = _PAGE.format(direction="ASC")


#: The kind of its interval.
Interval = TypeVar("Interval", bound=TextChoices)


class CandleRow(NamedTuple):
    """The fields of a candle that the API reports."""

    opened_at: datetime
    open_micro: int
    high_micro: int
    low_micro: int
    close_micro: int
    volume_micro: int
    total_shares_micro: int
    attention_points: int
    attention_moved_micro: int


@dataclass(frozen=True, slots=True)
class Candles(Generic[Interval]):
    """A market's kept candles that opened from `since` on and before `until`.

    A page is a slice. `order_by` and `filter` are what `core.api.pagination.NewestFirst` asks of a list before.
    """

    biome: Biome
    interval: Interval
    since: datetime = BEFORE_ANY
    until: datetime = AFTER_ANY
    is_newest_first: bool = True

    def order_by(self, field: str) -> Self:
        """Return the same candles ordered by `opened_at` or `-opened_at`."""
        return replace(self, is_newest_first=field.startswith("-"))

    def filter(self, *, opened_at__lt: str | None = None, opened_at__gt: str | None = None) -> Self:
        """Return the candles before, or after, a time. Raises ValueError when it is none."""
        if opened_at__lt is not None:
            return replace(self, until=min(self.until, _aware(opened_at__lt)))
        assert opened_at__gt is not None
        return replace(self, since=max(self.since, _aware(opened_at__gt) + timedelta(microseconds=1)))

    @may_be_stale
    def __getitem__(self, page: slice) -> list[CandleRow]:
        return self.rows(page)

    def rows(self, page: slice) -> list[CandleRow]:
        """Return a page of candles, by one statement."""
        given = {
            "biome": self.biome.value,
            "interval": self.interval.value,
            "since": self.since,
            "until": self.until,
            "offset": page.start,
            "limit": page.stop - page.start,
        }
        rows = prepared_rows(_NEWEST_FIRST if self.is_newest_first else _OLDEST_FIRST, given)
        return [CandleRow(datetime.fromtimestamp(opened_secs, UTC), *amounts) for opened_secs, *amounts in rows]


def _aware(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return time
