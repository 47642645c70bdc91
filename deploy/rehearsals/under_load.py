"""`manage.py load` against an exchange on loopback, in the background of a rehearsal; and what it must have met."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deploy.loopback import Loopback
from deploy.rehearsals.verdict import Verdict, say
from embedded.places import wait_until

BEGIN_SECS = 300.0
END_SECS = 180.0


def load_parser(*, description: str | None, secs: float) -> ArgumentParser:
    """Return a parser of the arguments that all rehearsals under load have; the defaults are those of their aim."""
    parser = ArgumentParser(description=description)
    parser.add_argument("--seconds", type=float, default=secs, help="of load (default %(default)s)")
    parser.add_argument("--trades-per-second", type=float, default=50.0, help="default %(default)s")
    parser.add_argument("--sockets", type=int, default=1000, help="default %(default)s")
    parser.add_argument("--players", type=int, default=500, help="default %(default)s")
    parser.add_argument("--csv", type=Path, help="keep the load's figures, a row for each second and kind")
    parser.add_argument("--state", type=Path, help="a folder to keep, with the logs; by default nothing is left")
    parser.add_argument("--tls", action="store_true", help="with certificates, and all that production demands")
    return parser


@dataclass(frozen=True, slots=True)
class Window:
    """Something that was away, from and until (unix time)."""

    what: str
    from_secs: float
    until_secs: float

    def has(self, at_secs: float, *, after_secs: float = 0.0) -> bool:
        """Whether a moment is in it, or so long after it."""
        return self.from_secs <= at_secs <= self.until_secs + after_secs


class UnderLoad:
    """The load, which has begun when the block does, and is over when it ends."""

    def __init__(self, exchange: Loopback, asked: Namespace) -> None:
        self._exchange, self._asked = exchange, asked
        self._folder = exchange.state / "load"
        self._folder.mkdir(exist_ok=True)
        self._csv = asked.csv or self._folder / "load.csv"

    def __enter__(self) -> Self:
        asked, exchange = self._asked, self._exchange
        command = [
            sys.executable,
            "manage.py",
            "load",
            "--url",
            exchange.url,
            "--yes-it-is-mine",
            "--json",
            "--csv",
            str(self._csv),
        ]
        command += ["--players", str(asked.players), "--sockets", str(asked.sockets)]
        command += ["--seconds", str(asked.seconds), "--trades-per-second", str(asked.trades_per_second)]
        trusted = {"SSL_CERT_FILE": str(exchange.ca_file)} if exchange.ca_file else {}
        self._said = self._folder / "said"
        with (self._folder / "told").open("wb") as told, self._said.open("wb") as said:
            self._process = subprocess.Popen(
                command, cwd=exchange.checkout, env=exchange.environment() | trusted, stdout=told, stderr=said
            )
        has_begun = wait_until(
            lambda: "load begin" in self._said.read_text() or self._process.poll() is not None, within_secs=BEGIN_SECS
        )
        if not has_begun or self._process.poll() is not None:
            self._process.kill()
            raise RuntimeError(f"the load did not begin; it said:\n{self._said.read_text()}")
        self.began_secs = time.time()
        say(self._said.read_text().strip())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            self._process.kill()
        self._process.wait(self._asked.seconds + END_SECS)

    def wait_until(self, secs: float) -> None:
        """Wait until so many seconds of the load are over."""
        time.sleep(max(0.0, self.began_secs + secs - time.time()))

    def told(self) -> dict[str, Any]:
        """All that the load has measured, when it is over. Raises RuntimeError when it has failed itself."""
        try:
            found: dict[str, Any] = json.loads((self._folder / "told").read_text())
        except ValueError:
            raise RuntimeError(f"the load failed; it said:\n{self._said.read_text()}") from None
        return found

    def seconds_of(self, kind: str) -> list[float]:
        """The seconds (unix time) in which anything of a kind was done."""
        started_secs = self.told()["started_secs"]
        with self._csv.open() as file:
            rows = [row for row in csv.DictReader(file) if row["kind"] == kind and row["second"] != "all"]
        return [started_secs + int(row["second"]) for row in rows if int(row["count"])]


def print_figures(told: dict[str, Any]) -> None:
    """A line for each kind of thing."""
    say(f"\n{'':14}{'count':>9}{'errors':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'max ms':>9}")
    for kind, row in told["kinds"].items():
        spread = "".join(f"{row[name]:9.1f}" for name in ("p50_ms", "p95_ms", "p99_ms", "max_ms"))
        say(f"{kind:14}{row['count']:9}{row['errors']:8}{spread}")
    heard = told["sockets"]
    say(
        f"{told['trades_per_sec']:.1f} trades a second; {heard['frames'] / told['secs']:,.0f} frames a second to "
        f"{heard['asked']} sockets; the load used {told['cpu_percent']:.0f} % of a core; "
        f"{told['stale_connections']} kept connections were closed under a request\n"
    )


def demand_books(verdict: Verdict, exchange: Loopback, told: dict[str, Any]) -> None:
    """Every trade that was told is written once, and every balance follows from what is written."""
    audit = told["audit"]
    found = "; ".join(audit["differences"]) or f"{told['trades_accepted']} accepted, {audit['written']} written"
    verdict.demand("every accepted trade is written, once", found, holds=not audit["differences"])
    # The last look is after everything is over.
    checked = exchange.manage("check_ledger")
    broken = [line for line in checked.stdout.splitlines() if "BROKEN" in line]
    said = "; ".join(broken) or (
        f"{len(checked.stdout.splitlines())} invariants hold" if checked.stdout else checked.stderr
    )
    verdict.demand("check_ledger", said, holds=checked.returncode == 0)
