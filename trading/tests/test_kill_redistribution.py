"""The redistribution worker is killed while players give attention and trade: real processes, as in the Procfile.

Here and not in `markets`, for the invariants of money are checked in the end.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from random import Random
from threading import Event
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import Count, Max, Sum
from django.utils import timezone

from accounts.models import User
from attention.biomes import Biome
from attention.meter import give_attention
from attention.models import AttentionTotal, WaitingAttention
from core.errors import DomainError
from embedded.places import CHECKOUT, wait_until
from embedded.processes import commands
from markets.models import Cycle, Tick
from markets.tests.rows import market_locked
from tests.fixtures import StartThread, at_this_load
from trading.invariants.rules import check_invariants
from trading.models import Transaction
from trading.orders.market_orders import buy_shares, sell_shares

# On a machine of its own, from starting a worker, whose imports take two or three of them, to its first cycle.
GO_ON_SECS = 5.0
START_SECS = 20.0
MICRO = 1_000_000

Start = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def start(transactional_db: None, tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a process of the Procfile, by its name, on the test's database.

    All are killed in the end.
    """
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"DATABASE_URL": urlunsplit(database), "PATH": path}
    started: list[subprocess.Popen[bytes]] = []

    def process(name: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"{name}.log").open("ab") as log:
            # Its sessions have its name, to be told from those of the players.
            own = environment | {"PGAPPNAME": name}
            command = ["sh", "-c", commands(with_crowd=False)[name]]
            started.append(subprocess.Popen(command, cwd=CHECKOUT, env=own, stdout=log, stderr=log))
        return started[-1]

    yield process
    for one in started:
        kill(one)


@pytest.fixture
def players(transactional_db: None, fund: Callable[..., None]) -> list[int]:
    """Create ten players with money."""
    users = [User.objects.create_user(f"player{n}", f"player{n}@example.com") for n in range(10)]
    for user in users:
        fund(user, 10_000)
    return [user.pk for user in users]


@pytest.fixture
def load(in_thread: StartThread, markets: None, players: list[int]) -> Iterator[Callable[[], list[int]]]:
    """Run two threads that give attention and one that trades; the yielded function ends them and returns their
    counts.
    """
    stop = Event()
    futures: list[Future[Any]] = [
        in_thread(lambda: give_until(stop, players, seed=1)),
        in_thread(lambda: give_until(stop, players, seed=2)),
        in_thread(lambda: trade_until(stop, players)),
    ]

    def end() -> list[int]:
        stop.set()
        return [future.result(timeout=at_this_load(START_SECS)) for future in futures]

    yield end
    stop.set()


def give_until(stop: Event, players: list[int], *, seed: int) -> int:
    rng, accepted = Random(seed), 0
    while not stop.wait(0.002):
        points = {rng.choice(list(Biome)): rng.randint(1, 3)}
        given = give_attention(player_id=rng.choice(players), points=points, budget_points=10)
        accepted += given.accepted_points
    return accepted


def trade_until(stop: Event, players: list[int]) -> int:
    rng, trades = Random(3), 0
    while not stop.wait(0.005):
        trade, amount = rng.choice([(buy_shares, "spend_micro"), (sell_shares, "shares_micro")])
        asked: dict[str, Any] = {amount: rng.randint(1, 9) * MICRO // 10, "biome": rng.choice(list(Biome))}
        try:
            trade(operation=uuid4(), player_id=rng.choice(players), now=timezone.now(), **asked)
        except DomainError:
            continue
        trades += 1
    return trades


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(timeout=at_this_load(START_SECS))


def newest() -> int:
    return Cycle.objects.aggregate(number=Max("number"))["number"] or 0


def goes_on(*, within_secs: float) -> bool:
    """Return whether cycles with attention in them continue from here."""
    before = newest()
    counted = Tick.objects.filter(cycle__gt=before, attention_points__gt=0)
    return wait_until(counted.exists, within_secs=within_secs)


def is_in_the_middle_of_a_cycle() -> bool:
    with connection.cursor() as cursor:
        # Within a transaction, PostgreSQL would show the first answer again and again.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'redistribution'"
            " AND datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def test_cycles_go_on_and_nothing_is_lost_or_doubled(
    start: Start, load: Callable[[], list[int]], now: datetime, tmp_path: Path
) -> None:
    start("beat")
    worker = start("redistribution")
    assert goes_on(within_secs=at_this_load(START_SECS)), (tmp_path / "redistribution.log").read_text()

    # First between its taking of the attention and its commit: it waits there for a market that is locked.
    with transaction.atomic():
        market_locked(Biome.SNOW)
        assert wait_until(is_in_the_middle_of_a_cycle, within_secs=at_this_load(START_SECS))
        kill(worker)
    # Then twice wherever it is just then.
    for _ in range(2):
        killed_at = newest()
        started_secs = time.monotonic()
        worker = start("redistribution")
        assert goes_on(within_secs=at_this_load(START_SECS)), (tmp_path / "redistribution.log").read_text()
        assert time.monotonic() - started_secs < at_this_load(GO_ON_SECS)
        assert newest() > killed_at
        kill(worker)
    hers, his, trades = load()

    assert trades == Transaction.objects.exclude(market=None).count() > 0
    counted = Tick.objects.aggregate(points=Sum("attention_points"))["points"]
    waiting = WaitingAttention.objects.aggregate(points=Sum("points"))["points"] or 0
    assert hers + his == counted + waiting == AttentionTotal.objects.aggregate(points=Sum("points"))["points"]
    numbers = list(Cycle.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert set(Tick.objects.values("cycle").annotate(ticks=Count("pk")).values_list("ticks", flat=True)) == {7}
    assert [invariant for invariant in check_invariants(recomputed_cycles=1000) if not invariant.holds] == []
