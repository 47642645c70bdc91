"""Times on all pages are in the visitor's one zone, in UTC on hover, exact for programs, and never raw."""

from __future__ import annotations

import re
from html import unescape
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from attention.biomes import Biome
from core.web.rate_limits import FixedWindowThrottle
from marketplace.models import Listing
from markets.redistribution.cycle import run_cycle
from operations.tests.attackers import BDT, Exchange
from operations.tests.attackers import exchange as exchange
from trading.models import Transaction
from trading.orders.market_orders import buy_shares
from trading.wallets.wallets import transfer

pytestmark = pytest.mark.django_db

PAGES = (
    "/", "/biome-market/", "/biome-market/ocean/", "/portfolio/", "/transactions/", "/transactions/{transaction}/",
    "/transfer/", "/leaderboard/", "/map/", "/land/{land}/", "/marketplace/", "/marketplace/own/",
    "/marketplace/{listing}/", "/account/", "/account/tokens/", "/status", "/sign-in/", "/register/", "/nothing/",
)  # fmt: skip
RAW = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d|\d{4}-\d\d-\d\d \d\d:\d\d|\d\d:\d\d:\d\d\.\d|\+00:00")
UTC_TITLE = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4}, \d\d:\d\d:\d\d UTC")
UTC_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture
def addresses(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the addresses of all pages, with content on each."""
    monkeypatch.setattr(FixedWindowThrottle, "allow_request", lambda *_: True)
    now = timezone.now()
    run_cycle(number=1_000_000, now=now)
    buy_shares(operation=uuid4(), player_id=exchange.player.pk, biome=Biome.OCEAN, spend_micro=BDT, now=now)
    transfer(
        operation=uuid4(),
        player_id=exchange.player.pk,
        payee_id=exchange.other.pk,
        amount_micro=BDT,
        reason="",
        now=now,
    )
    listing = Listing.objects.order_by("pk").first()
    assert listing is not None
    newest = Transaction.objects.latest("pk").pk
    return [page.format(transaction=newest, land=listing.land_id, listing=listing.pk) for page in PAGES]


def seen_in(page: str) -> str:
    """Return a page's visible text and hover texts: no markup, scripts, or data for programs alone."""
    shown = re.sub(r"<(script|style|template)\b.*?</\1>", " ", page, flags=re.DOTALL)
    hovers = re.findall(r'\b(?:title|aria-label|placeholder)="([^"]*)"', shown)
    return unescape(" ".join([re.sub(r"<[^>]+>", " ", shown), *hovers]))


def test_no_page_shows_a_raw_time_and_each_has_utc_on_hover(exchange: Exchange, addresses: list[str]) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(exchange.player)
    told = 0
    for address in addresses:
        page = browser.get(address).content.decode()
        assert not RAW.findall(seen_in(page)), address
        for attributes in re.findall(
            r"<time\b([^>]*)>", re.sub(r"<template\b.*?</template>", "", page, flags=re.DOTALL)
        ):
            values = dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))
            assert UTC_DATETIME.fullmatch(values.get("datetime", "")), (address, attributes)
            assert UTC_TITLE.fullmatch(values.get("title", "")), (address, attributes)
            told += 1
    assert told > 15


@pytest.mark.parametrize(("preferred", "cookie", "zone"), [
    ("", "", "UTC"), ("Asia/Tokyo", "", "Asia/Tokyo"), ("", "Asia/Tokyo", "Asia/Tokyo"),
    ("Asia/Tokyo", "Europe/Berlin", "Asia/Tokyo"), ("", "../etc/passwd", "UTC"), ("", "Mars/Base", "UTC"),
])  # fmt: skip
def test_the_zone_is_the_players_else_the_browsers_else_utc(
    exchange: Exchange, addresses: list[str], preferred: str, cookie: str, zone: str
) -> None:
    User.objects.filter(pk=exchange.player.pk).update(time_zone=preferred)
    newest = Transaction.objects.latest("pk")
    browser = Client()
    browser.force_login(exchange.player)
    if cookie:
        browser.cookies["zone"] = cookie

    page = browser.get(f"/transactions/{newest.pk}/").content.decode()

    at = newest.at.astimezone(ZoneInfo(zone))
    shown = re.search(r'data-show="full">([^<]+)</time><noscript> ([^<]+)</noscript>', page)
    assert shown is not None
    assert shown[1].endswith(f"{at:%H:%M:%S}")
    assert shown[2] == at.tzname()
    assert f"<span data-zone-name>{zone}</span>" in page
    assert f'data-zone="{preferred}"' in page


def test_scripts_show_times_by_the_one_module_alone() -> None:
    scripts = {path.name: path.read_text() for path in (settings.BASE_DIR / "static" / "js").glob("*.js")}
    own_ways = re.compile(r"toLocale(Time|Date)?String\(|getUTC|getHours|DateTimeFormat|\.slice\(11")
    assert {name for name, text in scripts.items() if own_ways.search(text)} == {"times.js"}
