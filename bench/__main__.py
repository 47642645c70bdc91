"""The command of the benchmarks: `python -m bench [NAME ...] [--json] [--rounds N] [--small]`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from bench.report import Report, as_json, print_table
from bench.size import SMALL
from bench.world import benchmark_world

TOOLS = {"__init__", "__main__", "against", "pgbench", "players", "report", "rough_clients", "size", "world"}
NAMES = sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - TOOLS)


def main() -> None:
    """Run the named benchmarks, or all, and print a table for each, or with --json one object on a line for each."""
    parser = argparse.ArgumentParser(prog="bench", description="Measure the exchange beside its limits and peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--json", action="store_true", help="one object on a line for each")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender (default 5)")
    parser.add_argument("--small", action="store_true", help="seconds, to see that it runs; the figures mean nothing")
    arguments = parser.parse_args()
    if arguments.small:
        os.environ[SMALL] = "1"
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    chosen = arguments.names or NAMES
    if len(chosen) == 1:
        _report_on(chosen[0], rounds=arguments.rounds, is_json=arguments.json)
        return
    # Each in a process of its own: Django reads its settings, and so the name of the database, once.
    for name in chosen:
        flags = ["--json"] if arguments.json else []
        command = [sys.executable, "-m", "bench", name, "--rounds", str(arguments.rounds), *flags]
        subprocess.run(command, check=True)


def _report_on(name: str, *, rounds: int, is_json: bool) -> None:
    with benchmark_world():
        # Imported only now: benchmarks import models, and the world has just named their database.
        report: Report = import_module(f"bench.{name}").run(rounds=rounds)
    if is_json:
        sys.stdout.write(json.dumps(as_json(report)) + "\n")
    else:
        print_table(report)


if __name__ == "__main__":
    main()
