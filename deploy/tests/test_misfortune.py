"""The rehearsal of misfortunes, shortened to seconds: each is named in the report, and the exchange goes on."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from deploy.rehearsals import misfortune


def test_everything_is_named_and_goes_on(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(sys, "argv", ["misfortune", "--seconds", "1"])
    exit_code = misfortune.main()
    said = capsys.readouterr().out
    assert exit_code == 0, said
    assert "FAILED" not in said
    assert "Redis at its memory limit: /readyz" in said
