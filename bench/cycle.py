"""One cycle with 10, 1,000 and 10,000 players' attention waiting, and the time for which it holds the markets' locks.

Beside the same transaction by hand in pgbench; with trades meanwhile; with 100,000 players of the past; and over 1,000
cycles, for what is taken leaves dead rows behind.
"""

from __future__ import annotations

import multiprocessing
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from attention.biomes import Biome
from attention.meter import clear_away_taken, take_attention
from bench.pgbench import run_pgbench
from bench.players import funded_players, new_players
from bench.report import Report, in_turns, percentile
from bench.size import sized
from core.errors import DomainError, MarketBusy
from markets.locks import markets_locked
from markets.redistribution import cycle
from markets.selectors import last_cycle
from trading.orders.market_orders import buy_shares

WAITING = sized((10, 1_000, 10_000), small=(10, 50))
CYCLES = sized(60, small=3)
TRADED_CYCLES = sized(20, small=2)
TRADERS, TRADERS_PLAYERS = sized((4, 1_000), small=(1, 10))
END_SECS = 30.0
PAST_PLAYERS = sized(100_000, small=100)
LONG_RUN_CYCLES, LONG_RUN_WAITING = sized((1_000, 2_000), small=(20, 20))
SPEND_MICRO = 10_000_000

SCRIPT = Path(__file__).parent / "sql" / "cycle.sql"

_FILL = """
    INSERT INTO attention_waitingattention (player_id, biome, points)
    SELECT %s + n, (ARRAY['ocean', 'beach', 'plains', 'forest', 'desert', 'mountain', 'snow'])[n %% 7 + 1], 1 + n %% 10
    FROM generate_series(0, %s - 1) AS n
"""

_GIVEN_ONCE = """
    INSERT INTO attention_attentiontotal (player_id, biome, points)
    SELECT player_id, biome, 1 FROM unnest(%s::bigint[]) AS player_id,
        unnest(ARRAY['ocean', 'beach', 'plains', 'forest', 'desert', 'mountain', 'snow']) AS biome
"""


@dataclass(slots=True)
class _Times:
    """The times of one contender, a value for each round. In milliseconds."""

    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    locked_p50_ms: list[float] = field(default_factory=list)
    locked_p99_ms: list[float] = field(default_factory=list)

    def add(self, cycles: list[tuple[float, float]]) -> float:
        """Add a round of (whole, locked) seconds; returns the mean of the whole, in milliseconds."""
        whole = [whole_secs * 1000 for whole_secs, _ in cycles]
        locked = [locked_secs * 1000 for _, locked_secs in cycles]
        self.p50_ms.append(percentile(whole, 50))
        self.p99_ms.append(percentile(whole, 99))
        self.locked_p50_ms.append(percentile(locked, 50))
        self.locked_p99_ms.append(percentile(locked, 99))
        return statistics.fmean(whole)


def run(*, rounds: int) -> Report:
    """Measure everything."""
    first = _watchers(max(WAITING))
    report = Report("cycle")
    for waiting in WAITING:
        _compare(report, first, waiting, rounds=rounds)
    _trade_meanwhile(report, first, rounds=rounds)
    before = _Times()
    _in_rounds(before, first, rounds)
    _add_past_players()
    after = _Times()
    _in_rounds(after, first, rounds)
    report.add(f"{max(WAITING):,} waiting, {PAST_PLAYERS:,} past players: p50", "ms", after.p50_ms)
    report.add_ratio("  with / without past players, p50", after.p50_ms, before.p50_ms)
    _long_run(report, first)
    report.notes.append(f"{CYCLES} cycles a round; locks from asking for them until after the commit")
    return report


def _compare(report: Report, first: int, waiting: int, *, rounds: int) -> None:
    times = _Times()
    by_hand_locked: list[float] = []

    def exchange() -> float:
        return times.add([_timed_cycle(first, waiting) for _ in range(CYCLES)])

    def by_hand() -> float:
        whole_ms, locked_ms = _by_hand(first, waiting)
        by_hand_locked.append(locked_ms)
        return whole_ms

    measured = in_turns({"exchange": exchange, "pgbench": by_hand}, rounds=rounds)
    report.add(f"{waiting:,} waiting: p50", "ms", times.p50_ms[-rounds:])
    report.add("  p99", "ms", times.p99_ms[-rounds:])
    report.add("  locks held, p50", "ms", times.locked_p50_ms[-rounds:])
    report.add("  locks held, p99", "ms", times.locked_p99_ms[-rounds:])
    report.add("  mean", "ms", measured["exchange"])
    report.add("  pgbench, the same by hand: mean", "ms", measured["pgbench"])
    report.add("  pgbench: locks held, mean", "ms", by_hand_locked[-rounds:])
    report.add_ratio("  pgbench / exchange, mean", measured["pgbench"], measured["exchange"])


def _by_hand(first: int, waiting: int) -> tuple[float, float]:
    output = run_pgbench(
        SCRIPT,
        clients=1,
        secs=sized(2.0, small=0.2),
        variables={"first": first, "waiting": waiting},
        flags=["--report-per-command"],
    )
    statements = re.findall(r"^\s+([0-9.]+)\s+\d+\s+(.*)$", output.partition("statement latencies")[2], re.MULTILINE)
    names = [text for _, text in statements]
    cycle_ms = [float(latency) for latency, _ in statements][names.index("BEGIN;") :]
    locked_from = next(place for place, text in enumerate(names) if text.startswith("SELECT * FROM markets_market"))
    return sum(cycle_ms), sum(cycle_ms[locked_from - names.index("BEGIN;") :])


def _trade_meanwhile(report: Report, first: int, *, rounds: int) -> None:
    """Run cycles at their usual pace, beside clients that buy continuously."""
    players = funded_players(TRADERS_PLAYERS)
    cycles, rates, trades_p99_ms, busy, refused = _Times(), [], [], 0, 0
    for _ in range(rounds):
        with _trading(players) as told:
            started = time.perf_counter()
            cycles.add([_paced(lambda: _timed_cycle(first, max(WAITING))) for _ in range(TRADED_CYCLES)])
            secs = time.perf_counter() - started
        latencies_ms = [latency for one in told for latency in one.latencies_ms]
        rates.append(len(latencies_ms) / secs)
        trades_p99_ms.append(percentile(latencies_ms, 99))
        busy += sum(one.busy for one in told)
        refused += sum(one.refused for one in told)
    report.add(f"{max(WAITING):,} waiting, {TRADERS} clients buy meanwhile: p50", "ms", cycles.p50_ms)
    report.add("  p99", "ms", cycles.p99_ms)
    report.add("  locks held, p99", "ms", cycles.locked_p99_ms)
    report.add("  buys meanwhile", "buys/s", rates)
    report.add("  a buy, p99", "ms", trades_p99_ms)
    report.notes.append(f"of all buys meanwhile, {busy} were refused because the market was busy, {refused} otherwise")


@dataclass(slots=True)
class _Told:
    """The results of one client that buys during the whole round."""

    latencies_ms: list[float] = field(default_factory=list)
    busy: int = 0
    refused: int = 0


@contextmanager
def _trading(players: list[int]) -> Iterator[list[_Told]]:
    """Run trading clients in processes of their own during a block; at its end the list has each one's results."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    stop, results = context.Event(), context.Queue()
    traders = [context.Process(target=_buy_until, args=(stop, results, players, seed)) for seed in range(TRADERS)]
    for trader in traders:
        trader.start()
    told: list[_Told] = []
    try:
        yield told
        stop.set()
        told += [results.get(timeout=END_SECS) for _ in traders]
    finally:
        stop.set()
        for trader in traders:
            trader.join(timeout=END_SECS)
            trader.kill()


def _in_rounds(times: _Times, first: int, rounds: int) -> None:
    for _ in range(rounds):
        times.add([_timed_cycle(first, max(WAITING)) for _ in range(CYCLES)])


def _long_run(report: Report, first: int) -> None:
    """Run cycles as fast as possible, and clear away as often a cycle as the worker does it."""
    cycles_a_clearing = round(settings.ATTENTION_CLEAR_SECS / settings.CYCLE_SECS)
    takes_ms: list[float] = []
    take = take_attention

    def timed_take() -> dict[Biome, int]:
        started = time.perf_counter()
        taken = take()
        takes_ms.append((time.perf_counter() - started) * 1000)
        return taken

    with _replaced("take_attention", timed_take):
        for number in range(LONG_RUN_CYCLES):
            _timed_cycle(first, LONG_RUN_WAITING)
            if number % cycles_a_clearing == 0:
                clear_away_taken()
    tenth = LONG_RUN_CYCLES // 10
    for name, part in ((f"first {tenth}", takes_ms[:tenth]), (f"last {tenth}", takes_ms[-tenth:])):
        report.add(
            f"the take of {LONG_RUN_WAITING:,} rows, {name} of {LONG_RUN_CYCLES:,}: p50", "ms", [percentile(part, 50)]
        )
        report.add("  p99", "ms", [percentile(part, 99)])


def _timed_cycle(first: int, waiting: int) -> tuple[float, float]:
    """Run one cycle with that much waiting; return the seconds that it took, and those in which it held the locks."""
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [first, waiting])
    last = last_cycle()
    now, number = timezone.now(), last.number + 1 if last else 1
    locked_at: list[float] = []
    lock = markets_locked

    def noted_lock() -> Any:
        locked_at.append(time.perf_counter())
        return lock()

    with _replaced("markets_locked", noted_lock):
        started = time.perf_counter()
        cycle.run_cycle(number=number, now=now, announce=False)
        ended = time.perf_counter()
    return ended - started, ended - locked_at[0]


def _paced(act: Callable[[], tuple[float, float]]) -> tuple[float, float]:
    started = time.perf_counter()
    result = act()
    time.sleep(max(0.0, settings.CYCLE_SECS - (time.perf_counter() - started)))
    return result


@contextmanager
def _replaced(name: str, function: Callable[..., Any]) -> Iterator[None]:
    """Replace a function that the cycle calls during a block."""
    original = getattr(cycle, name)
    setattr(cycle, name, function)
    try:
        yield
    finally:
        setattr(cycle, name, original)


def _buy_until(stop: Event, results: Any, players: list[int], seed: int) -> None:
    rng, told = Random(seed), _Told()
    while not stop.is_set():
        started = time.perf_counter()
        try:
            buy_shares(
                operation=uuid4(),
                player_id=rng.choice(players),
                biome=rng.choice(list(Biome)),
                spend_micro=SPEND_MICRO,
                now=timezone.now(),
            )
        except MarketBusy:
            told.busy += 1
        except DomainError:
            told.refused += 1
        told.latencies_ms.append((time.perf_counter() - started) * 1000)
    results.put(told)


def _watchers(count: int) -> int:
    """Make new players who only give attention; return the first one's id, the others' follow."""
    return new_players("watcher", count)[0]


def _add_past_players() -> None:
    """Add players who gave attention once and never again; half of their totals have a dead row beside them."""
    past = new_players("past", PAST_PLAYERS)
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN_ONCE, [past])
        cursor.execute("UPDATE attention_attentiontotal SET points = points + 1 WHERE id % 2 = 0")
