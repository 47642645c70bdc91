"""The rehearsals under load, in seconds: all of it runs, and the books are right. Bounds of time are no matter here."""

from __future__ import annotations

import subprocess
import sys

import pytest

from config.embedded.places import CHECKOUT
from deploy.loopback import CannotRun
from deploy.loopback.places import check_programs

SMALL = ("--seconds", "8", "--trades-per-second", "2", "--sockets", "3", "--players", "4")
LONGEST_SECS = 180.0


def missing_programs() -> str:
    """Return what cannot be run without, in a line; empty where all is there."""
    try:
        check_programs()
    except CannotRun as error:
        return str(error)
    return ""


def rehearse(name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.rehearsals", name, *SMALL],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECS,
    )


@pytest.mark.parametrize("name", ["load", "restart", "restore", "upgrade"])
def test_a_rehearsal_says_what_the_machine_lacks(name: str) -> None:
    if not (missing := missing_programs()):
        pytest.skip("nothing is missing here: nginx, PgBouncer and Redis are installed")
    done = rehearse(name)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{missing}\n")


@pytest.mark.skipif(bool(missing_programs()), reason=missing_programs())
def test_a_load_reaches_its_end_and_keeps_its_books() -> None:
    said = rehearse("load").stdout
    assert "ok      every accepted trade is written, once" in said
    assert "ok      check_ledger" in said
