"""The rehearsals under load pass or fail on given figures."""

from __future__ import annotations

import subprocess
import sys
from typing import Any, cast

import pytest

from deploy.rehearsals.load import demand_bounds
from deploy.rehearsals.restart import demand_clean, demand_recovery
from deploy.rehearsals.under_load import UnderLoad, Window
from deploy.rehearsals.upgrade import demand_unnoticed
from deploy.rehearsals.verdict import Verdict
from embedded.places import CHECKOUT

AWAY = Window("postgres", 100.0, 105.0)


def told(**changes: Any) -> dict[str, Any]:
    """Return the figures of a load in which nothing went wrong."""
    row = {"p95_ms": 20.0, "p99_ms": 40.0}
    sockets = {"ticks_lost": 0, "doubles": 0, "open": 10, "asked": 10, "shutdowns": 10, "longest_silence_ms": 900.0}
    whole: dict[str, Any] = {
        "kinds": {"api": row, "tick": row},
        "codes": {},
        "failures": [],
        "trades_per_sec": 50.0,
        "trades_unanswered": 0,
    }
    sockets |= changes.pop("sockets", {})
    return whole | {"sockets": sockets} | changes


def failure(*, at_secs: float = 101.0, code: str = "503 service_unavailable", took_ms: float = 5.0) -> dict[str, Any]:
    return {"kind": "buy", "code": code, "at_secs": at_secs, "took_ms": took_ms}


class PastLoad:
    """A recorded load whose active seconds are known."""

    def __init__(self, *, seconds: list[float], failures: list[dict[str, Any]]) -> None:
        self._seconds, self._failures = seconds, failures

    def told(self) -> dict[str, Any]:
        return told(failures=self._failures)

    def seconds_of(self, kind: str) -> list[float]:
        return self._seconds


@pytest.mark.parametrize(
    ("changes", "exit_code"),
    [
        ({}, 0),
        ({"failures": [failure()]}, 1),
        ({"trades_per_sec": 49.0}, 1),
        ({"kinds": {"api": {"p95_ms": 50.0}, "tick": {"p99_ms": 99.9}}}, 1),
        ({"kinds": {"api": {"p95_ms": 49.9}, "tick": {"p99_ms": 100.0}}}, 1),
        ({"sockets": {"ticks_lost": 1}}, 1),
        ({"sockets": {"open": 9}}, 1),
    ],
)
def test_a_load_has_its_bounds(changes: dict[str, Any], exit_code: int) -> None:
    verdict = Verdict()
    demand_bounds(verdict, told(**changes), trades=50.0)
    assert verdict.exit_code == exit_code


@pytest.mark.parametrize(
    ("changes", "exit_code"),
    [
        ({}, 0),
        ({"failures": [failure()]}, 1),
        ({"sockets": {"longest_silence_ms": 2000.0}}, 1),
        ({"sockets": {"shutdowns": 9}}, 1),
        ({"trades_unanswered": 1}, 1),
    ],
)
def test_an_upgrade_is_noticed_by_nobody(changes: dict[str, Any], exit_code: int) -> None:
    verdict = Verdict()
    demand_unnoticed(verdict, told(**changes))
    assert verdict.exit_code == exit_code


@pytest.mark.parametrize(
    ("failures", "exit_code"),
    [
        ([failure(at_secs=100.0), failure(at_secs=114.9)], 0),
        ([failure(at_secs=99.9)], 1),
        ([failure(at_secs=115.1)], 1),
        ([failure(code="502 without_code")], 1),
        ([failure(code="503 service_unavailable without Retry-After")], 1),
        ([failure(took_ms=8000.0)], 1),
    ],
)
def test_errors_are_clean_and_only_while_something_is_away(failures: list[dict[str, Any]], exit_code: int) -> None:
    verdict = Verdict()
    demand_clean(verdict, told(failures=failures), [AWAY])
    assert verdict.exit_code == exit_code


@pytest.mark.parametrize(
    ("seconds", "failures", "exit_code"),
    [
        ([98.0, 106.0, 107.0], [failure()], 0),
        ([98.0, 116.0], [failure()], 1),
        ([98.0, 106.0, 120.0], [failure()], 1),
        ([98.0], [failure()], 1),
        ([98.0, 106.0, 107.0], [failure(at_secs=115.1)], 1),
    ],
)
def test_everything_goes_on_soon(seconds: list[float], failures: list[dict[str, Any]], exit_code: int) -> None:
    verdict = Verdict()
    demand_recovery(verdict, cast(UnderLoad, PastLoad(seconds=seconds, failures=failures)), AWAY)
    assert verdict.exit_code == exit_code


def test_the_rehearsals_are_listed() -> None:
    done = subprocess.run([sys.executable, "-m", "deploy.rehearsals"], cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "  upgrade    A new version, with a migration" in done.stderr
    assert "verdict" not in done.stderr
