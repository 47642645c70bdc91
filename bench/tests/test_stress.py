"""The stress test runs two seconds with two workers."""

from __future__ import annotations

from bench.tests.conftest import RunProgram


def test_all_is_dealt_in_and_every_invariant_holds(run_program: RunProgram) -> None:
    # Its world is smaller than the tests': migrations make it by the settings.
    said = run_program("bench.stress", "--workers", "2", "--secs", "2", is_copy=False)
    assert "2 workers dealt for 2 s" in said
    assert said.endswith("Nothing went wrong.\n")
