import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection

from core.database.throwaway import throwaway_database
from markets import events
from markets.economic_settings import settings_version
from markets.models import Cycle, Market
from markets.redistribution import cycle
from operations.management.commands import replay_attention
from operations.simulation import replay as replay_module

SMALL = Path(__file__).parent / "data" / "small_tape.csv"
BIOMES = ["ocean", "beach", "plains", "forest", "desert", "mountain", "snow"]
OPENING = 100_000_000_000_000

# The small tape by hand, in canonical order.
SMALL_POINTS = [
    [3, 1, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 7],
    [2, 0, 0, 12, 5, 5, 1],
    [0, 0, 0, 0, 0, 0, 0],
    [9, 8, 7, 6, 5, 4, 3],
    [0, 0, 3, 0, 0, 0, 1_000_000_007],
    [1, 0, 0, 0, 2, 0, 0],
    [0, 0, 0, 0, 0, 0, 1],
]


@pytest.fixture(autouse=True)
def copied_database(monkeypatch, migrated_template):
    """Start replays from a copy of a migrated database. A replay in a process of its own migrates, as in use."""
    monkeypatch.setattr(replay_module, "throwaway_database", partial(throwaway_database, template=migrated_template))


@pytest.fixture(autouse=True)
def own_memory(db):
    """Clear the process's caches before and after: a replay fills them from a database of its own."""
    settings_version.cache_clear()
    yield
    settings_version.cache_clear()
    ContentType.objects.clear_cache()


def replay(*args):
    out = StringIO()
    call_command("replay_attention", *map(str, args), stdout=out)
    return out.getvalue()


def split(amount, weights):
    """Split an amount by the economics' "largest remainder": floors, then a unit each to the largest remainders,
    ties in order.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * 7
    shares = [divmod(amount * weight, whole) for weight in weights]
    left = amount - sum(floor for floor, _ in shares)
    lucky = sorted(range(7), key=lambda i: (-shares[i][1], i))[:left]
    return [floor + (i in lucky) for i, (floor, _) in enumerate(shares)]


def cycle_by_hand(cash, points):
    """Compute the economics' cycle, steps 1 to 3, with the default settings: pool 2,500 bps, move 500 bps, floor 1
    BDT.
    """
    if sum(points) == 0:
        return cash
    pool = [c * 2_500 // 10_000 for c in cash]
    part = split(sum(pool), points)
    target = [cash[i] - pool[i] + part[i] for i in range(7)]
    cap = [c * 500 // 10_000 for c in cash]
    floor = 1_000_000 * 1_000_000
    up = [min(max(target[i] - cash[i], 0), cap[i]) for i in range(7)]
    down = [min(max(cash[i] - target[i], 0), cap[i], max(cash[i] - floor, 0)) for i in range(7)]
    matched = min(sum(up), sum(down))
    gain, loss = split(matched, up), split(matched, down)
    return [cash[i] + gain[i] - loss[i] for i in range(7)]


def cash_by_hand(cycles):
    cash = [OPENING] * 7
    for points in SMALL_POINTS[:cycles]:
        cash = cycle_by_hand(cash, points)
    return dict(zip(BIOMES, cash, strict=True))


@pytest.mark.parametrize(("args", "cycles"), [([], 8), (["--cycles", 3], 3)])
def test_the_markets_end_where_the_economics_say(args, cycles):
    report = json.loads(replay(SMALL, "--json", *args))
    rate = report.pop("cycles_per_second")
    assert rate > 0
    assert report == {
        "cycles": cycles,
        "cash": cash_by_hand(cycles),
        "total": 7 * OPENING,
        "issued": 7 * OPENING,
        "conserved": True,
    }
    assert list(report["cash"]) == BIOMES


def test_without_json_there_is_a_table():
    lines = replay(SMALL, "--cycles", 1000).splitlines()
    assert lines[0].startswith("8 cycles, ")
    ocean = Decimal(cash_by_hand(8)["ocean"]) / 10**6
    assert lines[1].split() == ["ocean", f"{ocean:,.6f}", "BDT"]
    assert lines[-3].split() == ["total", "700,000,000.000000", "BDT"]
    assert lines[-1] == "conserved"


def test_the_exchange_itself_hears_nothing_of_it(monkeypatch):
    announced = []
    monkeypatch.setattr(events, "announce_cycle", lambda **cycle: announced.append(cycle))
    replay(SMALL, "--json", "--cycles", 1)
    assert announced == []
    assert not Cycle.objects.exists()
    assert not Market.objects.exists()


def test_one_lost_unit_is_found_even_when_it_comes_back(monkeypatch):
    honest, leaks = cycle.redistribute_cash, iter([1, -1])

    def leaking(**inputs):
        first, *others = honest(**inputs)
        return [first + next(leaks), *others]

    monkeypatch.setattr(cycle, "redistribute_cash", leaking)
    out = StringIO()
    with pytest.raises(CommandError, match="money was not conserved") as error:
        call_command("replay_attention", str(SMALL), "--json", "--cycles", "2", stdout=out)
    assert error.value.returncode == 1
    report = json.loads(out.getvalue())
    assert (report["conserved"], report["total"]) == (False, report["issued"])


class TestRefusals:
    @pytest.fixture(autouse=True)
    def nothing_runs(self, monkeypatch):
        monkeypatch.setattr(replay_attention, "replay_tape", lambda periods: pytest.fail("it ran"))

    def test_a_bad_line_is_named(self, tmp_path):
        tape = tmp_path / "tape.csv"
        tape.write_text("month,biome,visits\nx,snow,1\nx,swamp,1\n")
        with pytest.raises(CommandError, match=r"tape\.csv: line 3: no biome is called 'swamp'") as error:
            replay(tape, "--json")
        assert error.value.returncode == 1

    def test_a_bad_line_beyond_the_cycles_asked_for_too(self, tmp_path):
        tape = tmp_path / "tape.csv"
        tape.write_text("month,biome,visits\nx,snow,1\ny,snow,-1\n")
        with pytest.raises(CommandError, match="line 3: the count is negative"):
            replay(tape, "--cycles", 1)

    @pytest.mark.parametrize(("name", "message"), [("nowhere", "No such file"), ("", "Is a directory")])
    def test_a_file_that_cannot_be_read(self, tmp_path, name, message):
        with pytest.raises(CommandError, match=message):
            replay(tmp_path / name)

    @pytest.mark.parametrize("cycles", [0, -1])
    def test_less_than_one_cycle(self, cycles):
        with pytest.raises(CommandError, match="--cycles needs at least 1"):
            replay(SMALL, f"--cycles={cycles}")


def query(sql, *args):
    with connection.cursor() as cursor:
        cursor.execute(sql, args)
        return cursor.fetchone()


def wait_for(condition):
    deadline = time.monotonic() + 300
    while not (met := condition()):
        assert time.monotonic() < deadline, "waited too long"
    return met


@pytest.mark.django_db(transaction=True)  # Inside a transaction the server would show the same clients again and again.
def test_an_ended_replay_leaves_no_database(tmp_path):
    tape = tmp_path / "tape.csv"
    tape.write_text("n,biome,n\n" + "".join(f"{period},snow,1\n" for period in range(50_000)))
    # By its name among the server's clients we find the database that it made.
    client = f"replay-test-{os.getpid()}"
    running = "SELECT datname FROM pg_stat_activity WHERE application_name = %s AND query LIKE %s"
    with subprocess.Popen(
        [sys.executable, "manage.py", "replay_attention", tape, "--json"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"PGAPPNAME": client},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            (name,) = wait_for(lambda: query(running, client, "%INSERT INTO markets_cycle (number%"))
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=300)
        finally:
            process.kill()
    assert name.startswith("replay_")
    assert (process.returncode, out) == (128 + signal.SIGTERM, b"")
    assert query("SELECT count(*) FROM pg_database WHERE datname = %s", name) == (0,)
