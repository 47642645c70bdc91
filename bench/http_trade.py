"""POST buy with a JWT and an Idempotency-Key, by 16 clients for 1,000 players in 7 markets, beside the FastAPI peer."""

from __future__ import annotations

import random
from uuid import UUID

from attention.biomes import Biome
from bench.http.contest import contest
from bench.http.load import NextRequest
from bench.http.requests import access_tokens, buy_request
from bench.players import funded_players
from bench.report import Report
from bench.size import sized

PLAYERS = sized(1000, small=10)
SPEND_BDT = "10.00"


def run(*, rounds: int) -> Report:
    """Measure both, and their ratio."""
    tokens = access_tokens(funded_players(PLAYERS))
    rng = random.Random(1)
    report = Report("http_trade")
    with contest(report, rounds=rounds) as both:
        both.run(lambda: _buys(tokens, rng), unit="buys/s")
    report.notes.append("The exchange also counts each request and announces each trade, in Redis; the peer does not.")
    return report


def _buys(tokens: list[str], rng: random.Random) -> NextRequest:
    biomes = list(Biome)

    def next_request() -> bytes:
        operation = UUID(int=rng.getrandbits(128), version=4)
        return buy_request(token=rng.choice(tokens), biome=rng.choice(biomes), spend=SPEND_BDT, operation=operation)

    return next_request
