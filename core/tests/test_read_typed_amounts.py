"""Amounts as people type them are read alike by forms (Python) and pages (JavaScript): one table for both."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from core.typed_amounts import UnreadableAmount, read_amount

HERE = Path(__file__).parent
TABLE = json.loads((HERE / "typed_amounts.json").read_text())
REFUSED = [("ambiguous_amount", *row) for row in TABLE["ambiguous"]] + [("invalid", *row) for row in TABLE["refused"]]


@pytest.mark.parametrize(("typed", "amount"), TABLE["read"])
def test_what_is_an_amount_is_read(typed: str, amount: str) -> None:
    assert f"{read_amount(typed):f}" == amount


@pytest.mark.parametrize(("code", "typed", "message"), REFUSED)
def test_what_is_none_or_could_be_two_is_refused(code: str, typed: str, message: str) -> None:
    with pytest.raises(UnreadableAmount) as refusal:
        read_amount(typed)

    assert (refusal.value.code, str(refusal.value)) == (code, message)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_pages_read_the_same() -> None:
    run = subprocess.run(["node", "--test", str(HERE / "amounts.test.js")], capture_output=True, text=True, timeout=60)

    assert run.returncode == 0, run.stdout
