"""The pages of keys and tokens have one frame: a heading, the way back to the account, nothing for search engines."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "heading"), [("/account/keys/", "API keys"), ("/account/tokens/", "API tokens")])
def test_the_frame_of_both(client: Client, alice: User, address: str, heading: str) -> None:
    client.force_login(alice)

    page = client.get(address).content.decode()

    assert f"<title>{heading} · Biome Exchange</title>" in page
    assert page.count(f"<h1>{heading}</h1>") == 1
    assert page.count('<a href="/account/">Back to the account</a>') == 1
    assert '<meta name="robots" content="noindex">' in page


def test_the_frame_is_written_once() -> None:
    templates = settings.BASE_DIR / "templates" / "accounts"
    assert [file.name for file in templates.glob("*.html") if "Back to the account" in file.read_text()] == [
        "of_account.html"
    ]
