"""Forms (Python) and pages (tests/js/amounts.test.js) read amounts as people type them alike: one table for both."""

from __future__ import annotations

import json

import pytest

from core.typed_amounts import UnreadableAmount, read_amount
from tests.node import CASES

TABLE = json.loads((CASES / "typed_amounts.json").read_text())
REFUSED = [("ambiguous_amount", *row) for row in TABLE["ambiguous"]] + [("invalid", *row) for row in TABLE["refused"]]


@pytest.mark.parametrize(("typed", "amount"), TABLE["read"])
def test_what_is_an_amount_is_read(typed: str, amount: str) -> None:
    assert f"{read_amount(typed):f}" == amount


@pytest.mark.parametrize(("code", "typed", "message"), REFUSED)
def test_what_is_none_or_could_be_two_is_refused(code: str, typed: str, message: str) -> None:
    with pytest.raises(UnreadableAmount) as refusal:
        read_amount(typed)

    assert (refusal.value.code, str(refusal.value)) == (code, message)
