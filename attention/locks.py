"""Locks of the app, the only place that takes any."""

from collections.abc import Iterable

from core.database.transactions import SET_PATIENCE, patience, prepared_rows

# Advisory locks share one space in the database: the first number keeps ours apart from anyone else's.
_METER_LOCKS = 0x_A77E

# The patience comes first, and the array is read from its first key to its last.
_LOCK = f"""
    WITH patience AS MATERIALIZED ({SET_PATIENCE})
    SELECT pg_advisory_xact_lock(%(meters)s::int, key) FROM patience, unnest(%(keys)s::int[]) AS key
"""  # noqa: S608  # parts of our own


def player_meters_locked(*, player_ids: Iterable[int]) -> None:
    """Let one transaction at a time change these players' points, until it ends. The cycle takes no such lock.

    In ascending order, so that two transactions never wait for each other. Players whose ids are 2^31 apart share one.
    As the first statement of an `impatient_transaction`, for it bounds its waits itself.
    """
    keys = sorted({player_id % 2**31 for player_id in player_ids})
    prepared_rows(_LOCK, {"meters": _METER_LOCKS, "keys": keys} | patience())
