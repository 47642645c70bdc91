"""Every benchmark runs and reports its figures, in seconds and with values that mean nothing."""

from __future__ import annotations

import json

import pytest

from bench.__main__ import NAMES
from bench.report import commit
from bench.tests.conftest import RunProgram


def test_the_benchmarks_are_listed() -> None:
    assert NAMES == [
        "attention",
        "cycle",
        "fanout",
        "growth",
        "history",
        "http_read",
        "http_trade",
        "one_market",
        "resume",
        "sign_in",
        "trade",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs(run_program: RunProgram, name: str) -> None:
    report = json.loads(run_program("bench", name, "--small", "--rounds", "1", "--json"))
    assert report["name"] == name
    assert report["commit"] == commit()
    assert report["figures"]
    assert all(figure["values"] for figure in report["figures"])
    notes = " ".join(report["notes"])
    if name == "attention":
        assert ": 0 lost" in notes
    if name == "growth":
        assert "check_ledger: all invariants hold" in notes


def test_benchmarks_are_compared_with_another_commit(run_program: RunProgram) -> None:
    first, *rows = run_program("bench.against", "HEAD", "trade", "--small", "--turns", "1").splitlines()
    assert first == "HEAD beside this checkout, 1 turns; above 1 is better than before"
    assert [row.split(":")[0].strip() for row in rows] == ["startup"] * 4 + ["trade"] * 3
    before, now, unit, ratio = rows[4].removeprefix("  trade: buy_shares").split()[:4]
    assert unit == "buys/s"
    assert float(ratio) == pytest.approx(float(now.replace(",", "")) / float(before.replace(",", "")), abs=0.02)
