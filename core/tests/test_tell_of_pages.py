"""Pages, previews, phones and crawlers get the right metadata, and every file named in them exists."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets")]

STATIC = Path(settings.BASE_DIR) / "static"


def _content_of(page: str, name: str) -> str:
    found = re.search(f'<meta (?:name|property)="{name}" content="([^"]*)"', page)
    assert found
    return found[1]


def _size(url: str) -> tuple[int, int]:
    """Return width and height of a PNG that a page names."""
    head = (STATIC / url.removeprefix("http://testserver").removeprefix("/static/")).read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def test_a_page_previews_as_itself(client: Client) -> None:
    page = client.get("/register/?next=/x").content.decode()

    assert "<title>Open an account · Biome Exchange</title>" in page
    assert _content_of(page, "og:title") == "Open an account · Biome Exchange"
    assert _content_of(page, "og:description") == _content_of(page, "description")
    assert _content_of(page, "og:url") == "http://testserver/register/"
    assert '<link rel="canonical" href="http://testserver/register/">' in page


@pytest.mark.parametrize("path", ["/", "/biome-market/", "/?a=b"])
def test_the_home_page_has_one_address(client: Client, path: str) -> None:
    assert '<link rel="canonical" href="http://testserver/biome-market/">' in client.get(path).content.decode()


def test_the_preview_has_a_picture(client: Client) -> None:
    page = client.get("/").content.decode()
    picture = _content_of(page, "og:image")

    assert _size(picture) == (1200, 630)
    assert (int(_content_of(page, "og:image:width")), int(_content_of(page, "og:image:height"))) == (1200, 630)
    assert (STATIC / "preview.png").stat().st_size < 300_000


def test_a_page_names_its_icons(client: Client) -> None:
    icons = re.findall(r'<link rel="(?:icon|apple-touch-icon)" href="([^"]*)"', client.get("/").content.decode())

    assert [_size(icon) for icon in icons if icon.endswith("png")] == [(32, 32), (180, 180)]
    [drawn] = [icon for icon in icons if icon.endswith("svg")]
    ElementTree.parse(STATIC / drawn.removeprefix("/static/"))


def test_the_manifest_is_whole(client: Client) -> None:
    reply = client.get("/site.webmanifest")
    manifest = json.loads(reply.content)

    assert reply["Content-Type"] == "application/manifest+json"
    assert (manifest["name"], manifest["start_url"]) == ("Biome Exchange", "/biome-market/")
    for icon in manifest["icons"]:
        if icon["type"] == "image/png":
            assert "x".join(map(str, _size(icon["src"]))) == icon["sizes"]
    assert [icon["sizes"] for icon in manifest["icons"] if icon.get("purpose") == "maskable"] == ["192x192", "512x512"]


def test_crawlers_are_told_what_to_leave_alone(client: Client) -> None:
    reply = client.get("/robots.txt")

    assert reply["Content-Type"] == "text/plain; charset=utf-8"
    assert reply.content.decode().splitlines()[:2] == ["User-agent: *", "Disallow: /admin/"]
    assert "max-age=86400" in reply["Cache-Control"]


def test_what_asks_without_reading_gets_the_icon(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"] == "/static/icons/icon-32.png"


@pytest.mark.parametrize(
    ("theme", "colours"),
    [("system", ["#ffffff", "#141c18"]), ("light", ["#ffffff"]), ("dark", ["#141c18"])],
)
def test_a_phones_bars_have_the_colour_of_the_theme(client: Client, theme: str, colours: list[str]) -> None:
    client.cookies["theme"] = theme

    assert re.findall('name="theme-color" content="([^"]*)"', client.get("/").content.decode()) == colours


@pytest.mark.parametrize("path", ["/register/", "/sign-in/", "/nothing"])
def test_what_nobody_searches_for_is_not_found(client: Client, path: str) -> None:
    assert '<meta name="robots" content="noindex">' in client.get(path).content.decode()
