"""Buys by 8 clients in one market, beside the same in all seven, which shows the cost of the lock of a market's row."""

from __future__ import annotations

from attention.biomes import Biome
from bench.players import funded_players
from bench.report import Report, in_turns
from bench.trade import PLAYERS, buys_per_second


def run(*, rounds: int) -> Report:
    """Measure both, and their ratio."""
    players = funded_players(PLAYERS)
    measured = in_turns(
        {
            "one": lambda: buys_per_second(players, [Biome.OCEAN]),
            "seven": lambda: buys_per_second(players, list(Biome)),
        },
        rounds=rounds,
    )
    report = Report("one_market")
    report.add("one market", "buys/s", measured["one"])
    report.add("seven markets", "buys/s", measured["seven"])
    report.add_ratio("one / seven", measured["one"], measured["seven"])
    return report
