"""Attention events accepted a second: by 1,000 sockets, by REST, in process, beside the bare upsert in pgbench.

Cycles run meanwhile, and in the end every point reported as accepted is searched: each must be in exactly one cycle,
or still wait.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from multiprocessing.synchronize import Event
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.db.models import Sum
from django.utils import timezone

from attention.biomes import Biome
from attention.meter import Asked, Given
from attention.models import WaitingAttention
from bench.http.load import replies_per_second
from bench.http.requests import access_tokens
from bench.http.servers import exchange_server
from bench.pgbench import run_pgbench
from bench.players import funded_players
from bench.report import Report, in_turns
from bench.size import sized
from bench.streams.servers import Program, StreamServer
from markets.economic_settings import change_settings
from markets.models import Tick
from markets.redistribution.attention import track_attention, track_attention_together
from markets.redistribution.cycle import next_number, run_cycle
from operations.load.client_api import API

PLAYERS = sized(1000, small=20)
CLIENTS = sized(8, small=2)
REST_CLIENTS = sized(16, small=2)
TOGETHER_EVENTS = sized(200, small=10)
ROUND_SECS = sized(4.0, small=0.2)
# More than anyone gives in one cycle, so that every event is accepted.
BUDGET_POINTS = 1_000_000

SCRIPT = Path(__file__).parent / "sql" / "attention.sql"
BIOMES = list(Biome)


def run(*, rounds: int) -> Report:
    """Measure all, and count the points."""
    players = funded_players(PLAYERS)
    change_settings(changed_by=None, reason="benchmark", now=timezone.now(), attention_budget_points=BUDGET_POINTS)
    with ExitStack() as stack:
        stack.enter_context(_cycles_running())
        givers = stack.enter_context(_Givers(stack.enter_context(StreamServer("uvicorn")).port, players))
        web_port = stack.enter_context(exchange_server()).port
        bench = _Attention(players, givers, web_port)
        measured = in_turns(
            {
                "socket": bench.by_socket,
                "rest": bench.by_rest,
                "in process": bench.in_process,
                "together": bench.together,
                "pgbench": bench.in_pgbench,
            },
            rounds=rounds,
        )
    return _report(bench, measured, rounds)


def _report(bench: _Attention, measured: dict[str, list[float]], rounds: int) -> Report:
    report = Report("attention")
    report.add(f"{PLAYERS} sockets", "events/s", measured["socket"])
    report.add("  reply, p50", "ms", bench.p50_ms[-rounds:])
    report.add("  reply, p99", "ms", bench.p99_ms[-rounds:])
    report.add(f"REST, {REST_CLIENTS} clients", "events/s", measured["rest"])
    report.add(f"in process, {CLIENTS} clients, one an event", "events/s", measured["in process"])
    report.add(f"in process, 1 client, {TOGETHER_EVENTS} together", "events/s", measured["together"])
    report.add(f"pgbench, {CLIENTS} clients, the bare upsert", "events/s", measured["pgbench"])
    for name in ("socket", "rest", "in process", "together"):
        report.add_ratio(f"{name} / pgbench", measured[name], measured["pgbench"])
    counted = Tick.objects.aggregate(points=Sum("attention_points"))["points"] or 0
    waiting = WaitingAttention.objects.aggregate(points=Sum("points"))["points"] or 0
    lost = bench.accepted_points - counted - waiting
    report.notes.append(
        f"{bench.accepted_points:,} points accepted = {counted:,} in cycles + {waiting:,} waiting: "
        f"{lost:,} lost (below 0: doubled)"
    )
    report.notes.append(f"a cycle each {settings.CYCLE_SECS} s all the while; clients on the same cores")
    return report


class _Attention:
    """The contenders, with the number of points reported as accepted to all of them."""

    def __init__(self, players: list[int], givers: _Givers, web_port: int) -> None:
        self.accepted_points = 0
        self.p50_ms: list[float] = []
        self.p99_ms: list[float] = []
        self._players, self._givers, self._web_port = players, givers, web_port
        self._requests = cycle([_post(token, BIOMES[place % 7]) for place, token in enumerate(access_tokens(players))])

    def by_socket(self) -> float:
        """Give attention over all sockets at once, an event under way on each; returns events a second."""
        self._givers.say(f"give {ROUND_SECS}")
        told = json.loads(self._givers.hear())
        if told["refusal"]:
            raise RuntimeError(told["refusal"])
        self.p50_ms.append(told["p50_ms"])
        self.p99_ms.append(told["p99_ms"])
        return self._count(told["accepted_points"], told["secs"])

    def by_rest(self) -> float:
        """Give attention over REST, one player after the other, each with a token; returns events a second."""
        rate, latencies_secs = replies_per_second(
            self._web_port, lambda: next(self._requests), clients=REST_CLIENTS, secs=ROUND_SECS
        )
        self.accepted_points += len(latencies_secs)
        return rate

    def in_process(self) -> float:
        """Give attention by a transaction an event, each client a process, as in a worker of the web server without
        HTTP.
        """
        connections.close_all()
        with multiprocessing.get_context("fork").Pool(CLIENTS) as pool:
            given = pool.map(_give_for_a_while, [(self._players, seed) for seed in range(CLIENTS)], chunksize=1)
        return self._count(sum(given), ROUND_SECS)

    def together(self) -> float:
        """Give attention in batches as the streams write them, one after the other, without sockets."""
        rng, points, started_secs = random.Random(len(self.p50_ms)), 0, time.perf_counter()
        while time.perf_counter() < started_secs + ROUND_SECS:
            players = rng.sample(self._players, TOGETHER_EVENTS)
            given = track_attention_together([Asked(player_id, {rng.choice(BIOMES): 1}) for player_id in players])
            points += sum(one.accepted_points for one in given if isinstance(one, Given))
        return self._count(points, time.perf_counter() - started_secs)

    def in_pgbench(self) -> float:
        """Execute the two statements directly, by pgbench; returns events a second."""
        variables = {"first": self._players[0], "last": self._players[-1]}
        output = run_pgbench(SCRIPT, clients=CLIENTS, secs=ROUND_SECS, variables=variables)
        done = re.search(r"actually processed: (\d+)", output)
        rate = re.search(r"^tps = ([0-9.]+)", output, re.MULTILINE)
        assert done is not None, output
        assert rate is not None, output
        self.accepted_points += int(done[1])
        return float(rate[1])

    def _count(self, points: int, secs: float) -> float:
        self.accepted_points += points
        return points / secs


class _Givers(Program):
    """A socket for each player, in a process of their own."""

    def __init__(self, port: int, players: list[int]) -> None:
        self._tokens = access_tokens(players)
        super().__init__("-m", "bench.streams.givers", str(port))

    def __enter__(self) -> _Givers:
        super().__enter__()
        for line in (*self._tokens, ""):
            self.say(line)
        if (line := self.hear()) != "ready":
            raise RuntimeError(line)
        return self


@contextmanager
def _cycles_running() -> Iterator[None]:
    """Run the cycle that is due, each period, in a process of its own, as the redistribution worker does."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    stop = context.Event()
    worker = context.Process(target=_run_cycles, args=(stop,))
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join(timeout=10)
        worker.kill()
    if worker.exitcode != 0:
        raise RuntimeError(f"the cycles ended with {worker.exitcode}")


def _run_cycles(stop: Event) -> None:
    while not stop.wait(settings.CYCLE_SECS):
        now = timezone.now()
        if (number := next_number(now=now)) is not None:
            run_cycle(number=number, now=now)


def _give_for_a_while(task: tuple[list[int], int]) -> int:
    players, seed = task
    rng, points = random.Random(seed), 0
    end = time.perf_counter() + ROUND_SECS
    while time.perf_counter() < end:
        given = track_attention(player_id=rng.choice(players), biome=rng.choice(BIOMES), points=1)
        points += given.accepted_points
    return points


def _post(token: str, biome: Biome) -> bytes:
    body = json.dumps({"biome": biome, "points": 1})
    head = f"POST {API}/track-attention HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
