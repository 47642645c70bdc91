"""The version that a rehearsed upgrade starts from: which tag it is, its code, and what its requirements lack here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deploy.loopback import CannotRun
from deploy.rehearsals import version_before
from deploy.rehearsals.upgrade import version_before as begin_with
from deploy.rehearsals.version_before import code_of, release_before, unmet
from embedded.places import CHECKOUT


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Make a repository of three commits, the first two with a tag each, and one elsewhere that is no ancestor."""
    folder = tmp_path / "history"
    folder.mkdir()
    git(folder, "init", "--initial-branch=main")
    for tag in ("v1", "v2", "v3"):
        (folder / "version").write_text(tag)
        (folder / "requirements.txt").write_text("Django==1.0\n")
        git(folder, "add", ".")
        git(folder, "commit", "--message", tag)
        if tag != "v3":
            git(folder, "tag", tag)
    git(folder, "checkout", "-b", "elsewhere")
    git(folder, "commit", "--allow-empty", "--message", "elsewhere")
    git(folder, "tag", "v9")
    git(folder, "checkout", "main")
    return folder


def test_the_newest_release_before_head(history: Path) -> None:
    assert release_before(history) == "v2"
    git(history, "checkout", "v2")
    assert release_before(history) == "v1"
    git(history, "checkout", "v1")
    assert release_before(history) is None


def test_the_newest_release_where_no_tags_came_along(history: Path) -> None:
    git(history, "tag", "--delete", "v1", "v2", "v9")
    assert release_before(history) is None
    git(history, "commit", "--allow-empty", "--message", "Release 1.2.0")
    assert release_before(history) is None
    released = subprocess.run(["git", "rev-parse", "HEAD"], cwd=history, capture_output=True, text=True).stdout
    git(history, "commit", "--allow-empty", "--message", "Go on")
    found = release_before(history)
    assert found is not None
    assert released.startswith(found)


def test_without_git_it_begins_with_its_own_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert release_before(tmp_path) is None
    monkeypatch.setenv("PATH", "/nonexistent")
    assert release_before(tmp_path) is None
    with begin_with(None) as old:
        assert old == CHECKOUT
    assert "no tag before this version" in capsys.readouterr().out


def test_its_code_and_what_it_lacks(
    history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(version_before, "add_vendored", lambda checkout: None)
    old = code_of("v1", tmp_path, checkout=history)
    assert (old / "version").read_text() == "v1"
    assert "v1 asks for Django 1.0, and is run with " in capsys.readouterr().out


def test_a_tag_that_is_none(history: Path, tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="There is no version v8"):
        code_of("v8", tmp_path, checkout=history)


def test_requirements_that_are_met_are_not_told(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# Of the site\npytest==0.1\nno-such-thing==3\npytest-django>=1\n")
    assert [line.partition(",")[0] for line in unmet(requirements)] == ["pytest 0.1", "no-such-thing 3"]
