"""The import contracts of pyproject.toml hold, and catch what they are for."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from tests.house.source import ROOT, modules, packages

LINT = Path(sys.executable).with_name("lint-imports")
#: An import that each package must not have, and the contract that says so: of functions, as those are missed easily.
WRONG = {
    "core/csv_cells.py": ("accounts.models", "The kernel and the embedded services know no app"),
    "streams/frames.py": ("markets.payloads", "The house"),
    "markets/curve.py": ("django.db.models", "Pure modules"),
    "markets/payloads.py": ("markets.redistribution.cycle", "Markets, from the entry points down"),
    "trading/ledger/posting.py": ("trading.statements.history", "Trading, from the entry points down"),
    "marketplace/selectors.py": ("marketplace.sales.purchases", "Marketplace, from the entry points down"),
    "marketplace/payloads.py": ("accounts.api", "Entry points are imported by addresses alone"),
    "analytics/equity/history.py": ("operations.health", "The house"),
}


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy of the source with all of the wrong imports."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for module in modules():
        (copy / module.path).parent.mkdir(parents=True, exist_ok=True)
        wrong = f"\n\ndef wrong():\n    import {WRONG[module.path][0]}\n" if module.path in WRONG else ""
        (copy / module.path).write_text(module.text + wrong)
    done = subprocess.run([LINT, "--no-cache"], cwd=copy, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("path", WRONG)
def test_a_wrong_import_is_caught(path: str, complaints: str) -> None:
    imported, contract = WRONG[path]
    importer = path.removesuffix(".py").replace("/", ".")
    imported = "django" if imported.startswith("django") else imported
    # One chapter for each broken contract, under its name and a line of dashes.
    chapters = complaints.split("Broken contracts")[1].split("\n---")
    [chapter] = [text for before, text in pairwise(chapters) if contract in before[-90:]]
    assert f"{importer} -> {imported}" in chapter or f"{importer} (l." in chapter


def test_the_source_keeps_them_all() -> None:
    done = subprocess.run([LINT, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_order_names_every_package() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    [house] = [contract for contract in linter["contracts"] if contract["name"].startswith("The house")]
    ordered = {package for layer in house["layers"] for package in layer.split(" | ")}
    assert sorted(ordered) == sorted(linter["root_packages"]) == packages()


def test_exceptions_are_few() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    ignored = {line for contract in linter["contracts"] for line in contract.get("ignore_imports", [])}
    assert len(ignored - {"*.tests.** -> **"}) <= 4


def test_pure_modules_run_without_django() -> None:
    """Also those whose types name models: nothing of Django is loaded when they are."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    [pure] = [contract for contract in linter["contracts"] if contract["name"].startswith("Pure")]
    assert "trading.pricing" in pure["source_modules"]
    names = {*pure["source_modules"], "trading.pricing.quotes", "trading.pricing.sizing"}
    code = f"import sys, {', '.join(sorted(names))}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & set(pure["forbidden_modules"])
