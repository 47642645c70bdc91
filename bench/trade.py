"""Buys by 1,000 players in 7 markets, by 8 clients: the exchange's function, beside the same transaction in pgbench.

Each of our clients is a process that calls `buy_shares`, as a worker of the web server does, without HTTP.
"""

from __future__ import annotations

import gc
import multiprocessing
import random
import time
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from uuid import uuid4

from django.db import connections
from django.utils import timezone

from attention.biomes import Biome
from bench.pgbench import transactions_per_second
from bench.players import funded_players
from bench.report import Report, in_turns
from bench.size import sized
from core.errors import DomainError
from trading.orders.market_orders import buy_shares

CLIENTS = sized(8, small=2)
PLAYERS = sized(1000, small=10)
ROUND_SECS = sized(4.0, small=0.2)
SPEND_MICRO = 10_000_000

SCRIPT = Path(__file__).parent / "sql" / "trade.sql"


def run(*, rounds: int) -> Report:
    """Measure both, and their ratio."""
    players = funded_players(PLAYERS)
    measured = in_turns(
        {
            "exchange": lambda: buys_per_second(players, list(Biome)),
            "pgbench": lambda: transactions_per_second(
                SCRIPT,
                clients=CLIENTS,
                secs=ROUND_SECS,
                variables={"first": players[0], "last": players[-1], "spend": SPEND_MICRO},
            ),
        },
        rounds=rounds,
    )
    report = Report("trade")
    report.add("buy_shares", "buys/s", measured["exchange"])
    report.add("pgbench, the same by hand", "buys/s", measured["pgbench"])
    report.add_ratio("exchange / pgbench", measured["exchange"], measured["pgbench"])
    return report


def buys_per_second(players: list[int], biomes: list[Biome]) -> float:
    """Return the buys a second by all clients, each of a random player in a random biome."""
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    begin, counts = fork.Barrier(CLIENTS), fork.SimpleQueue()
    clients = [
        fork.Process(target=_buy_for_a_while, args=(players, biomes, seed, begin, counts)) for seed in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    bought: int = sum(counts.get() for _ in clients)
    for client in clients:
        client.join()
    return bought / ROUND_SECS


def _buy_for_a_while(
    players: list[int], biomes: list[Biome], seed: int, begin: Barrier, counts: SimpleQueue[int]
) -> None:
    # As a worker of the web server does when it has started (config/wsgi.py).
    gc.freeze()
    rng = random.Random(seed)
    _buy(rng, players, biomes)
    # As pgbench does it: the time runs from when all are connected.
    begin.wait()
    bought, end = 0, time.perf_counter() + ROUND_SECS
    while time.perf_counter() < end:
        bought += _buy(rng, players, biomes)
    counts.put(bought)


def _buy(rng: random.Random, players: list[int], biomes: list[Biome]) -> int:
    try:
        buy_shares(
            operation=uuid4(),
            player_id=rng.choice(players),
            biome=rng.choice(biomes),
            spend_micro=SPEND_MICRO,
            now=timezone.now(),
        )
    except DomainError:
        return 0
    return 1
