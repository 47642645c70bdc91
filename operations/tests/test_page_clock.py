"""Pages' scripts count time by the exchange's clock: a device's own may be hours off."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

SCRIPTS = sorted((Path(settings.BASE_DIR) / "static" / "js").glob("*.js"))
#: What reads the device's clock: Date.now(), a Date of nothing, a Date called.
DEVICE_CLOCK = re.compile(r"Date\.now|new Date\(\s*\)|(?<!new )\bDate\(")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_no_script_asks_the_device(script: Path) -> None:
    assert DEVICE_CLOCK.findall(script.read_text()) == []


@pytest.mark.django_db
def test_a_page_says_when_it_was_made(client: Client) -> None:
    before = timezone.now()
    page = client.get("/sign-in/").content.decode()
    found = re.search(r'<meta name="server-time" content="([^"]+)">', page)
    assert found
    assert timedelta(0) <= datetime.fromisoformat(found[1]) - before < timedelta(seconds=10)


@pytest.mark.django_db
def test_a_page_that_answered_a_form_is_not_read_at_its_address(client: Client) -> None:
    assert b"data-read-at" not in client.get("/sign-in/").content
    answer = client.post("/sign-in/", {"username": "nobody", "password": "wrong"})
    assert b' data-read-at="/">' in answer.content
