"""The image has every file that its processes need, and no tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from tests.house.image import image_files
from tests.house.source import ROOT, packages

#: A dotted name of this repository's modules, in settings, Procfile or the compose file.
DOTTED = re.compile(rf"\b(?:{'|'.join(packages())})(?:\.\w+)+")


@cache
def shipped() -> frozenset[str]:
    return frozenset(image_files(ROOT))


def module_of(dotted: str) -> str | None:
    """Return the file of a module, or of the module that a dotted name begins with; None where there is none."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        path = "/".join(parts[:length])
        for file in (f"{path}.py", f"{path}/__init__.py"):
            if (ROOT / file).is_file():
                return file
    return None


def test_installed_apps_are_in_it() -> None:
    own = [app for app in settings.INSTALLED_APPS if app.split(".")[0] in packages()]
    assert {"core", "streams", "markets", "trading", "marketplace", "analytics", "operations"} <= set(own)
    assert {app: module_of(app) for app in own if module_of(app) not in shipped()} == {}


@pytest.mark.parametrize("file", ["Procfile", "docker-compose.yml", "Dockerfile", "config/settings"])
def test_modules_named_by_deployment_and_settings_are_in_it(file: str) -> None:
    path = ROOT / file
    text = "\n".join(each.read_text() for each in path.glob("*.py")) if path.is_dir() else path.read_text()
    named = set(DOTTED.findall(text))
    assert named
    assert {name: module_of(name) for name in named if module_of(name) not in shipped()} == {}


def test_files_that_containers_start_are_in_it() -> None:
    assert {"manage.py", "Procfile", "deploy/process", "deploy/healthcheck.py", "requirements.txt"} <= shipped()


def test_what_the_images_files_import_is_in_it() -> None:
    """Imports inside functions too: they fail at the worst time."""
    missing = {
        f"{path} -> {imported}"
        for path in shipped()
        if path.endswith(".py")
        for imported in _imported_by(ROOT / path)
        if imported.split(".")[0] in packages() and module_of(imported) not in shipped()
    }
    assert missing == set()


def _imported_by(file: Path) -> Iterator[str]:
    text = file.read_text()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_package_that_an_app_has_is_in_it_whole() -> None:
    """A new folder of an app comes with it; templates and static files too."""
    for package in ("accounts", "core", "markets", "streams", "trading", "marketplace", "analytics", "operations"):
        own = {path.relative_to(ROOT).as_posix() for path in (ROOT / package).rglob("*.py")}
        assert {path for path in own - shipped() if "/tests/" not in path} == set()
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "templates").rglob("*.html")} <= shipped()


def test_no_tests_and_no_tools_of_developers_are_in_it() -> None:
    unwanted = re.compile(
        r"(^|/)(tests|bench|rehearsals|loopback|docs|__pycache__)/|(^|/)(conftest\.py|test_[^/]*\.py)$"
    )
    assert [path for path in sorted(shipped()) if unwanted.search(path)] == []
    assert {path for path in shipped() if path.startswith((".env", ".local", ".venv", ".git"))} == set()


@pytest.mark.parametrize(
    ("ignore", "taken"),
    [
        ("*\n!app", {"app/a.py", "app/sub/tests/t.py", "app/tests/t.py"}),
        ("*\n!app\n**/tests", {"app/a.py"}),
        ("*\n!app\n*/tests", {"app/a.py", "app/sub/tests/t.py"}),
        ("app/*.py", {"app/sub/tests/t.py", "app/tests/t.py", "other.txt", ".dockerignore"}),
        ("# all\n*\n!other.txt\n!app/tests", {"other.txt", "app/tests/t.py"}),
    ],
)
def test_the_list_is_made_as_docker_makes_it(ignore: str, taken: set[str], tmp_path: Path) -> None:
    for file in ("app/a.py", "app/tests/t.py", "app/sub/tests/t.py", "other.txt"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    (tmp_path / ".dockerignore").write_text(ignore)
    assert image_files(tmp_path) == taken
