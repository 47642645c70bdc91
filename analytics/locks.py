"""The lock of analytics: one process at a time computes the leaderboard."""

from __future__ import annotations

from django.db import connection

# Advisory locks share one space in the database: the number keeps ours apart from anyone else's.
_STANDINGS_LOCK = 0x_57A4D1


def standings_claimed() -> bool:
    """Return whether this transaction may write standings: no other can, until it ends. Does not wait for its turn."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_STANDINGS_LOCK])
        return bool(cursor.fetchone()[0])
