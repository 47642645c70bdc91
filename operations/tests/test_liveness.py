"""Celery's workers show by a file that their own timer runs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from config.celery import app
from operations.jobs.liveness import TOUCH_SECS, AliveWorker, touch


def test_a_worker_touches_the_file_at_once_and_then_by_its_timer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sign, called = tmp_path / "alive", []
    monkeypatch.setenv("ALIVE_FILE", str(sign))
    worker: Any = SimpleNamespace(timer=SimpleNamespace(call_repeatedly=lambda secs, act: called.append((secs, act))))

    AliveWorker(worker).start(worker)

    assert sign.exists()
    assert called == [(TOUCH_SECS, touch)]


def test_every_worker_has_it():
    assert AliveWorker in app.steps["worker"]


def test_without_a_name_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("ALIVE_FILE", raising=False)
    monkeypatch.chdir(tmp_path)

    touch()

    assert not list(tmp_path.iterdir())
