"""The only place in this app that locks."""

from django.db import connection

# Advisory locks share one space in the database: the first number keeps ours apart from anyone else's.
_METER_LOCKS = 0x_A77E


def player_meter_locked(*, player_id: int) -> None:
    """Let one transaction at a time change a player's points, until it ends. The cycle takes no such lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_METER_LOCKS, player_id % 2**31])
