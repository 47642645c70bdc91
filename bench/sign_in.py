"""GET markets while 16 players sign in by password, and while nobody does: hashing is heavy, and must not slow reads.

Whoever is told to come again (503) does so after the seconds of Retry-After. Readers pause between two requests, so
that the cores are not theirs alone.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from statistics import median

from django.contrib.auth.hashers import make_password

from accounts.models import User
from bench.http.requests import access_tokens
from bench.http.servers import exchange_server
from bench.players import new_players
from bench.report import Report, in_turns, percentile
from bench.size import sized
from operations.load.client_api import API

SIGN_INS = 16
READERS = 4
PAUSE_SECS = 0.02
ROUND_SECS = sized(10.0, small=0.3)
REPLY_SECS = 30.0
PASSWORD = "a password for benchmarks"  # noqa: S105


@dataclass(slots=True)
class _Reads:
    """The latencies of readers in each round but the first, which does not count."""

    p50_ms: list[float] = field(default_factory=list)
    most_ms: list[float] = field(default_factory=list)


@dataclass(slots=True)
class _SignIns:
    """The results of signing in, in all rounds."""

    took_secs: list[float] = field(default_factory=list)
    sent_away: int = 0


def run(*, rounds: int) -> Report:
    """Measure reads alone and beside sign-ins, in turns."""
    players = new_players("bench", SIGN_INS)
    User.objects.filter(pk__in=players).update(password=make_password(PASSWORD))
    tokens = access_tokens(players[:READERS])
    alone, beside, sign_ins = _Reads(), _Reads(), _SignIns()
    report = Report("sign_in")
    with exchange_server() as server:
        p99_ms = in_turns(
            {
                "alone": lambda: _round(server.port, tokens, alone, None),
                "beside sign-ins": lambda: _round(server.port, tokens, beside, sign_ins),
            },
            rounds=rounds,
        )
    for name, reads in {"alone": alone, "beside sign-ins": beside}.items():
        report.add(f"markets {name}, 50th percentile", "ms", reads.p50_ms[1:])
        report.add(f"markets {name}, 99th percentile", "ms", p99_ms[name])
        report.add(f"markets {name}, the slowest", "ms", reads.most_ms[1:])
    took_ms = f"{median(sign_ins.took_secs) * 1000:.0f} ms (p50)" if sign_ins.took_secs else "not once"
    report.notes.append(
        f"{len(sign_ins.took_secs)} signed in, in {took_ms}; {sign_ins.sent_away} times one was told to come again."
    )
    return report


def _round(port: int, tokens: Sequence[str], reads: _Reads, sign_ins: _SignIns | None) -> float:
    """Read for a round, while others sign in if they shall. Returns the reads' 99th percentile, in milliseconds."""
    end_secs = time.perf_counter() + ROUND_SECS
    with ThreadPoolExecutor(READERS + SIGN_INS) as threads:
        readers = [threads.submit(_read, port, token, end_secs) for token in tokens]
        if sign_ins is not None:
            names = (f"bench-{number}" for number in range(SIGN_INS))
            for visit in [threads.submit(_sign_in, port, name, end_secs, sign_ins) for name in names]:
                visit.result()
        took_ms = [1000 * secs for reader in readers for secs in reader.result()]
    reads.p50_ms.append(percentile(took_ms, 50))
    reads.most_ms.append(max(took_ms))
    return percentile(took_ms, 99)


def _read(port: int, token: str, end_secs: float) -> list[float]:
    """Return how many seconds each read took. Raises RuntimeError where one is refused."""
    server = http.client.HTTPConnection("127.0.0.1", port, timeout=REPLY_SECS)
    took_secs: list[float] = []
    while not took_secs or time.perf_counter() < end_secs:
        asked_secs = time.perf_counter()
        server.request("GET", f"{API}/markets", headers={"Authorization": f"Bearer {token}"})
        reply = server.getresponse()
        reply.read()
        took_secs.append(time.perf_counter() - asked_secs)
        if reply.status != HTTPStatus.OK:
            raise RuntimeError(f"a read was refused: {reply.status}")
        time.sleep(PAUSE_SECS)
    server.close()
    return took_secs


def _sign_in(port: int, name: str, end_secs: float, told: _SignIns) -> None:
    """Sign in again and again. Raises RuntimeError for another refusal than that too many do."""
    body = json.dumps({"username": name, "password": PASSWORD})
    while (asked_secs := time.perf_counter()) < end_secs:
        server = http.client.HTTPConnection("127.0.0.1", port, timeout=REPLY_SECS)
        server.request("POST", "/api/v1/auth/token", body, {"Content-Type": "application/json"})
        reply = server.getresponse()
        said = reply.read()
        server.close()
        if reply.status == HTTPStatus.OK:
            told.took_secs.append(time.perf_counter() - asked_secs)
        elif reply.status == HTTPStatus.SERVICE_UNAVAILABLE:
            told.sent_away += 1
            time.sleep(max(0.0, min(float(reply.headers["Retry-After"]), end_secs - time.perf_counter())))
        else:
            raise RuntimeError(f"a sign-in was refused: {reply.status} {said[:300]!r}")
