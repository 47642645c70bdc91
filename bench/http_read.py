"""GET markets, candles and a portfolio by 16 clients with a JWT, beside the FastAPI peer with the same queries.

A cycle runs each half second meanwhile, for both, as it does in production: what is read changes all the time.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.utils import timezone

from attention.biomes import Biome
from bench.http.contest import contest
from bench.http.load import NextRequest
from bench.http.requests import access_tokens, get_request
from bench.players import funded_players
from bench.report import Report
from bench.size import sized
from markets.history.candles import update_candles
from markets.models import Cycle
from markets.redistribution.cycle import run_cycle
from trading.orders.market_orders import buy_shares

PLAYERS = sized(1000, small=10)
HOLDINGS = 3
SPEND_MICRO = 10_000_000
# One candle a minute: more than a page.
CANDLES = 60

PATHS: dict[str, Callable[[random.Random], str]] = {
    "markets": lambda rng: "/markets",
    "candles": lambda rng: f"/candles/{rng.choice(list(Biome))}?interval=1m",
    "portfolio": lambda rng: "/portfolio",
}


def run(*, rounds: int) -> Report:
    """Measure both at each address, and their ratios."""
    tokens = access_tokens(_players_with_shares())
    _history(timezone.now())
    report = Report("http_read")
    with contest(report, rounds=rounds) as both, _cycles():
        for name, path in PATHS.items():
            both.run(partial(_reads, tokens, path), unit="replies/s", name=name)
    report.notes.append("The exchange also counts each request, in Redis, and tells the stream's position and an ETag.")
    return report


def _reads(tokens: list[str], path: Callable[[random.Random], str]) -> NextRequest:
    rng = random.Random(1)
    return lambda: get_request(path(rng), token=rng.choice(tokens))


def _players_with_shares() -> list[int]:
    players = funded_players(PLAYERS)
    rng = random.Random(1)
    for player_id in players:
        for biome in rng.sample(list(Biome), HOLDINGS):
            buy_shares(operation=uuid4(), player_id=player_id, biome=biome, spend_micro=SPEND_MICRO, now=timezone.now())
    return players


def _history(now: datetime) -> None:
    for minute in range(CANDLES):
        run_cycle(number=minute + 1, now=now - timedelta(minutes=CANDLES - minute))
    update_candles()


@contextmanager
def _cycles() -> Iterator[None]:
    """Run a cycle each `CYCLE_SECS` during the block."""
    stop = threading.Event()

    def redistribute() -> None:
        number = Cycle.objects.count()
        while not stop.wait(settings.CYCLE_SECS):
            number += 1
            run_cycle(number=number, now=timezone.now())
        connection.close()

    worker = threading.Thread(target=redistribute)
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()
