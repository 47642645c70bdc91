"""Trade, portfolio, price history, candles and the list of trades at 10^4 to 10^6 transactions, beside 10^4.

Each size has a database of its own, all of them there at once, so that the sizes are measured in turns. Ticks and
candles grow along, up to the day of ticks that retention keeps and a year of minutes.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from attention.biomes import Biome
from bench.players import funded_players
from bench.report import Report
from bench.size import sized
from operations.load.client_api import API
from trading.invariants.rules import check_invariants
from trading.ledger.volume import recount_volume
from trading.models import Transaction
from trading.orders.market_orders import buy_shares

#: Few enough that each has full pages of trades at the smallest size.
PLAYERS = sized(100, small=5)
SIZES = sized((10**4, 10**5, 10**6, 10**7), small=(4_000, 6_000))
#: The largest size that is measured. 10^7 transactions take 5 GB and some minutes to make, so they are asked for.
MOST = int(os.environ.get("BENCH_GROWTH_MOST", sized(10**6, small=SIZES[-1])))
ADMIN_SIZE = sized(10**6, small=SIZES[-1])
DAY_OF_CYCLES, YEAR_OF_MINUTES = 172_800, 525_600
TURNS, OPERATIONS = sized((10, 20), small=(1, 2))
SPEND_MICRO = 10_000_000
PAGE = 50

SCRIPT = Path(__file__).parent / "sql" / "growth.sql"

Operation = Callable[[Random], object]


def run(*, rounds: int) -> Report:
    """Make the databases, measure them in turns, drop them."""
    players = funded_players(PLAYERS)
    sizes = [size for size in SIZES if size <= MOST]
    report = Report("growth")
    with ExitStack() as stack:
        databases = {size: stack.enter_context(_database_with(size, first=players[0])) for size in sizes}
        operations = {size: _operations(players, size, databases[size]) for size in sizes}
        for name in operations[sizes[0]]:
            contenders = {size: operations[size][name] for size in sizes}
            measured = _medians_ms(contenders, databases, rounds=rounds)
            for size, values in measured.items():
                report.add(f"{name}, {size:,}", "ms", values)
            report.add_ratio(f"  {sizes[-1]:,} / {sizes[0]:,}", measured[sizes[-1]], measured[sizes[0]])
        if ADMIN_SIZE in databases:
            with _default(databases[ADMIN_SIZE]):
                _add_what_grows(report, players)
    report.notes.append(
        f"medians of {TURNS * OPERATIONS} operations a round, in turns of {OPERATIONS}; in process; all but the trade "
        "through the API's views"
    )
    return report


def _medians_ms(
    operations: dict[int, Operation], databases: dict[int, BaseDatabaseWrapper], *, rounds: int
) -> dict[int, list[float]]:
    """Return medians a round, by size.

    The sizes take turns within a round, so that other load on the machine hits all.
    """
    rng = Random(1)
    medians: dict[int, list[float]] = {size: [] for size in operations}
    for round_number in range(rounds + 1):
        taken: dict[int, list[float]] = {size: [] for size in operations}
        for turn in range(TURNS):
            for size in list(operations)[:: 1 if turn % 2 == 0 else -1]:
                with _default(databases[size]):
                    taken[size] += _times_ms(operations[size], rng)
        # The first round does not count.
        if round_number > 0:
            for size, times_ms in taken.items():
                medians[size].append(statistics.median(times_ms))
    return medians


def _times_ms(operation: Operation, rng: Random) -> list[float]:
    # The first after another size finds the processor's caches cold.
    operation(rng)
    taken = []
    for _ in range(OPERATIONS):
        started = time.perf_counter()
        operation(rng)
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def _operations(players: list[int], size: int, database: BaseDatabaseWrapper) -> dict[str, Operation]:
    now, cycles, minutes = timezone.now(), _cycles_at(size), _minutes_at(size)
    clients = [_client_of(player_id) for player_id in players]
    with _default(database):
        first, last = _first_and_last_trade()

    def get(rng: Random, path: str) -> None:
        _get(rng.choice(clients), path.format(biome=rng.choice(Biome.values)))

    def ago(rng: Random, units: int, unit: timedelta) -> str:
        # Late enough for a whole page before it.
        return (now - rng.randint(0, units - 2 * PAGE) * unit).strftime("%Y-%m-%dT%H:%M:%SZ")

    history, candles = f"/price-history/{{biome}}?limit={PAGE}", f"/candles/{{biome}}?interval=1m&limit={PAGE}"
    return {
        "trade": lambda rng: _buy(rng, players),
        "portfolio": lambda rng: get(rng, "/portfolio"),
        "price history, newest": lambda rng: get(rng, history),
        "price history, anywhere": lambda rng: get(rng, f"{history}&until={ago(rng, cycles, timedelta(seconds=0.5))}"),
        "candles, newest": lambda rng: get(rng, candles),
        "candles, anywhere": lambda rng: get(rng, f"{candles}&until={ago(rng, minutes, timedelta(minutes=1))}"),
        "transactions, newest": lambda rng: get(rng, f"/transactions?limit={PAGE}"),
        # From the newer half, for whole pages at the smallest size as well.
        "transactions, anywhere": lambda rng: _trades_before(rng, players, rng.randint((first + last) // 2, last)),
    }


def _buy(rng: Random, players: list[int]) -> object:
    return buy_shares(
        operation=uuid4(),
        player_id=rng.choice(players),
        biome=rng.choice(list(Biome)),
        spend_micro=SPEND_MICRO,
        now=timezone.now(),
    )


def _trades_before(rng: Random, players: list[int], transaction_id: int) -> object:
    """Return a page from somewhere in a player's trades, as following `next` does."""
    trades = Transaction.objects.filter(initiator_id=rng.choice(players), pk__lt=transaction_id)
    return list(trades.select_related("market").order_by("-pk")[:PAGE])


def _get(client: APIClient, path: str) -> None:
    reply = client.get(API + path)
    if reply.status_code != 200:
        raise RuntimeError(f"{path}: {reply.status_code} {reply.content[:300]!r}")


def _client_of(player_id: int) -> APIClient:
    # An address of its own, as guests are counted by address.
    client = APIClient(SERVER_NAME="127.0.0.1", REMOTE_ADDR=f"10.0.{player_id // 250 % 250}.{player_id % 250}")
    client.force_authenticate(User(pk=player_id, is_active=True))
    return client


def _first_and_last_trade() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM transactions")
        first, last = cursor.fetchone()
    return int(first), int(last)


def _add_what_grows(report: Report, players: list[int]) -> None:
    """Measure, at one size, the invariants, which read every transaction, and the administrators' pages."""
    started = time.perf_counter()
    invariants = check_invariants(recomputed_cycles=1000)
    report.add(f"check_ledger at {ADMIN_SIZE:,}", "s", [time.perf_counter() - started])
    broken = [
        f"{invariant.name}: {'; '.join(invariant.breaches[:3])}" for invariant in invariants if not invariant.holds
    ]
    report.notes.append(f"check_ledger: {'; '.join(broken) or 'all invariants hold'}")
    admin = User.objects.create_superuser("bench-admin", "admin@bench.invalid")
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    player = User.objects.get(pk=players[0]).username
    for name, query in {
        "newest": "",
        "of a player": f"q={player}",
        "refunds, of which there are none": "kind=refund",
    }.items():
        started = time.perf_counter()
        reply = client.get(f"/admin/trading/transaction/?{query}")
        assert reply.status_code == 200, reply.status_code
        report.add(f"admin, transactions {name} at {ADMIN_SIZE:,}", "ms", [(time.perf_counter() - started) * 1000])


def _cycles_at(size: int) -> int:
    return min(DAY_OF_CYCLES, size // 10)


def _minutes_at(size: int) -> int:
    return min(YEAR_OF_MINUTES, size // 20)


# --- A database a size -----------------------------------------------------------------------------------------------


@contextmanager
def _database_with(size: int, *, first: int) -> Iterator[BaseDatabaseWrapper]:
    """Copy the world's database with so many transactions in it, until the block ends."""
    template = connection.settings_dict["NAME"]
    name = f"{template}_{size}"
    maintenance, database = _connection_to("postgres"), _connection_to(name)
    connection.close()
    with maintenance.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        with _default(database):
            _fill(size, first=first)
        yield database
    finally:
        database.close()
        with maintenance.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        maintenance.close()


def _fill(size: int, *, first: int) -> None:
    values = {
        "transactions": size,
        "players": PLAYERS,
        "first": first,
        "cycles": _cycles_at(size),
        "minutes": _minutes_at(size),
    }
    script = SCRIPT.read_text()
    for name, value in values.items():
        script = script.replace(f":{name}", str(value))
    with connection.cursor() as cursor, _without_indexes():
        cursor.execute(script)
    with connection.cursor() as cursor:
        cursor.execute("RESET session_replication_role")
    recount_volume()  # in runs of trades, which the script does not know
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Drop constraints and indexes other than primary keys during the block, then make them again.

    This is far faster than updating them row by row.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'u' AND conrelid::regclass::text = ANY(%s)",
            [["transactions", "markets_tick", "markets_candle"]],
        )
        constraints = cursor.fetchall()
        for table, name, _ in constraints:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = 'transactions'::regclass AND NOT indisprimary"
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        for table, name, definition in constraints:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        for _, definition in indexes:
            cursor.execute(definition)


def _connection_to(name: str) -> BaseDatabaseWrapper:
    copy = connections[DEFAULT_DB_ALIAS].copy()
    copy.settings_dict["NAME"] = name
    return copy


@contextmanager
def _default(database: BaseDatabaseWrapper) -> Iterator[None]:
    usual = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = database
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = usual
