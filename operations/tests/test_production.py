"""With PRODUCTION on, default settings are safe, and unsafe ones are refused by name."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

import config.settings
from embedded.places import ServiceUnavailable
from embedded.services import embedded_services

#: Always the same, as tests are known by their values.
LONG = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
SAFE = {
    "PRODUCTION": "1",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "DATABASE_URL": f"postgres://exchange:{secrets.token_urlsafe(20)}@database:5432/exchange",
    "REDIS_URL": "redis://:a-password@redis:6379/0",
    "ALLOWED_HOSTS": "exchange.example.org",
}


def settings_with(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> dict[str, Any]:
    """Return the values of config.settings, read anew in an environment of these variables alone."""
    monkeypatch.setattr(os, "environ", dict(variables))
    monkeypatch.setattr("environ.Env.ENVIRON", os.environ)
    monkeypatch.setattr(config, "settings", config.settings)
    for name in [name for name in sys.modules if name.split(".")[:2] == ["config", "settings"]]:
        monkeypatch.delitem(sys.modules, name)
    return vars(import_module("config.settings"))


def test_what_is_not_said_is_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    values = settings_with(monkeypatch, SAFE)
    assert values["DEBUG"] is False
    assert values["CROWD_ENABLED"] is False
    assert values["SESSION_COOKIE_SECURE"] is values["CSRF_COOKIE_SECURE"] is True
    assert values["SESSION_COOKIE_NAME"] == "__Host-sessionid"
    assert values["CSRF_COOKIE_NAME"] == "__Host-csrftoken"
    assert values["SECURE_SSL_REDIRECT"] is True
    assert values["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert values["SECURE_HSTS_SECONDS"] == 31_536_000
    assert values["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is values["SECURE_HSTS_PRELOAD"] is True
    assert values["REST_FRAMEWORK"]["NUM_PROXIES"] == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "ab" * 40),
        ("SECRET_KEY", "insecure-" + LONG),
        ("SECRET_KEY", "change-me-" + LONG),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "postgres://exchange@database/exchange"),
        ("DATABASE_URL", "postgres://exchange:postgres@database/exchange"),
        ("DATABASE_URL", "postgres://trader:trader@database/exchange"),
        ("DATABASE_URL", "postgres://exchange:change-me@database/exchange"),
        ("REDIS_URL", ""),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", "exchange.example.org,*"),
        ("DEBUG", "1"),
        ("CROWD_ENABLED", "1"),
        ("COOKIES_SECURE", "0"),
        ("CSRF_TRUSTED_ORIGINS", "https://a.example.org,http://b.example.org"),
        ("CORS_ALLOWED_ORIGINS", "http://a.example.org"),
        ("EMAIL_URL", "consolemail://"),
        ("STREAM_URL", "ws://streams.example.org"),
        ("SITE_ORIGIN", "http://exchange.example.org"),
    ],
)
def test_what_is_not_safe_is_refused_by_name(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"not safe: {variable} ") as refusal:
        settings_with(monkeypatch, SAFE | {variable: value})
    assert "\n" not in str(refusal.value)
    assert value not in str(refusal.value) or len(value) < 2, "a secret is not for the log"


def test_all_that_is_not_safe_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        settings_with(monkeypatch, {"PRODUCTION": "1", "DEBUG": "1"})
    for variable in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "DEBUG"):
        assert f"{variable} is " in str(refusal.value)


def test_a_database_on_a_socket_needs_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    values = settings_with(monkeypatch, SAFE | {"DATABASE_URL": "postgres://exchange@//run/postgresql/exchange"})
    assert values["DATABASES"]["default"]["HOST"] == "/run/postgresql"


def test_a_database_of_ones_own_needs_a_secret_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is not set"):
        settings_with(monkeypatch, {"DATABASE_URL": "postgres://a:b@database/exchange"})


def test_outside_of_production_http_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    values = settings_with(monkeypatch, {})
    assert values["SESSION_COOKIE_NAME"] == "sessionid"
    assert values["SECURE_SSL_REDIRECT"] is values["SESSION_COOKIE_SECURE"] is False
    assert values["SECURE_HSTS_SECONDS"] == 0


def test_production_starts_no_embedded_service(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODUCTION", "1")
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(ServiceUnavailable, match="DATABASE_URL is not set"), embedded_services(tmp_path / "state"):
        pass
    assert not (tmp_path / "state").exists()


def test_djangos_own_check_finds_nothing() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_PREFIX"} | SAFE
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout + done.stderr


def test_health_is_told_over_http_and_pages_are_not(client: Any, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
    moved = client.get("/sign-in/")
    assert moved.status_code == 301
    assert moved["Location"] == "https://testserver/sign-in/"
