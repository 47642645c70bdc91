"""On a full disk, no metric ends a process, the cause is reported, and log lines do not pile up."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.observability import shared_values
from core.observability.logs import RepeatLimit
from core.observability.shared_values import ReservedDict
from embedded.places import CHECKOUT
from markets.redistribution.cycle import run_cycle
from operations.doctor.exchange import look_at_cycles
from operations.doctor.findings import Level
from operations.doctor.machine import look_at_disks
from operations.monitoring.exchange_state import StateCollector

MIB = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of one mebibyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root mounts a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, *, leave_bytes: int = 0) -> Path:
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            file.truncate(max(0, file.tell() - leave_bytes))
    return ballast


COUNTS_FOR_EVER = """
import sys
from core.observability import metrics
from prometheus_client import Counter
counter = Counter("many", "Many.", ["one"])
for number in range(3000):
    counter.labels("x" * 100 + str(number)).inc()
metrics.LOG_LINES.labels("ERROR").inc()
sys.stdout.write(f"alive {metrics.LOG_LINES.labels('ERROR')._value.get()}")
metrics.exposition()
"""


@pytest.mark.parametrize("leave_bytes", [0, 4096, 70_000, 300_000])
def test_no_metric_ends_a_process(small_disk: Path, leave_bytes: int) -> None:
    fill(small_disk, leave_bytes=leave_bytes)
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(small_disk / "metrics")}
    done = subprocess.run(
        [sys.executable, "-c", COUNTS_FOR_EVER], cwd=CHECKOUT, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "alive 1.0"), done.stderr


def test_counts_move_to_their_file_when_there_is_room(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_values, "AGAIN_SECS", 0.0)
    ballast = fill(small_disk)
    path = small_disk / "counter_1.db"
    counts = ReservedDict(str(path))
    counts.write_value("one", 3.0, 0.0)
    assert counts.read_value("one") == (3.0, 0.0)
    assert not path.exists()

    ballast.unlink()
    counts.write_value("one", 4.0, 0.0)
    assert [(key, value) for key, value, _, _ in ReservedDict.read_all_values_from_file(str(path))] == [("one", 4.0)]
    assert os.stat(path).st_blocks * 512 >= shared_values.FIRST_BYTES
    counts.close()


def test_a_file_that_cannot_grow_keeps_what_it_has(small_disk: Path) -> None:
    path = small_disk / "counter_1.db"
    counts = ReservedDict(str(path))
    fill(small_disk)
    keys = [f"{number:0200}" for number in range(1000)]
    for key in keys:
        counts.write_value(key, 1.0, 0.0)
    assert all(counts.read_value(key) == (1.0, 0.0) for key in keys)
    kept = list(ReservedDict.read_all_values_from_file(str(path)))
    assert 200 < len(kept) < 1000
    counts.close()


@pytest.mark.django_db
@pytest.mark.usefixtures("markets")
def test_it_is_named_where_one_looks(settings: Any, client: Client) -> None:
    run_cycle(number=1, now=timezone.now().replace(year=2020), announce=False)
    settings.DISK_PATHS = ["/"]
    settings.DISK_FULL_BYTES = 2**62
    reply = client.get("/readyz")
    assert reply.status_code == 503
    assert reply.json()["problem"].startswith("The disk is full: / has ")
    assert "beat up?" not in reply.json()["problem"]
    assert look_at_disks().level == Level.FAILED
    assert look_at_disks().words.startswith("The disk is full: / has ")
    assert "beat up?" not in look_at_cycles().words
    names = {family.name for family in StateCollector().collect()}
    assert "exchange_disk_free_bytes" in names


def test_an_exchange_does_not_start_on_a_full_disk(small_disk: Path) -> None:
    named = {"DATABASE_URL", "REDIS_URL", "REDIS_PREFIX", "MAKELEVEL"}
    environment = {name: value for name, value in os.environ.items() if name not in named}
    environment |= {"EXCHANGE_STATE_DIR": str(small_disk / "state"), "WEB_PORT": "0"}
    environment |= {"WEB_PORT": "18123", "STREAM_PORT": "18124"}
    done = subprocess.run(
        [sys.executable, "-m", "embedded.run"], cwd=CHECKOUT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"The disk of {small_disk / 'state'} is full: 1.0 MB are free, ")
    assert len(done.stderr.splitlines()) == 1


def test_the_same_line_is_written_so_often_a_minute() -> None:
    limit = RepeatLimit(at_most=3)
    lines = [_line(created=1000.0 + number) for number in range(50)]
    assert [limit.filter(line) for line in lines] == [True] * 3 + [False] * 47
    assert limit.filter(_line(created=1001.0, lineno=8))
    later = _line(created=1060.0)
    assert limit.filter(later)
    assert later.told == {"left_out_before": 47}
    assert all(limit.filter(_line(created=1000.0, level=logging.INFO)) for _ in range(50))


def _line(*, created: float, lineno: int = 7, level: int = logging.ERROR) -> Any:
    line = logging.LogRecord("story", level, "file.py", lineno, "no space for %s", ("x",), None)
    line.created = created
    return line
