"""The only place in this app that locks."""

from collections.abc import Iterable

from django.db import connection

# Advisory locks share one space in the database: the first number keeps ours apart from anyone else's.
_METER_LOCKS = 0x_A77E


def player_meters_locked(*, player_ids: Iterable[int]) -> None:
    """Let one transaction at a time change these players' points, until it ends. The cycle takes no such lock.

    In ascending order, so that two transactions never wait for each other. Players whose ids are 2^31 apart share one.
    """
    keys = sorted({player_id % 2**31 for player_id in player_ids})
    with connection.cursor() as cursor:
        # An array is read from its first element to its last.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, key) FROM unnest(%s::int[]) AS key", [_METER_LOCKS, keys])
