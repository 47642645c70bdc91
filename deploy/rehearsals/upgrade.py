"""A new version, with a migration that adds a column to the busiest table, takes over under load from a version before.

`--from v0.1.0` names the tag to begin with: by default the newest one before HEAD. Without Git or tags it is the new
version's own code, without the migration.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from deploy.loopback import Loopback
from deploy.loopback.places import check_programs
from deploy.rehearsals.old_clients import OldClients
from deploy.rehearsals.old_tasks import demand_old_tasks
from deploy.rehearsals.under_load import UnderLoad, demand_books, load_parser, print_figures
from deploy.rehearsals.verdict import Verdict, say
from deploy.rehearsals.version_before import add_vendored, code_of, compile_all, release_before
from embedded.places import CHECKOUT, make_passable

#: In this order: what answers first, and what makes prices last.
REPLACED = ("web", "streams", "worker", "redistribution", "beat")
COLUMN = "rehearsed"
SETTLE_SECS = 10.0
LONGEST_SILENCE_MS = 2000.0
#: Within so long there are no more cycles than the clock allows, and those at either end.
PACE_SECS, ENDS = 10, 3
DEFAULT_CYCLE_SECS = 0.5
_MOST_CYCLES = """
    SELECT max(cycles) FROM (
        SELECT count(*) OVER (ORDER BY at RANGE BETWEEN CURRENT ROW AND make_interval(secs => %s) FOLLOWING) AS cycles
          FROM markets_cycle
    ) AS windows
"""
_MIGRATION = '''"""Add a column that the version before knows nothing of, and need not."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trading", "{newest}")]
    operations = [migrations.AddField("transaction", "{column}", models.IntegerField(db_default=0))]
'''


def main() -> int:
    """Upgrade, and say whether anybody noticed."""
    asked, verdict = parser().parse_args(), Verdict()
    check_programs()
    with (
        version_before(asked.tag) as old,
        Loopback(state=asked.state, checkout=old, tls=asked.tls) as exchange,
    ):
        rehearse(exchange, asked, verdict)
    return verdict.exit_code


def parser() -> ArgumentParser:
    """Return the parser of this rehearsal's arguments."""
    found = load_parser(description=__doc__, secs=90.0)
    found.add_argument("--from", dest="tag", metavar="TAG", default=release_before(), help="default %(default)s")
    found.add_argument("--settle-seconds", type=float, default=SETTLE_SECS, help="before it (default %(default)s)")
    return found


@contextmanager
def version_before(tag: str | None) -> Iterator[Path]:
    """Yield a folder with a tag's code, as long as the block lasts; this checkout where there is no tag."""
    if not tag:
        say("        no tag before this version: it begins with its own code")
        yield CHECKOUT
        return
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield code_of(tag, Path(folder))


def rehearse(exchange: Loopback, asked: Namespace, verdict: Verdict) -> None:
    """Upgrade, and demand that nobody noticed: under load, nor those who come back with what they had before."""
    old, version = exchange.checkout, new_version(exchange.state)
    with OldClients.of(exchange) as clients:
        clients.arrive()
        with UnderLoad(exchange, asked) as load:
            load.wait_until(asked.settle_seconds)
            upgrade(exchange, version)
            clients.demand_all_goes_on(verdict)
    print_figures(load.told())
    demand_unnoticed(verdict, load.told())
    verdict.demand("the new column is there", COLUMN, holds=has_column(exchange))
    demand_pace(verdict, exchange)
    demand_old_tasks(verdict, exchange, old=old)
    demand_books(verdict, exchange, load.told())


def new_version(folder: Path) -> Path:
    """Return a copy of this checkout with one more migration."""
    checkout = folder / "new-version"
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, tracked.split("\0")):
        target = checkout / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, target)
    add_vendored(checkout)
    make_passable(checkout)
    migrations = checkout / "trading" / "migrations"
    newest = max(path.stem for path in migrations.glob("[0-9]*.py"))
    number = int(newest[:4]) + 1
    (migrations / f"{number:04}_{COLUMN}.py").write_text(_MIGRATION.format(newest=newest, column=COLUMN))
    compile_all(checkout)
    return checkout


def upgrade(exchange: Loopback, version: Path) -> None:
    """Migrate while the old version serves, then replace one service after the other, as deploy/upgrade.sh does."""
    exchange.turn_to(version)
    _timed("migrate", partial(exchange.run, "migrate"))
    for name in REPLACED:
        _timed(name, partial(exchange.replace, name))


def _timed(name: str, step: Callable[[], None]) -> None:
    began_secs = time.monotonic()
    step()
    say(f"        {name} is the new version's after {time.monotonic() - began_secs:.1f} s")


def demand_unnoticed(verdict: Verdict, told: dict[str, Any]) -> None:
    """No request and no socket failed, and none was left alone for long."""
    heard = told["sockets"]
    verdict.demand("errors", told["codes"] or "none", holds=not told["failures"])
    longest_ms = heard["longest_silence_ms"]
    verdict.demand("longest silence below 2 s", f"{longest_ms:,.0f} ms", holds=longest_ms < LONGEST_SILENCE_MS)
    told_off = heard["shutdowns"] >= heard["asked"]
    verdict.demand("every socket was told of the shutdown", heard["shutdowns"], holds=told_off)
    verdict.demand("ticks lost", heard["ticks_lost"], holds=heard["ticks_lost"] == 0)
    verdict.demand("events doubled", heard["doubles"], holds=heard["doubles"] == 0)
    verdict.demand(
        "sockets open at the end", f"{heard['open']} of {heard['asked']}", holds=heard["open"] == heard["asked"]
    )
    verdict.demand("trades without an answer", told["trades_unanswered"], holds=told["trades_unanswered"] == 0)


def has_column(exchange: Loopback) -> bool:
    """Whether the migration was carried out."""
    query = "SELECT 1 FROM information_schema.columns WHERE table_name = 'transactions' AND column_name = %s"
    with psycopg.connect(exchange.database_url) as session:
        return session.execute(query, [COLUMN]).fetchone() is not None


def demand_pace(verdict: Verdict, exchange: Loopback) -> None:
    """No cycle ran twice, as when two beats send: each has a number of its own, and they came no faster than due."""
    cycle_secs = float(exchange.environment("beat").get("CYCLE_SECS") or DEFAULT_CYCLE_SECS)
    allowed = int(PACE_SECS / cycle_secs) + ENDS
    with psycopg.connect(exchange.database_url) as session:
        row = session.execute(_MOST_CYCLES, [PACE_SECS]).fetchone()
    most = row[0] if row else None
    verdict.demand(f"cycles within {PACE_SECS} s, {allowed} at most", most, holds=most is not None and most <= allowed)
