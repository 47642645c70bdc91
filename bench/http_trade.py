"""POST buy with a JWT and an Idempotency-Key, by 16 clients for 1,000 players in 7 markets, beside the FastAPI peer.

Both servers run all the time, each with two worker processes; only one of them is asked at a time.
"""

from __future__ import annotations

import random
from uuid import UUID

from attention.biomes import Biome
from bench.http.load import NextRequest, replies_per_second
from bench.http.requests import access_tokens, buy_request
from bench.http.servers import exchange_server, peer_server
from bench.players import funded_players
from bench.report import Report, in_turns, percentile

CLIENTS = 16
PLAYERS = 1000
ROUND_SECS = 4.0
SPEND_BDT = "10.00"


def run(*, rounds: int) -> Report:
    """Measure both, and their ratio."""
    tokens = access_tokens(funded_players(PLAYERS))
    latencies: dict[str, list[float]] = {"exchange": [], "peer": []}
    rng = random.Random(1)

    def measure(name: str, port: int) -> float:
        rate, latencies_secs = replies_per_second(port, _buys(tokens, rng), clients=CLIENTS, secs=ROUND_SECS)
        latencies[name].append(percentile(latencies_secs, 99) * 1000)
        return rate

    with exchange_server() as ours, peer_server() as theirs:
        measured = in_turns(
            {"exchange": lambda: measure("exchange", ours), "peer": lambda: measure("peer", theirs)}, rounds=rounds
        )
    report = Report("http_trade")
    report.add("exchange", "buys/s", measured["exchange"])
    report.add("FastAPI peer", "buys/s", measured["peer"])
    report.add_ratio("exchange / peer", measured["exchange"], measured["peer"])
    report.add("exchange, 99th percentile", "ms", latencies["exchange"])
    report.add("FastAPI peer, 99th percentile", "ms", latencies["peer"])
    report.notes.append("The exchange also counts each request and announces each trade, in Redis; the peer does not.")
    return report


def _buys(tokens: list[str], rng: random.Random) -> NextRequest:
    biomes = list(Biome)

    def next_request() -> bytes:
        operation = UUID(int=rng.getrandbits(128), version=4)
        return buy_request(token=rng.choice(tokens), biome=rng.choice(biomes), spend=SPEND_BDT, operation=operation)

    return next_request
