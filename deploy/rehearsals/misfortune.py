"""The clock ahead and set back, Redis at its limit, a full disk, a killed session: each is named, and all goes on.

On an exchange as `make run` starts it, with a folder of its own. The clock needs a C compiler, the disk root: what
cannot be tried here is said and left out.
"""

from __future__ import annotations

import os
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from deploy.rehearsals.unlucky import Unlucky, small_disk
from deploy.rehearsals.verdict import Verdict, say
from embedded.places import Folder, home_of, wait_until

AHEAD_SECS = 2 * 3600
DISK_MIB = 600
NAMED_WITHIN_SECS = 10.0
GOES_ON_WITHIN_SECS = 30.0


@dataclass(frozen=True, slots=True)
class Misfortune:
    """What befalls the exchange, what ends it, and which words and which sample have to name it within ten seconds.

    `is_named_after_its_end` is of what nobody can see before.
    """

    name: str
    begin: Callable[[], object]
    end: Callable[[], object]
    words: str = ""
    doctor: str = ""
    alert: str = ""
    sample: str = ""
    is_bad: Callable[[float], bool] = bool
    is_named_after_its_end: bool = False


def main() -> int:
    """Let everything befall one exchange, each in turn. Returns the exit code."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1200.0, help="that each lasts (default %(default)s)")
    asked, verdict = parser.parse_args(), Verdict()
    with tempfile.TemporaryDirectory(prefix="misfortune-") as folder, small_disk(Path(folder), DISK_MIB) as disk:
        place = disk or Path(folder)
        place.chmod(0o755)
        with Unlucky(place / "state", clock=Path(folder) / "clock") as exchange:
            for misfortune in misfortunes(exchange, has_disk=disk is not None):
                suffer(verdict, exchange, misfortune, hold_secs=asked.seconds)
            said = exchange.manage("check_ledger")
            verdict.demand("check_ledger", said.stdout.strip().splitlines()[-1:], holds=said.returncode == 0)
            lines = len(exchange.said.splitlines())
            verdict.demand("the run goes on", f"{lines} lines in its log", holds=exchange.is_running)
    return verdict.exit_code


def suffer(verdict: Verdict, exchange: Unlucky, misfortune: Misfortune, *, hold_secs: float) -> None:
    """Let one thing happen, demand that it is named, end it, and demand that all goes on."""
    name, began = misfortune.name, time.monotonic()
    say(f"        {name}")
    misfortune.begin()
    if misfortune.words and not misfortune.is_named_after_its_end:
        demand_named(verdict, exchange, misfortune)
    time.sleep(max(0.0, hold_secs - (time.monotonic() - began)))
    misfortune.end()
    if misfortune.is_named_after_its_end:
        demand_named(verdict, exchange, misfortune)
    ended, before = time.monotonic(), exchange.cycle_number()
    goes_on = wait_until(lambda: exchange.is_ready() and exchange.cycle_number() > before + 2, within_secs=60)
    took_secs = time.monotonic() - ended
    verdict.demand(
        f"{name}: all goes on by itself", f"{took_secs:.1f} s", holds=goes_on and took_secs <= GOES_ON_WITHIN_SECS
    )


def demand_named(verdict: Verdict, exchange: Unlucky, misfortune: Misfortune) -> None:
    """Demand the cause in /readyz, in what the alert asks for, and in doctor."""
    name, began = misfortune.name, time.monotonic()
    named = wait_until(lambda: misfortune.words in exchange.readiness(), within_secs=NAMED_WITHIN_SECS)
    verdict.demand(f"{name}: /readyz", f"{time.monotonic() - began:.1f} s: {exchange.readiness()}", holds=named)
    bad = wait_until(lambda: misfortune.is_bad(exchange.sample(misfortune.sample)), within_secs=NAMED_WITHIN_SECS)
    found = f"{time.monotonic() - began:.1f} s: {misfortune.sample} is {exchange.sample(misfortune.sample):g}"
    verdict.demand(f"{name}: alert {misfortune.alert}", found, holds=bad)
    told = exchange.doctor()
    verdict.demand(f"{name}: doctor", told.get(misfortune.doctor), holds=misfortune.words in told[misfortune.doctor])


def misfortunes(exchange: Unlucky, *, has_disk: bool) -> list[Misfortune]:
    """Return what can be tried here."""
    client = redis.Redis.from_url(_address(exchange, "redis"))
    found = [
        Misfortune(
            name="Redis at its memory limit",
            begin=lambda: client.config_set("maxmemory", 1),
            end=lambda: client.config_set("maxmemory", 0),
            words="memory limit",
            doctor="redis",
            alert="RedisFull",
            sample="exchange_redis_refuses_writes",
        ),
        Misfortune(name="a killed session", begin=lambda: _kill_session(_address(exchange, "postgres")), end=bool),
    ]
    if exchange.has_clock:
        clock = Misfortune(
            name="the clock two hours ahead, and back",
            begin=lambda: exchange.set_clock(AHEAD_SECS),
            end=lambda: exchange.set_clock(0),
            words="clock was set back",
            doctor="clocks",
            alert="ClockSetBack",
            sample="exchange_clock_ahead_seconds",
            is_bad=lambda secs: secs > 1,
            is_named_after_its_end=True,
        )
        found.insert(0, clock)
    else:
        say("        without a C compiler the clock is left out")
    if has_disk:
        ballast = exchange.state.parent / "ballast"
        disk = Misfortune(
            name="a full disk",
            begin=lambda: _fill(ballast),
            end=ballast.unlink,
            words="disk is full",
            doctor="disks",
            alert="DiskExhausted",
            sample="exchange_disk_free_bytes",
            is_bad=lambda free: free < 16 * 1024 * 1024,
        )
        found.append(disk)
    else:
        say("        without root, or a disk to mount, the full disk is left out")
    return found


def _address(exchange: Unlucky, service: str) -> str:
    announced = Folder(home=home_of(exchange.state), name=service).announced()
    assert announced is not None
    return announced.url


def _kill_session(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as session:
        row = session.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        os.kill(row[0], 9)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            return
