"""Trade, portfolio, price history, candles and the list of trades at 10^4 to 10^7 transactions, beside 10^4.

Each size has a database of its own, all of them there at once, so that the sizes are measured in turns. Ticks and
candles grow along, up to the day of ticks that retention keeps and a year of minutes.
"""

from __future__ import annotations

import os
import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from attention.biomes import Biome
from bench.players import funded_players
from bench.report import Report
from trading.laws import check_laws
from trading.models import Transaction
from trading.orders import buy_shares

#: Few enough that each has full pages of trades at the smallest size.
PLAYERS = 100
SIZES = (10**4, 10**5, 10**6, 10**7)
#: The largest size that is measured: 10^7 transactions take 5 GB and some minutes to make.
MOST = int(os.environ.get("BENCH_GROWTH_MOST", SIZES[-1]))
LEDGER_SIZE = 10**6
DAY_OF_CYCLES, YEAR_OF_MINUTES = 172_800, 525_600
WARM_UP, OPERATIONS = 30, 200
SPEND_MICRO = 10_000_000
PAGE = 100

SCRIPT = Path(__file__).parent / "sql" / "growth.sql"
API = "/api/v1/biome-market"

Operation = Callable[[Random], object]


def run(*, rounds: int) -> Report:
    """Make the databases, measure them in turns, drop them."""
    players = funded_players(PLAYERS)
    sizes = [size for size in SIZES if size <= MOST]
    measured: dict[str, dict[int, list[float]]] = {}
    report = Report("growth")
    with ExitStack() as stack:
        names = {size: stack.enter_context(_database_with(size, first=players[0])) for size in sizes}
        for turn in range(rounds + 1):
            for size in sizes if turn % 2 == 0 else sizes[::-1]:
                with _default_database(names[size]):
                    for name, value_ms in _medians_ms(players, size, seed=turn).items():
                        # The first round does not count.
                        if turn > 0:
                            measured.setdefault(name, {}).setdefault(size, []).append(value_ms)
        if LEDGER_SIZE in names:
            with _default_database(names[LEDGER_SIZE]):
                _add_ledger(report)
    for name, by_size in measured.items():
        for size in sizes:
            report.add(f"{name}, {size:,}", "ms", by_size[size])
        report.add_ratio(f"  {sizes[-1]:,} / {sizes[0]:,}", by_size[sizes[-1]], by_size[sizes[0]])
    report.notes.append(
        f"medians of {OPERATIONS} operations a round, in process; all but the trade through the API's views"
    )
    return report


def _medians_ms(players: list[int], size: int, *, seed: int) -> dict[str, float]:
    now, cycles, minutes = timezone.now(), _cycles_at(size), _minutes_at(size)
    clients = [_client_of(player_id) for player_id in players[:50]]
    first, last = _first_and_last_trade()

    def anyone(rng: Random) -> APIClient:
        return rng.choice(clients)

    def place(rng: Random) -> str:
        return rng.choice(Biome.values)

    def ago(rng: Random, units: int, unit: timedelta) -> str:
        return (now - rng.randint(min(units, PAGE) // 2, units) * unit).strftime("%Y-%m-%dT%H:%M:%SZ")

    operations: dict[str, Operation] = {
        "trade": lambda rng: _buy(rng, players),
        "portfolio": lambda rng: _get(anyone(rng), "/portfolio"),
        "price history, newest": lambda rng: _get(anyone(rng), f"/price-history/{place(rng)}?limit={PAGE}"),
        "price history, anywhere": lambda rng: _get(
            anyone(rng), f"/price-history/{place(rng)}?limit={PAGE}&until={ago(rng, cycles, timedelta(seconds=0.5))}"
        ),
        "candles, newest": lambda rng: _get(anyone(rng), f"/candles/{place(rng)}?interval=1m&limit={PAGE}"),
        "candles, anywhere": lambda rng: _get(
            anyone(rng),
            f"/candles/{place(rng)}?interval=1m&limit={PAGE}&until={ago(rng, minutes, timedelta(minutes=1))}",
        ),
        "transactions, newest": lambda rng: _get(anyone(rng), f"/transactions?limit={PAGE // 2}"),
        "transactions, anywhere": lambda rng: _trades_before(rng, players, rng.randint((first + last) // 2, last)),
    }
    rng = Random(seed)
    return {name: _median_ms(operation, rng) for name, operation in operations.items()}


def _median_ms(operation: Operation, rng: Random) -> float:
    for _ in range(WARM_UP):
        operation(rng)
    taken = []
    for _ in range(OPERATIONS):
        started = time.perf_counter()
        operation(rng)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def _buy(rng: Random, players: list[int]) -> object:
    return buy_shares(
        operation=uuid4(),
        player_id=rng.choice(players),
        biome=rng.choice(list(Biome)),
        spend_micro=SPEND_MICRO,
        now=timezone.now(),
    )


def _trades_before(rng: Random, players: list[int], transaction_id: int) -> object:
    """A page from somewhere in a player's trades: what following `next` leads to."""
    trades = Transaction.objects.filter(initiator_id=rng.choice(players), pk__lt=transaction_id)
    return list(trades.select_related("market").order_by("-pk")[: PAGE // 2])


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


def _add_ledger(report: Report) -> None:
    """What grows by its nature, at one size, once: the laws read every transaction."""
    started = time.perf_counter()
    laws = check_laws(recomputed_cycles=1000)
    report.add(f"check_ledger at {LEDGER_SIZE:,}", "s", [time.perf_counter() - started])
    report.notes.append(f"check_ledger: {sum(not law.holds for law in laws)} laws broken")


def _cycles_at(size: int) -> int:
    return min(DAY_OF_CYCLES, size // 10)


def _minutes_at(size: int) -> int:
    return min(YEAR_OF_MINUTES, size // 20)


# --- A database a size -----------------------------------------------------------------------------------------------


@contextmanager
def _database_with(size: int, *, first: int) -> Iterator[str]:
    """A copy of the world's database with so many transactions in it, until the block ends."""
    template = connection.settings_dict["NAME"]
    name = f"{template}_{size}_{secrets.token_hex(2)}"
    connection.close()
    with _default_database("postgres"), connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        with _default_database(name):
            _fill(size, first=first)
        yield name
    finally:
        with _default_database("postgres"), connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


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
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Drop what the primary keys do not need, and make it again: far quicker than to keep it up row by row."""
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


@contextmanager
def _default_database(name: str) -> Iterator[None]:
    usual = connections[DEFAULT_DB_ALIAS]
    copy = usual.copy()
    copy.settings_dict["NAME"] = name
    connections[DEFAULT_DB_ALIAS] = copy
    try:
        yield
    finally:
        connection.close()
        connections[DEFAULT_DB_ALIAS] = usual
