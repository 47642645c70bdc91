"""Static files have names that browsers keep for ever: collected once, whole, compressed, and referenced by these."""

from __future__ import annotations

import gzip
import os
import re
from contextlib import closing
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from core.web.static_files import collect_static_files

IMPORT = re.compile(r"""(?:from|import)\s*\(?["'](\.[^"']+)["']""")
STATIC_LINK = re.compile(r"""(?:href|src)="(/static/[^"#]+)""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")


@pytest.fixture
def root(settings: Settings, tmp_path: Path) -> Path:
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "core.web.static_files.HashedStaticFiles"}}
    settings.WHITENOISE_USE_FINDERS = False
    settings.STATIC_ROOT = tmp_path / "collected"
    return tmp_path / "collected"


def _read(reply: HttpResponse) -> bytes:
    with closing(reply):
        return b"".join(reply)


@pytest.mark.django_db
def test_pages_refer_to_files_that_are_kept_for_ever(root: Path, markets: None) -> None:
    assert collect_static_files() is True
    browser = Client(headers={"Accept-Encoding": "gzip"})
    links = set(STATIC_LINK.findall(gzip.decompress(browser.get("/biome-market/").content).decode()))

    assert len(links) > 8
    for link in links:
        reply = browser.get(link)
        _read(reply)
        assert reply.status_code == 200, link
        assert "immutable" in reply["Cache-Control"], link
        # What is very short gains nothing.
        if int(reply["Content-Length"]) > 2000 and not link.endswith(".png"):
            assert reply["Content-Encoding"] == "gzip", link
    _assert_modules_refer_to_kept_files(root)
    assert collect_static_files() is False


def _assert_modules_refer_to_kept_files(root: Path) -> None:
    scripts = list((root / "js").glob("*.js"))
    imported = {(script, name) for script in scripts for name in IMPORT.findall(script.read_text())}

    assert len(imported) > 5
    for script, name in imported:
        assert HASHED.search(name), (script, name)
        assert (script.parent / name).exists(), (script, name)


def test_our_own_come_without_what_is_for_those_who_read_the_source(root: Path) -> None:
    collect_static_files()

    for name in ("js/clock.js", "js/order_ticket.js", "css/site.css", "css/order_ticket.css"):
        source, kept = _both(root, name)
        assert re.search(r"^\s*//|/\*", source, re.MULTILINE), name
        assert not re.search(r"^\s*//|/\*|\n\s", kept, re.MULTILINE), name
    source, kept = _both(root, "django_htmx/htmx-2.min.js")
    assert source == kept


def _both(root: Path, name: str) -> tuple[str, str]:
    """Return a file as it lies and as it was gathered."""
    source, place = finders.find(name), Path(name)
    assert isinstance(source, str)
    [kept] = root.glob(f"{place.parent}/{place.stem}.*{place.suffix}")
    return Path(source).read_text(), kept.read_text()


def test_they_are_gathered_again_when_one_has_changed(root: Path, settings: Settings, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.css").write_text("a {}")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    assert (collect_static_files(), collect_static_files()) == (True, False)
    os.utime(source / "a.css", (0, 0))
    assert (collect_static_files(), collect_static_files()) == (True, False)
    (source / "b.css").write_text("b {}")
    assert (collect_static_files(), collect_static_files()) == (True, False)

    assert len(list(root.glob("b.*.css"))) == 1
    assert not (root / "b.css").exists()


def test_an_image_that_nobody_may_write_to_has_them(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root.mkdir()
    (root / "staticfiles.json").write_text("{}")
    monkeypatch.setattr(os, "access", lambda path, mode: (Path(path), mode) != (root, os.W_OK))

    assert collect_static_files() is False
    assert [path.name for path in root.iterdir()] == ["staticfiles.json"]
