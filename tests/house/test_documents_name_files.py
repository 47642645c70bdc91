"""The documents name files and folders that exist, and names that are in the file they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.source import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TOP = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
#: A path within the repository, in backticks: its first folder is one of ours.
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*)`")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)")
#: "`NAME` in `path/file.py`", and the like.
NAMED_IN = re.compile(r"`(\w+)`(?:\s+\w+)?\s+(?:in|of|to|from)\s+`((?:\w+/)+\w+\.py)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_and_links_exist(document: Path) -> None:
    text = document.read_text()
    named = {path for path in PATH.findall(text) if path.split("/")[0] in TOP}
    linked = {link for link in LINK.findall(text) if not link.startswith("/")}
    missing = {path for path in named if not (ROOT / path).exists() and not _is_made(path)}
    missing |= {link for link in linked if not (document.parent / link).exists()}
    assert missing == set()


def _is_made(path: str) -> bool:
    """Say whether the path is one that a command makes."""
    return path.startswith(("static/vendor/", "tests/browser/results"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_names_are_in_the_file_they_say(document: Path) -> None:
    pairs = NAMED_IN.findall(document.read_text())
    absent = {f"{name} in {path}" for name, path in pairs if name not in (ROOT / path).read_text()}
    assert absent == set()


def test_contributing_names_enough_to_be_tested() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert len(NAMED_IN.findall(text)) >= 7
    assert len(PATH.findall(text)) >= 40
