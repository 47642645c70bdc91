"""The attention meter: players' points on biomes, and what a cycle takes of them. The only writer of this app's tables.

The meter is critical for security: whoever can fake attention can move prices.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from attention.biomes import Biome
from attention.locks import player_meters_locked
from core.database.transactions import impatient_transaction, prepared_rows

# Not prepared: a plan made while nothing waits would be a bad one when much does.
_WAITING = """
    SELECT player_id, sum(points)::bigint FROM attention_waitingattention WHERE player_id = ANY(%s) GROUP BY player_id
"""

# The next cycle's points and the totals ever, in one statement. In the totals' own order: never two rows at odds.
_RECORD = """
    WITH given AS (
        SELECT * FROM unnest(%(players)s::bigint[], %(biomes)s::text[], %(points)s::bigint[])
            AS given (player_id, biome, points)
    ), waiting AS (
        INSERT INTO attention_waitingattention (player_id, biome, points) SELECT player_id, biome, points FROM given
    ), total AS (
        INSERT INTO attention_attentiontotal AS total (player_id, biome, points)
        SELECT player_id, biome, points FROM given
        ON CONFLICT (player_id, biome) DO UPDATE SET points = total.points + excluded.points
    )
    SELECT count(*) FROM given
"""

_TAKE = """
    WITH taken AS (DELETE FROM attention_waitingattention RETURNING biome, points)
    SELECT biome, sum(points)::bigint FROM taken GROUP BY biome
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Points that a player wants to give. Biomes are served in the mapping's order."""

    player_id: int
    points: Mapping[Biome, int]


@dataclass(frozen=True, slots=True)
class Given:
    """The result of giving attention: points accepted by biome, points dropped, points that remain."""

    accepted: dict[Biome, int]
    dropped_points: int
    remaining_points: int

    @property
    def accepted_points(self) -> int:
        """Return the accepted points of all biomes together."""
        return sum(self.accepted.values())


#: Writes about given points in the transaction that gives them.
Record = Callable[[Sequence[Given]], None]


def record_nothing(given: Sequence[Given]) -> None:
    """Write nothing beyond the points."""


def give_attention(
    *, player_id: int, points: Mapping[Biome, int], budget_points: int, record: Record = record_nothing
) -> Given:
    """Add a player's points to the next cycle, as far as `budget_points` less the points that already wait allows.

    Points beyond the budget are dropped, and reported in the answer. Raises what `give_attention_together` raises.
    """
    [given] = give_attention_together([Asked(player_id, points)], budget_points=budget_points, record=record)
    return given


def give_attention_together(
    asked: Sequence[Asked], *, budget_points: int, record: Record = record_nothing
) -> list[Given]:
    """Serve several requests, in order, in one transaction: all of them or none. Each player has a budget of their own.

    `record` writes more about the answers in the same transaction. If it raises, no points are given.

    Points are positive whole numbers. Raises ValueError for points below 1, MarketBusy when other requests of one of
    the players take too long.

    Rows that a running cycle has taken but not committed still count against the budget: so no cycle, however it ends,
    can ever count more than one budget of a player.
    """
    if any(count < 1 for one in asked for count in one.points.values()):
        raise ValueError("attention is given in whole points of at least 1")
    players = {one.player_id for one in asked}
    with impatient_transaction():
        player_meters_locked(player_ids=players)
        waiting = waiting_points(player_ids=players)
        remaining = {player_id: max(0, budget_points - waiting.get(player_id, 0)) for player_id in players}
        given = [_serve(one, remaining) for one in asked]
        _record(asked, given)
        record(given)
    return given


def take_attention() -> dict[Biome, int]:
    """Take all waiting points for the cycle that runs in this transaction, and leave none behind.

    Rolled back with the transaction. Points that commit meanwhile are not seen, and wait for the next cycle.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE)
        taken = {Biome(biome): points for biome, points in cursor.fetchall()}
    return {biome: taken.get(biome, 0) for biome in Biome}


def clear_away_taken() -> None:
    """Free the space of points that cycles have taken, so that the next take reads no dead rows.

    Autovacuum may be busy for long with the large tables. Takes nobody's locks, and does nothing where autovacuum is
    at work; never inside a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (SKIP_LOCKED) attention_waitingattention")


def waiting_points(*, player_ids: Collection[int]) -> dict[int, int]:
    """Return the points of each of these players that no cycle has counted yet."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [list(player_ids)])
        return dict(cursor.fetchall())


def _serve(asked: Asked, remaining: dict[int, int]) -> Given:
    """Serve one request from the player's remaining points, and update these."""
    accepted = _fit(asked.points, remaining[asked.player_id])
    used = sum(accepted.values())
    remaining[asked.player_id] -= used
    return Given(
        accepted=accepted,
        dropped_points=sum(asked.points.values()) - used,
        remaining_points=remaining[asked.player_id],
    )


def _fit(points: Mapping[Biome, int], remaining: int) -> dict[Biome, int]:
    accepted = {}
    for biome, count in points.items():
        counted = min(count, remaining)
        if counted == 0:
            break
        accepted[biome] = counted
        remaining -= counted
    return accepted


def _record(asked: Iterable[Asked], given: Iterable[Given]) -> None:
    counted: Counter[tuple[int, Biome]] = Counter()
    for request, answer in zip(asked, given, strict=True):
        for biome, points in answer.accepted.items():
            counted[request.player_id, biome] += points
    if not counted:
        return
    rows = sorted((player_id, str(biome), points) for (player_id, biome), points in counted.items())
    players, biomes, points_each = zip(*rows, strict=True)
    prepared_rows(_RECORD, {"players": list(players), "biomes": list(biomes), "points": list(points_each)})
