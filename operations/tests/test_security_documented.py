"""The list in `docs/security.md` has every requirement of OWASP ASVS 4.0.3, level 1, each with an existing test or a
reason.

Tests of requirements that no other file covers are here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import ValidationError
from django.core.mail import BadHeaderError, EmailMessage
from django.test import Client
from rest_framework_simplejwt.settings import api_settings

from accounts.models import User
from accounts.serializers import PasswordField

ROOT = Path(settings.BASE_DIR)
LINE = re.compile(r"^\| V(\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]*) \| ([^|]+) \|$", re.MULTILINE)
#: How many each section has; the numbers run from 1, but for those that the standard has left out.
SECTIONS = {
    "2.1": 12, "2.2": 3, "2.3": 1, "2.5": 6, "2.7": 4, "2.8": 1, "3.1": 1, "3.2": 3, "3.3": 2, "3.4": 5, "3.7": 1,
    "4.1": 5, "4.2": 2, "4.3": 2, "5.1": 5, "5.2": 8, "5.3": 10, "5.5": 4, "6.2": 1, "7.1": 2, "7.4": 1, "8.2": 3,
    "8.3": 4, "9.1": 3, "10.3": 3, "11.1": 5, "12.1": 1, "12.3": 5, "12.4": 2, "12.5": 2, "12.6": 1, "13.1": 3,
    "13.2": 3, "13.3": 1, "14.2": 3, "14.3": 3, "14.4": 7, "14.5": 3,
}  # fmt: skip
LEFT_OUT = {"4.1.4", "13.1.2", "14.3.1"}
DOCUMENT = (ROOT / "docs" / "security.md").read_text()
LINES = LINE.findall(DOCUMENT)
SOURCES = [
    path
    for app in ("accounts", "attention", "config", "markets", "trading", "marketplace")
    for path in (ROOT / app).rglob("*.py")
    if "tests" not in path.parts and "migrations" not in path.parts
]
PASSWORD = "pässwörter \N{GRINNING FACE} sind  lang genug"


# --- The document -----------------------------------------------------------------------------------------------------


def test_every_requirement_has_a_line() -> None:
    required = [f"{section}.{n}" for section, count in SECTIONS.items() for n in range(1, count + 1)]
    assert [number for number, *_ in LINES] == [number for number in required if number not in LEFT_OUT]


@pytest.mark.parametrize(("number", "asks", "how", "shown"), LINES, ids=[number for number, *_ in LINES])
def test_a_line_has_a_test_or_a_reason(number: str, asks: str, how: str, shown: str) -> None:
    if shown.startswith(("Not applicable: ", "Not met: ")):
        assert len(shown) > 30
        return
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", shown)
    assert named
    for path, test in named:
        assert re.search(rf"^(async )?def {test}\(", (ROOT / path).read_text(), re.MULTILINE), f"{path}::{test}"


# --- V2: who one is ---------------------------------------------------------------------------------------------------


def test_passwords_have_twelve_characters_or_more() -> None:
    validate_password("qzjx" * 3)
    with pytest.raises(ValidationError, match="too short"):
        validate_password("qzjxqzjxqzj")


def test_passwords_may_be_long_and_not_too_long() -> None:
    assert PasswordField().run_validation("x" * 128) == "x" * 128
    with pytest.raises(Exception, match="no more than 128"):
        PasswordField().run_validation("x" * 129)


def test_passwords_are_not_cut() -> None:
    hashed = make_password("x" * 127 + "y")
    assert (check_password("x" * 127 + "y", hashed), check_password("x" * 128, hashed)) == (True, False)


@pytest.mark.parametrize(
    "password", [PASSWORD, "only small letters here", "            spaces        ", "密码是一个很长很长的句子啊"]
)
def test_passwords_of_any_characters(password: str) -> None:
    validate_password(password)
    assert PasswordField().run_validation(password) == password


def test_passwords_do_not_age() -> None:
    fields = {field.name for field in User._meta.get_fields()}
    assert not {name for name in fields if "password" in name} - {"password"}


def test_accounts_have_no_hints() -> None:
    assert not [field.name for field in User._meta.get_fields() if re.search("hint|question|answer", field.name)]


@pytest.mark.django_db
def test_there_is_no_account_to_begin_with() -> None:
    assert not User.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/register/", "/sign-in/"])
def test_password_managers_are_let_in(client: Client, page: str) -> None:
    content = client.get(page).content.decode()
    assert re.search(r'autocomplete="(new|current)-password"', content)
    assert "onpaste" not in content


@pytest.mark.django_db
def test_passwords_can_be_looked_at(client: Client) -> None:
    assert "data-reveal" in client.get("/sign-in/").content.decode()


# --- V3: sessions -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_sessions_cannot_be_guessed() -> None:
    keys = set()
    for _ in range(20):
        session = SessionStore()
        session.create()
        keys.add(session.session_key)
    assert (len(keys), {len(key) for key in keys}) == (20, {32})


def test_session_cookies_are_kept_from_scripts_and_other_sites() -> None:
    assert (settings.SESSION_COOKIE_HTTPONLY, settings.SESSION_COOKIE_SAMESITE) == (True, "Lax")


def test_nothing_lasts_longer_than_thirty_days() -> None:
    assert settings.SESSION_COOKIE_AGE <= 30 * 24 * 3600
    assert api_settings.REFRESH_TOKEN_LIFETIME.days <= 30


def test_scripts_keep_no_token() -> None:
    """Scripts read no cookie but CSRF's, which is no secret of the session, and store no token."""
    for script in (ROOT / "static" / "js").glob("*.js"):
        stored = re.findall(r"(?:localStorage|sessionStorage)\.setItem\([^;]*", script.read_text())
        assert not [
            line for line in stored if re.search("token|password|session", line.split("(", 1)[1], re.IGNORECASE)
        ]


# --- V5, V12: input, files, what runs ---------------------------------------------------------------------------------


def test_mail_headers_cannot_be_added() -> None:
    with pytest.raises(BadHeaderError):
        EmailMessage("subject", "text", to=["ada@example.org\nBcc: eve@example.org"]).message()


@pytest.mark.parametrize(
    "forbidden", [r"(?<![\w.])eval\(", r"(?<![\w.])exec\(", r"\b__import__\(", r"mark_safe\(f", r"extra\(where"]
)
def test_nothing_runs_text(forbidden: str) -> None:
    assert not [path for path in SOURCES if re.search(forbidden, path.read_text())]


def test_no_pickle() -> None:
    assert not [path for path in SOURCES if re.search(r"\b(pickle|marshal|shelve)\b|yaml\.load\(", path.read_text())]
    assert settings.SESSION_SERIALIZER.endswith("JSONSerializer")


def test_no_door_starts_programs() -> None:
    doors = ("api.py", "views", "consumers.py", "sse.py", "admin.py", "tasks.py")
    for path in SOURCES:
        if any(door in path.parts for door in doors):
            assert not re.search(r"subprocess|os\.system|popen", path.read_text()), path


def test_statements_are_not_put_together_from_requests() -> None:
    """Entry points execute no SQL of their own; formatted SQL is elsewhere."""
    for path in SOURCES:
        if path.name in ("api.py", "consumers.py", "sse.py", "admin.py", "tasks.py") or "views" in path.parts:
            assert not re.search(r"\.execute\(|RawSQL|\.raw\(|\.extra\(", path.read_text()), path


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["/.git/config", "/.env", "/manage.py", "/config/settings.py", "/static/", "/static/../manage.py",
     "/static/%2e%2e/manage.py", "/static/js/", "/Makefile", "/docs/security.md", "/staticfiles/"],
)  # fmt: skip
def test_files_of_ours_are_not_served(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


# --- V8, V9, V10, V14: what is told, kept and pinned ------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/account/", "/transactions/", "/portfolio/", "/transfer/", "/api/v1/auth/me", "/api/v1/wallet"]
)
def test_what_is_a_players_own_is_not_kept(client: Client, alice: User, markets: None, path: str) -> None:
    client.force_login(alice)
    kept = client.get(path)["Cache-Control"]
    assert "no-store" in kept or {"private", "no-cache"} <= set(kept.split(", "))


def test_secrets_are_posted() -> None:
    for template in (ROOT / "templates").rglob("*.html"):
        for form in re.findall(r"<form\b[^>]*>.*?</form>", template.read_text(), re.DOTALL):
            if "password" in form:
                assert 'method="post"' in form, template


def test_sensitive_data_is_listed() -> None:
    for kind in ("password", "e-mail", "address", "session", "token", "transactions"):
        assert kind in DOCUMENT.partition("## What there is to protect")[2].partition("\n## ")[0]


def test_nginx_speaks_new_tls_alone() -> None:
    tls = (ROOT / "deploy" / "nginx" / "tls.conf.template").read_text()
    [protocols] = re.findall(r"ssl_protocols (.*);", tls)
    [ciphers] = re.findall(r"ssl_ciphers (.*);", tls)
    assert protocols.split() == ["TLSv1.2", "TLSv1.3"]
    assert all(cipher.startswith("ECDHE-") and re.search("GCM|POLY1305", cipher) for cipher in ciphers.split(":"))


def test_nginx_waits_for_slow_bodies_itself() -> None:
    """nginx receives slow bodies whole before it passes them on: a server's thread would wait for them."""
    files = [path.read_text() for path in (ROOT / "deploy" / "nginx").iterdir() if path.is_file()]
    assert not [text for text in files if re.search(r"proxy_request_buffering\s+off", text)]
    assert [text for text in files if "client_body_timeout" in text]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "constraints.txt"])
def test_requirements_are_pinned(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and line[0] not in "#-"]
    assert lines
    assert [line for line in lines if "==" not in line] == []


def answers(client: Client) -> list[Any]:
    paths = (
        "/",
        "/nothing",
        "/api/v1/biome-market/markets",
        "/api/v1/nothing",
        "/api/v1/wallet",
        "/robots.txt",
        "/healthz",
    )
    return [client.get(path) for path in paths]


def test_no_answer_tells_versions(client: Client, markets: None) -> None:
    for answer in answers(client):
        assert {"Server", "X-Powered-By", "Via"}.isdisjoint(answer.headers)
        assert not re.search(r"Django/|Python/|granian|uvicorn", str(answer.headers), re.IGNORECASE)


def test_every_answer_has_a_type(client: Client, markets: None) -> None:
    for answer in answers(client):
        kind = answer["Content-Type"]
        assert kind == "application/json" or kind.endswith("charset=utf-8"), kind


def test_data_comes_as_a_file_of_its_type(client: Client, markets: None) -> None:
    for answer in answers(client):
        if answer["Content-Type"] == "application/json":
            told = (answer["Content-Disposition"], answer["X-Content-Type-Options"])
            assert told == ('attachment; filename="api.json"', "nosniff")
