"""A new version, with a migration that adds a column to the busiest table, takes over under load."""

from __future__ import annotations

import shutil
import subprocess
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from deploy.loopback import Loopback
from deploy.rehearsals.under_load import UnderLoad, demand_books, load_parser, print_figures
from deploy.rehearsals.verdict import Verdict, say
from embedded.places import CHECKOUT, make_passable

#: In this order: what answers first, and what makes prices last.
REPLACED = ("web", "streams", "worker", "redistribution", "beat")
COLUMN = "rehearsed"
SETTLE_SECS = 10.0
LONGEST_SILENCE_MS = 2000.0
_MIGRATION = '''"""What the rehearsed version brings: the version before it knows nothing of it, and need not."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trading", "{newest}")]
    operations = [migrations.AddField("transaction", "{column}", models.IntegerField(db_default=0))]
'''


def main() -> int:
    """Upgrade, and say whether anybody noticed."""
    asked, verdict = parser().parse_args(), Verdict()
    with Loopback(state=asked.state, tls=asked.tls) as exchange:
        rehearse(exchange, asked, verdict)
    return verdict.exit_code


def parser() -> ArgumentParser:
    """Return the parser of this rehearsal's arguments."""
    found = load_parser(description=__doc__, secs=90.0)
    found.add_argument("--settle-seconds", type=float, default=SETTLE_SECS, help="before it (default %(default)s)")
    return found


def rehearse(exchange: Loopback, asked: Namespace, verdict: Verdict) -> None:
    """Upgrade, and demand that nobody noticed."""
    version = new_version(exchange.state)
    with UnderLoad(exchange, asked) as load:
        load.wait_until(asked.settle_seconds)
        upgrade(exchange, version)
    print_figures(load.told())
    demand_unnoticed(verdict, load.told())
    verdict.demand("the new column is there", COLUMN, holds=has_column(exchange))
    demand_books(verdict, exchange, load.told())


def new_version(folder: Path) -> Path:
    """A copy of this checkout with one more migration."""
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
    vendor = CHECKOUT / "static" / "vendor"
    if vendor.exists():
        shutil.copytree(vendor, checkout / "static" / "vendor", dirs_exist_ok=True)
    make_passable(checkout)
    migrations = checkout / "trading" / "migrations"
    newest = max(path.stem for path in migrations.glob("[0-9]*.py"))
    number = int(newest[:4]) + 1
    (migrations / f"{number:04}_{COLUMN}.py").write_text(_MIGRATION.format(newest=newest, column=COLUMN))
    return checkout


def upgrade(exchange: Loopback, version: Path) -> None:
    """What deploy/upgrade.sh does: migrate while the old version serves, then replace one service after the other."""
    _timed("migrate", partial(exchange.run, "migrate", checkout=version))
    for name in REPLACED:
        _timed(name, partial(exchange.replace, name, checkout=version))


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
