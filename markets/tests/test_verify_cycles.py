"""Anybody can compute a cycle again: by the written rule, its vectors, and the verifier beside it."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from accounts.models import User
from attention.biomes import Biome
from markets.economic_settings import change_settings
from markets.redistribution.attention import track_attention
from markets.redistribution.cycle import run_cycle
from markets.redistribution.matched_flow import redistribute_cash

DOCS = Path(settings.BASE_DIR) / "docs"
[_BLOCK] = re.findall(r"```json\n(.*?)```", (DOCS / "cycles.md").read_text(), re.DOTALL)
VECTORS: list[dict[str, Any]] = json.loads(_BLOCK)
CYCLES = "/api/v1/biome-market/cycles"


@pytest.fixture
def verifier() -> Any:
    spec = importlib.util.spec_from_file_location("verify_cycle", DOCS / "verify_cycle.py")
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def history(markets: None, alice: User, now: datetime) -> None:
    """Run four cycles: without attention, with some, with other settings, and frozen."""
    half = timedelta(seconds=0.5)
    run_cycle(number=1, now=now, announce=False)
    track_attention(player_id=alice.pk, biome=Biome.SNOW, points=7)
    run_cycle(number=2, now=now + half, announce=False)
    change_settings(changed_by=None, reason="story", now=now, redistribution_pool_bps=3333, max_move_bps=777)
    track_attention(player_id=alice.pk, biome=Biome.OCEAN, points=3)
    track_attention(player_id=alice.pk, biome=Biome.FOREST, points=4)
    run_cycle(number=3, now=now + 2 * half, announce=False)
    change_settings(changed_by=None, reason="story", now=now, prices_frozen=True)
    track_attention(player_id=alice.pk, biome=Biome.OCEAN, points=3)
    run_cycle(number=4, now=now + 3 * half, announce=False)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_vectors_are_what_a_cycle_does(vector: dict[str, Any], verifier: Any) -> None:
    names = ("cash", "attention", "floors", "pool_bps", "move_bps")
    assert redistribute_cash(**{name: vector[name] for name in names}) == vector["after"]
    assert sum(vector["after"]) == sum(vector["cash"])


def test_the_verifier_is_short_and_needs_nothing(verifier: Any) -> None:
    source = (DOCS / "verify_cycle.py").read_text()
    [*_, lines] = (
        len([line for line in source.splitlines() if line.strip() and not line.startswith(("import", "from"))]),
    )
    assert lines <= 32
    assert set(re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE)) <= set(sys.stdlib_module_names)


@pytest.mark.django_db
def test_every_receipt_holds(history: None, verifier: Any) -> None:
    told = APIClient().get(CYCLES).json()["results"]
    assert [cycle["cycle"] for cycle in told] == [4, 3, 2, 1]
    assert [cycle["reason"] for cycle in told] == ["prices_frozen", "redistributed", "redistributed", "no_attention"]
    for cycle in told:
        after = [verifier.micro(market["cash_after"]) for market in cycle["markets"]]
        assert verifier.cash_after(cycle) == after
        assert APIClient().get(f"{CYCLES}/{cycle['cycle']}").json() == cycle
    told[2]["markets"][6]["attention_points"], told[2]["markets"][0]["attention_points"] = 0, 7
    assert verifier.cash_after(told[2]) != [verifier.micro(market["cash_after"]) for market in told[2]["markets"]]


@pytest.mark.django_db
def test_receipts_of_a_time_in_pages(history: None, now: datetime, assert_max_queries: Any) -> None:
    def numbers(**query: Any) -> list[int]:
        return [cycle["cycle"] for cycle in APIClient().get(CYCLES, query).json()["results"]]

    since, until = (now + timedelta(seconds=0.5)).isoformat(), (now + timedelta(seconds=1.5)).isoformat()
    assert (numbers(since=since), numbers(until=until)) == ([4, 3, 2], [3, 2, 1])
    assert numbers(since=since, until=until) == [3, 2]
    first = APIClient().get(CYCLES, {"limit": 3}).json()
    assert [cycle["cycle"] for cycle in APIClient().get(first["next"]).json()["results"]] == [1]
    assert APIClient().get(CYCLES, {"limit": 101}).status_code == 400
    with assert_max_queries(2):
        numbers()


@pytest.mark.django_db(transaction=True)
def test_the_verifier_asks_a_running_exchange(history: None, live_server: Any) -> None:
    told = [
        subprocess.run(
            [sys.executable, DOCS / "verify_cycle.py", live_server.url, *number],
            capture_output=True, text=True, check=True, timeout=60,
        ).stdout
        for number in ([], ["2"])
    ]  # fmt: skip
    assert told == ["4 holds\n3 holds\n2 holds\n1 holds\n", "2 holds\n"]
