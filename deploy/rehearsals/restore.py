"""Backups taken under load and at rest are restored into new databases: every invariant holds, no row is missing."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from deploy.loopback import Loopback
from deploy.rehearsals.under_load import UnderLoad, load_parser
from deploy.rehearsals.verdict import Verdict

#: What writes; stopped before the backup whose rows are counted.
WRITERS = ("nginx", "beat", "redistribution", "worker", "streams", "web")
BEFORE_BACKUP_SECS = 5.0
MIB = 1024 * 1024


def main() -> int:
    """Deal for a while, back up, restore, compare. Returns the exit code."""
    asked, verdict = parser().parse_args(), Verdict()
    with Loopback(state=asked.state, tls=asked.tls) as exchange:
        rehearse(exchange, asked, verdict)
    return verdict.exit_code


def parser() -> ArgumentParser:
    """Return the parser of this rehearsal's arguments."""
    return load_parser(description=__doc__, secs=15.0)


def rehearse(exchange: Loopback, asked: Namespace, verdict: Verdict) -> None:
    """Deal, back up, restore, compare. What writes is stopped on the way, and stays so."""
    with UnderLoad(exchange, asked) as load:
        load.wait_until(min(BEFORE_BACKUP_SECS, asked.seconds / 2))
        busy = _back_up(exchange, verdict, "under load")
    for service in WRITERS:
        exchange.stop(service)
    resting = _back_up(exchange, verdict, "at rest")
    busy_url = _restore(exchange, verdict, busy, "restored_busy")
    resting_url = _restore(exchange, verdict, resting, "restored_resting")
    # Before anything looks at the invariants there, which it writes down.
    _compare(verdict, _rows(exchange.database_url), _rows(resting_url))
    for url in (busy_url, resting_url):
        _check(exchange, verdict, url)


def _back_up(exchange: Loopback, verdict: Verdict, when: str) -> Path:
    started = time.monotonic()
    dump = Path(exchange.run_inside("backup", "/opt/backup/backup.sh"))
    found = f"{dump.stat().st_size / MIB:.1f} MiB in {time.monotonic() - started:.1f} s"
    verdict.demand(f"a backup {when}", found, holds=dump.stat().st_mode & 0o077 == 0)
    return dump


def _restore(exchange: Loopback, verdict: Verdict, dump: Path, database: str) -> str:
    """Restore into a new database. Returns its address."""
    started, password = time.monotonic(), exchange.superuser_password
    exchange.run_inside("backup", "/opt/backup/restore.sh", dump.name, database, SUPERUSER_PASSWORD=password)
    verdict.demand(f"restored into {database}", f"{time.monotonic() - started:.1f} s", holds=True)
    return urlunsplit(urlsplit(exchange.database_url)._replace(path=f"/{database}"))


def _check(exchange: Loopback, verdict: Verdict, url: str) -> None:
    checked = exchange.manage("check_ledger", DATABASE_URL=url)
    said = checked.stdout + checked.stderr
    broken = "; ".join(line for line in said.splitlines() if not line.startswith("ok"))
    found = broken or f"{len(said.splitlines())} invariants hold"
    verdict.demand(f"check_ledger in {urlsplit(url).path[1:]}", found, holds=checked.returncode == 0)


def _rows(url: str) -> dict[str, int]:
    """How many rows each table of a database has."""
    with psycopg.connect(url) as session:
        tables = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        count = sql.SQL("SELECT count(*) FROM {}")
        counts = {}
        for (table,) in tables:
            row = session.execute(count.format(sql.Identifier(table))).fetchone()
            assert row is not None
            counts[table] = int(row[0])
        return counts


def _compare(verdict: Verdict, original: dict[str, int], restored: dict[str, int]) -> None:
    different = sorted(table for table in original.keys() | restored if original.get(table) != restored.get(table))
    found = ", ".join(different) or f"{sum(original.values()):,} rows in {len(original)} tables"
    verdict.demand("the same rows in each table", found, holds=not different and sum(original.values()) > 0)
