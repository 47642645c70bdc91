"""The status page shows in the site's frame, in words, what works and what does not."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, NoReturn

import pytest
import redis
from django.test import Client
from django.utils import timezone

from core.observability import heartbeats
from markets.redistribution.cycle import run_cycle

pytestmark = pytest.mark.usefixtures("markets")


@pytest.fixture
def lively(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.status_page.silent_secs", lambda: dict.fromkeys(heartbeats.EXPECTED, 1.0))


def works(client: Client) -> dict[str, str]:
    """Return the page's text about each part."""
    page = client.get("/status")
    assert page.status_code == 200
    return dict(re.findall(r'data-part="([^"]+)" data-works="([^"]+)"', page.content.decode()))


def test_the_footer_leads_to_a_page_for_people(client: Client, lively: None, assert_max_queries: Any) -> None:
    run_cycle(number=7, now=timezone.now())
    assert '<a href="/status">Status</a>' in client.get("/sign-in/").content.decode()
    with assert_max_queries(12):
        page = client.get("/status").content.decode()

    assert 'id="connection"' in page
    assert "<h1>Status</h1>" in page
    assert "Everything works." in page
    assert re.search(r"The last cycle, number 7, ran \d+\.\d s ago\.", page)
    assert 'href="/readyz"' in page
    assert set(works(client).items()) == {
        ("database", "yes"), ("messages", "yes"), ("prices", "yes"), ("live-streams", "yes"),
    }  # fmt: skip


def test_it_says_that_cycles_stand_still(client: Client, lively: None) -> None:
    run_cycle(number=7, now=timezone.now() - timedelta(hours=2))

    page = client.get("/status").content.decode()

    assert "Not everything works right now." in page
    assert "ran 2 h 00 min ago. One should run every 0.5 s: attention moves no price meanwhile." in page
    assert works(client)["prices"] == "no"


def test_it_says_that_streams_are_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    run_cycle(number=7, now=timezone.now())
    monkeypatch.setattr("operations.status_page.silent_secs", lambda: dict.fromkeys(heartbeats.EXPECTED, 60.0))

    assert works(client) == {"database": "yes", "messages": "yes", "prices": "yes", "live-streams": "no"}


def test_without_redis_it_still_answers(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> NoReturn:
        raise redis.ConnectionError

    monkeypatch.setattr("operations.status_page.silent_secs", away)
    monkeypatch.setattr("operations.status_page.ask_redis", away)

    assert works(client) == {"database": "yes", "messages": "no", "prices": "no", "live-streams": "no"}
