"""The rehearsals under load, in seconds, one after the other on one exchange: all of each runs, the books are right.

Bounds of time are no matter here, for others use the machine.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from deploy.loopback import CannotRun, Loopback
from deploy.loopback.places import check_programs
from deploy.rehearsals import load, restart, restore, upgrade
from deploy.rehearsals.verdict import Verdict
from deploy.rehearsals.version_before import release_before
from embedded.places import CHECKOUT

FEW = ("--trades-per-second", "2", "--sockets", "3", "--players", "4")
ONE_OF_EACH = {"web": 1, "streams": 1}
LONGEST_SECS = 60.0
BOOKS = ("every accepted trade is written, once", "check_ledger")

UPGRADED = (
    "ticks lost",
    "events doubled",
    "the new column is there",
    "transactions, listings, bids",
    "the session of the old version goes on",
    "the access token of the old version goes on",
    "the API key of the old version goes on",
    "the refresh token of the old version goes on",
    "files of an open page",
    "tasks under their old names",
    "tasks that the old version queued",
    "faults of the new workers",
)


def missing_programs() -> str:
    """Return the names of missing programs, in a line; empty where all are installed."""
    try:
        check_programs()
    except CannotRun as error:
        return str(error)
    return ""


needs_programs = pytest.mark.skipif(bool(missing_programs()), reason=missing_programs())


@pytest.fixture
def exchange() -> Iterator[Loopback]:
    """Open an exchange as small as it can be."""
    environment = {"WEB_WORKERS": "1"}
    with (
        upgrade.version_before(release_before()) as old,
        Loopback(replicas=ONE_OF_EACH, checkout=old, environment=environment) as opened,
    ):
        yield opened


def rehearse(rehearsal: ModuleType, exchange: Loopback, *arguments: str) -> int:
    """Live through a rehearsal. Returns its exit code."""
    verdict = Verdict()
    rehearsal.rehearse(exchange, rehearsal.parser().parse_args([*FEW, *arguments]), verdict)
    return verdict.exit_code


def assert_held(said: str, *demands: str) -> None:
    """Assert that these demands were looked at and held."""
    assert [demand for demand in demands if f"ok      {demand}" not in said] == [], said


@pytest.mark.parametrize("name", ["load", "restart", "restore", "upgrade"])
def test_a_rehearsal_says_what_the_machine_lacks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    script = (
        "import sys; from deploy.loopback import places; places.PLACES = '';"
        f"sys.argv = ['rehearsals', '{name}']; from deploy.rehearsals.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, timeout=LONGEST_SECS
    )
    packages = "gettext-base nginx-light openssl pgbouncer redis-server redis-tools"
    told = f"Debian's packages are missing: apt-get install --no-install-recommends {packages}\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


@needs_programs
def test_each_reaches_its_end(exchange: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    # All on one exchange, which takes longer to open than a rehearsal takes. It opens with the version before, and the
    # last one stops its writers for good.
    rehearse(upgrade, exchange, "--seconds", "10", "--settle-seconds", "1")
    said = capsys.readouterr().out
    assert_held(said, *UPGRADED, *BOOKS)
    assert said.count("sent again is a replay: the same answer") == 13, said

    rehearse(load, exchange, "--seconds", "4")
    assert_held(capsys.readouterr().out, "ticks lost", "events doubled", *BOOKS)

    rehearse(restart, exchange, "--seconds", "12", "--calm-seconds", "2", "--away-seconds", "0.5")
    said = capsys.readouterr().out
    assert_held(said, "every error is a clean 503 with Retry-After", "events doubled", *BOOKS)
    assert "after redis: ticks go on within 10 s" in said

    exit_code = rehearse(restore, exchange, "--seconds", "3")
    assert exit_code == 0, capsys.readouterr().out
