"""The rehearsal of several hosts, shortened to seconds, with two of them: cut off in turn, and nothing is lost or
doubled.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from deploy.loopback import CannotRun
from deploy.rehearsals.hosts import namespaces
from embedded.places import CHECKOUT

SMALL = ("--hosts", "2", "--seconds", "3", "--traders", "3", "--sockets", "1", "--patience", "5")
LONGEST_SECS = 240.0


def no_namespaces() -> str:
    """Return the reason why no namespaces can be made here, in a line; empty where they can."""
    try:
        namespaces.check_powers()
    except CannotRun as error:
        return str(error)
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True)
    return "" if tried.returncode == 0 else "This machine lets nobody make network namespaces."


@pytest.mark.skipif(bool(no_namespaces()), reason=no_namespaces())
def test_hosts_are_cut_off_and_nothing_is_lost() -> None:
    command = [sys.executable, "-m", "deploy.rehearsals", "hosts", *SMALL]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=LONGEST_SECS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "trades were answered" in done.stdout
    assert "ok      check_ledger is clean" in done.stdout


def test_who_is_not_root_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(CannotRun, match="it has to be root"):
        namespaces.check_powers()
