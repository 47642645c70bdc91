"""Links in mails lead to the address in the settings, never to one from a request."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from core.web.origins import site_origin
from operations.tests.test_production import SAFE, settings_with

HOSTS = ["exchange.example.org", "www.example.org"]


@pytest.mark.parametrize(
    ("named", "hosts", "is_production", "origin"),
    [
        ("https://exchange.example.org", [], True, "https://exchange.example.org"),
        ("https://exchange.example.org:8443/", [], True, "https://exchange.example.org:8443"),
        ("", HOSTS, True, "https://exchange.example.org"),
        ("", [".example.org"], True, ""),
        ("", ["localhost"], False, "http://127.0.0.1:8010"),
    ],
)
def test_it_is_what_settings_say(named: str, hosts: list[str], is_production: bool, origin: str) -> None:
    assert site_origin(named, hosts=hosts, is_production=is_production, web_port="8010") == origin


@pytest.mark.parametrize(
    "named", ["exchange.example.org", "https://", "https://a.example/path", "ftp://a.example", "https://a:b"]
)
def test_what_is_no_origin_is_refused(named: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SITE_ORIGIN is no"):
        site_origin(named, hosts=HOSTS, is_production=True, web_port="8000")


def test_production_does_not_start_without(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="not safe: SITE_ORIGIN is not set"):
        settings_with(monkeypatch, SAFE | {"ALLOWED_HOSTS": ".example.org"})
    values = settings_with(
        monkeypatch, SAFE | {"ALLOWED_HOSTS": ".example.org", "SITE_ORIGIN": "https://a.example.org"}
    )
    assert values["SITE_ORIGIN"] == "https://a.example.org"
