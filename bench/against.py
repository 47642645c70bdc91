"""The benchmarks of this checkout beside those of another commit, in turns on the same servers.

`python -m bench.against REV [NAME ...] [--turns N]`. What a process costs to start is compared too.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.size import SMALL
from bench.world import on_server, server_with
from deploy.rehearsals.version_before import code_of
from embedded.places import CHECKOUT
from embedded.services import embedded_services

#: Those that a change of the code's layout could slow down.
NAMES = ["trade", "http_trade", "http_read", "fanout", "attention", "cycle"]
#: Of these, less is better.
COSTS = {"s", "ms", "µs", "MiB"}
#: What each kind of server imports before it serves.
_STARTED = {"web": "config.wsgi", "streams": "config.asgi"}
_START = """
import resource, sys, time
began = time.perf_counter()
__import__(sys.argv[1])
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""

#: By the name of a figure, and which of that name it is: its unit and its value.
Figures = dict[tuple[str, int], tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Contender:
    """A checkout, and the environment in which its processes run."""

    checkout: Path
    environment: Mapping[str, str]

    def run(self, *command: str) -> str:
        """Return the output of a Python command in the checkout. Raises CalledProcessError."""
        return subprocess.run(
            [sys.executable, *command], cwd=self.checkout, env={**self.environment}, check=True, stdout=subprocess.PIPE,
            text=True,
        ).stdout  # fmt: skip


def main() -> None:
    """Compare, and print a row for each figure: before, now, and how many times as good now is."""
    parser = argparse.ArgumentParser(prog="bench.against", description="Measure this checkout beside another commit.")
    parser.add_argument("revision", metavar="REV", help="the commit, branch or tag to measure beside")
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: " + ", ".join(NAMES))
    parser.add_argument("--turns", type=int, default=3, help="turns of each checkout (default 3)")
    parser.add_argument("--small", action="store_true", help="seconds, to see that it runs; the figures mean nothing")
    asked = parser.parse_args()
    if asked.small:
        os.environ[SMALL] = "1"
    # A checkout that serves no pages has collected no static files.
    os.environ["PYTHONWARNINGS"] = "ignore:No directory at"
    with embedded_services(), TemporaryDirectory(prefix="bench-") as folder, ExitStack() as databases:
        other = code_of(asked.revision, Path(folder))
        before, now = (databases.enter_context(contender(path)) for path in (other, CHECKOUT))
        sys.stdout.write(f"{asked.revision} beside this checkout, {asked.turns} turns; above 1 is better than before\n")
        for name in ["startup", *(asked.names or NAMES)]:
            print_rows(name, *in_turns(name, before, now, turns=asked.turns))


@contextmanager
def contender(checkout: Path) -> Iterator[Contender]:
    """Migrate a database by a checkout's own migrations, from which its benchmarks begin."""
    if "BENCH_TEMPLATE" in os.environ:
        yield Contender(checkout, os.environ)
        return
    server, name = os.environ["DATABASE_URL"], f"bench_template_{secrets.token_hex(6)}"
    on_server(server, f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        Contender(checkout, {**os.environ, "DATABASE_URL": server_with(server, name)}).run(
            "manage.py", "migrate", "--verbosity", "0"
        )
        yield Contender(checkout, {**os.environ, "BENCH_TEMPLATE": name})
    finally:
        on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def in_turns(name: str, before: Contender, now: Contender, *, turns: int) -> tuple[list[Figures], list[Figures]]:
    """Measure both once a turn, in reverse order each second turn."""
    measured: tuple[list[Figures], list[Figures]] = ([], [])
    for turn in range(turns):
        sides = [(before, measured[0]), (now, measured[1])]
        for side, kept in sides if turn % 2 == 0 else sides[::-1]:
            kept.append(started(side) if name == "startup" else benchmarked(name, side))
    return measured


def started(side: Contender) -> Figures:
    """Measure the time and the memory that it takes to import what each kind of server serves."""
    figures: Figures = {}
    for server, module in _STARTED.items():
        side.run("-c", _START, module)  # compiles what is not compiled yet
        secs, mebibytes = side.run("-c", _START, module).split()[-2:]
        figures[f"{server}: import", 1] = ("s", float(secs))
        figures[f"{server}: memory", 1] = ("MiB", float(mebibytes))
    return figures


def benchmarked(name: str, side: Contender) -> Figures:
    """Run one round of a benchmark."""
    report = json.loads(side.run("-m", "bench", name, "--rounds", "1", "--json").splitlines()[-1])
    names: Counter[str] = Counter()
    figures: Figures = {}
    for figure in report["figures"]:
        names[figure["name"]] += 1
        figures[figure["name"], names[figure["name"]]] = (figure["unit"], figure["median"])
    return figures


def print_rows(name: str, before: list[Figures], now: list[Figures]) -> None:
    """Print the medians of the figures that both have, and the median of the ratios turn by turn."""
    for figure, (unit, _) in now[0].items():
        if figure not in before[0]:
            continue
        old, new = ([figures[figure][1] for figures in side] for side in (before, now))
        pairs = zip(new, old, strict=True) if unit in COSTS else zip(old, new, strict=True)
        ratios = [over / under if under else float("nan") for under, over in pairs]
        row = f"{statistics.median(old):14,.3f} {statistics.median(new):14,.3f} {unit:10}"
        spread = f"{statistics.median(ratios):6.2f}  ({min(ratios):.2f} to {max(ratios):.2f})"
        sys.stdout.write(f"  {name + ': ' + figure[0].strip():64} {row} {spread}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
