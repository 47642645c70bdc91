"""Clients generated from the description compile without hand work, and trade."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from jsonschema.validators import validator_for

from core.web.rate_limits import FixedWindowThrottle
from operations.tests.attackers import Exchange
from operations.tests.attackers import exchange as exchange

SCHEMA = settings.BASE_DIR / "docs" / "openapi.yaml"
PARTS = Path(__file__).with_name("clients")
#: What the story does, newest first.
KINDS = "fixed_price biome_buy topup"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address(exchange: Exchange, live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Start an exchange that grants newcomers money, and return its address."""
    settings.STARTING_GRANT_BDT = 100_000
    settings.VERIFICATION_REQUIRED = False
    monkeypatch.setattr(FixedWindowThrottle, "allow_request", lambda *_: True)
    return str(live_server.url)


def run(*command: object, at: Path, **variables: str) -> str:
    """Return a program's output; it must succeed."""
    environment = {**os.environ, "NODE_USE_SYSTEM_CA": "1", **variables}
    done = subprocess.run([str(word) for word in command], cwd=at, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def fails(*command: object, at: Path) -> str:
    """Return a program's output; it must fail."""
    done = subprocess.run([str(word) for word in command], cwd=at, capture_output=True, text=True)
    assert done.returncode != 0
    return done.stdout + done.stderr


def test_python(address: str, tmp_path: Path) -> None:
    generate = [Path(sys.executable).with_name("openapi-python-client"), "generate", "--path", SCHEMA]
    run(*generate, "--meta", "none", "--config", PARTS / "python.yaml", "--output-path", "biome_client", at=tmp_path)
    shutil.copy(PARTS / "story.py", tmp_path)
    check = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "story.py"]
    run(*check, at=tmp_path)

    assert run(sys.executable, "story.py", address, "pythonista", at=tmp_path).split() == KINDS.split()

    story = tmp_path / "story.py"
    story.write_text(story.read_text().replace("worst_price=", "worst_prise="))
    assert 'Unexpected keyword argument "worst_prise"' in fails(*check, at=tmp_path)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the packages that npm installs from the lock file."""
    if shutil.which("npm") is None:
        pytest.skip("There is no npm.")
    at = tmp_path_factory.mktemp("typescript")
    for name in ("package.json", "package-lock.json", ".npmrc", "story.ts"):
        shutil.copy(PARTS / name, at)
    run("npm", "ci", "--ignore-scripts", "--loglevel=error", at=at)
    return at


def test_typescript(address: str, packages: Path) -> None:
    programs = packages / "node_modules" / ".bin"
    run(programs / "openapi-typescript", SCHEMA, "-o", "api.d.ts", at=packages)
    options = ["--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom"]
    compile_ = [programs / "tsc", *options, "story.ts"]
    run(*compile_, at=packages)

    assert run("node", "story.js", address, "typist", at=packages).split() == KINDS.split()

    story = packages / "story.ts"
    story.write_text(story.read_text().replace("worst_price:", "worst_prise:"))
    assert "worst_prise" in fails(*compile_, at=packages)


def test_the_streams_description_is_asyncapi(packages: Path) -> None:
    rules = json.loads((packages / "node_modules/@asyncapi/specs/schemas/3.0.0.json").read_text())
    document = yaml.load((settings.BASE_DIR / "docs" / "asyncapi.yaml").read_text(), yaml.CSafeLoader)
    assert [error.message for error in validator_for(rules)(rules).iter_errors(document)] == []
