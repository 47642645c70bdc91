"""Lookup of transaction numbers by time. Reads only."""

from __future__ import annotations

from datetime import datetime

from django.db import connections

from core.database.replicas import reads_from

# Rows are numbered in the order of time, but for those that waited for each other, and for a clock that was set back by
# less than this.
_DISORDER = "3 hours"

# Twenty steps find a place among a million rows, by the primary key alone.
_FIRST_SINCE = """
    WITH RECURSIVE search (low, high) AS (
        SELECT min(id), max(id) + 1 FROM transactions
        UNION ALL
        SELECT CASE WHEN middle.at < moment THEN middle.id + 1 ELSE low END,
               CASE WHEN middle.at < moment THEN high ELSE (low + high) / 2 END
        FROM search,
             (SELECT %(moment)s::timestamptz + %(margin)s::interval AS moment) AS sought,
             LATERAL (SELECT id, at FROM transactions WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1) AS middle
        WHERE low < high
    )
    SELECT max(low) FROM search
"""


def numbers_between(since: datetime | None, until: datetime | None) -> tuple[int | None, int | None]:
    """Return the first transaction number that may be of a period, and one beyond the last; None where a side is open.

    Others may be between them: callers also compare the times.
    """
    first = _first(since, f"-{_DISORDER}") if since else None
    beyond = _first(until, _DISORDER) if until else None
    return first, beyond


def _first(moment: datetime, margin: str) -> int | None:
    with connections[reads_from()].cursor() as cursor:
        # The database adds them: beyond the first and the last year, Python cannot.
        cursor.execute(_FIRST_SINCE, {"moment": moment, "margin": margin})
        number: int | None = cursor.fetchone()[0]
    return number
