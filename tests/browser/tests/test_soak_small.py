"""`make soak` in seconds: it plays, looks on, and says what the page keeps."""

from __future__ import annotations

import subprocess
import sys

from embedded.places import CHECKOUT
from tests.browser.exchange import Exchange

LONGEST_SECS = 120.0


def test_a_page_is_watched_for_seconds(exchange: Exchange) -> None:
    command = [sys.executable, "-m", "tests.browser.soak", "--minutes", "0.05", "--url", exchange.url]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=LONGEST_SECS)
    assert done.returncode == 0, done.stdout + done.stderr
    head, row, machine = done.stdout.splitlines()
    assert head.split()[:3] == ["minute", "heap", "kB"]
    number, *figures = (int(figure.replace(",", "")) for figure in row.split())
    assert number == 1
    assert len(figures) == 7
    assert all(figure > 0 for figure in figures[:5])
    assert machine.endswith(tuple("0123456789"))
