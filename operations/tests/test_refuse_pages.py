"""Pages show refusals in the site's design, with the API's status, code and Retry-After, whatever the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from accounts.models import User
from trading.models import Wallet

pytestmark = [pytest.mark.django_db, pytest.mark.urls("core.tests.refusing_pages")]

HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://testserver/account/?a=b"}
IN_THE_FRAME, ALONE = 'id="connection"', 'name="robots" content="noindex"'

REASONS = [
    ("funds", 409, "insufficient_funds", "You have 3 BDT.", None),
    ("busy", 503, "market_busy", "The market is busy.", "1"),
    ("database", 503, "service_unavailable", "A part of the exchange cannot be reached.", "1"),
    ("connection", 503, "service_unavailable", "A part of the exchange cannot be reached.", "1"),
    ("redis", 503, "service_unavailable", "A part of the exchange cannot be reached.", "1"),
    ("denied", 403, "permission_denied", "Your account may not see this page", None),
    ("denied-why", 403, "permission_denied", "Only for the brave.", None),
    ("missing", 404, "not_found", "There is no such address.", None),
    ("fault", 500, "error", "The fault is ours", None),
]


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def lose_database(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function after whose call the database raises OperationalError."""

    def away(*args: Any, **kwargs: Any) -> NoReturn:
        raise OperationalError("the database is away")

    return lambda: monkeypatch.setattr(BaseDatabaseWrapper, "_cursor", away)


@pytest.mark.parametrize(("how", "status", "code", "said", "retry_after"), REASONS)
def test_a_page(browser: Client, how: str, status: int, code: str, said: str, retry_after: str | None) -> None:
    reply = browser.get(f"/refuse/{how}")
    page = reply.content.decode()

    assert (reply.status_code, reply.get("Retry-After"), reply["Cache-Control"]) == (status, retry_after, "no-store")
    assert f'data-code="{code}"' in page
    assert said in page
    assert "secret" not in page
    assert (IN_THE_FRAME if status < 500 else ALONE) in page


@pytest.mark.parametrize(("how", "status", "code", "said", "retry_after"), REASONS)
def test_a_fragment(browser: Client, how: str, status: int, code: str, said: str, retry_after: str | None) -> None:
    reply = browser.get(f"/refuse/{how}", **HTMX)
    fragment = reply.content.decode()

    assert (reply.status_code, reply.get("Retry-After")) == (status, retry_after)
    assert (reply["HX-Retarget"], reply["HX-Reselect"]) == ("#notices", "unset")
    assert fragment.startswith(f'<p class="notice" data-tone="bad" data-code="{code}">{said}')
    assert "secret" not in fragment


@pytest.mark.parametrize("how", ["denied", "missing", "fault", "database"])
def test_json_under_the_api_outside_of_its_views(browser: Client, how: str) -> None:
    [(status, code)] = [(status, code) for reason, status, code, *_ in REASONS if reason == how]
    reply = browser.get(f"/api/refuse/{how}", **HTMX)

    assert (reply.status_code, reply["Content-Type"]) == (status, "application/json")
    assert reply.json()["type"] == ("server_error" if status >= 500 else "client_error")
    assert reply.json()["errors"][0]["code"] == code
    assert "secret" not in reply.content.decode()


@pytest.mark.parametrize("path", ["/", "/account/", "/nothing"])
def test_a_player_is_answered_without_the_database(
    browser: Client, alice: User, lose_database: Callable[[], None], path: str
) -> None:
    browser.force_login(alice)
    lose_database()
    reply = browser.get(path)

    assert reply.status_code == (404 if path == "/nothing" else 503)
    assert reply.get("Retry-After") == (None if path == "/nothing" else "1")
    assert ALONE in reply.content.decode()


def test_a_guest_is_told_of_a_missing_page_in_the_frame_without_the_database(
    browser: Client, lose_database: Callable[[], None]
) -> None:
    lose_database()
    reply = browser.get("/nothing")

    assert reply.status_code == 404
    assert IN_THE_FRAME in reply.content.decode()


def test_a_session_that_cannot_be_written(browser: Client, alice: User, lose_database: Callable[[], None]) -> None:
    browser.force_login(alice)
    assert browser.get("/remember").status_code == 200
    lose_database()
    reply = browser.get("/remember")

    assert (reply.status_code, reply["Retry-After"]) == (503, "1")
    assert 'data-code="service_unavailable"' in reply.content.decode()


@pytest.mark.parametrize(("path", "kind"), [("/", "text/html; charset=utf-8"), ("/api/v1/wallet", "application/json")])
def test_a_forged_host(browser: Client, path: str, kind: str) -> None:
    reply = browser.get(path, HTTP_HOST="forged.example")

    assert (reply.status_code, reply["Content-Type"]) == (400, kind)
    assert "bad_request" in reply.content.decode()
    assert "forged.example" not in reply.content.decode()


def test_the_theme_needs_no_database(browser: Client) -> None:
    browser.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in browser.get("/refuse/fault").content.decode()
    browser.cookies["theme"] = '"><script>'
    assert 'data-theme="system"' in browser.get("/refuse/fault").content.decode()


def test_a_way_to_try_again_where_it_does_no_harm(browser: Client) -> None:
    again = '<a class="button" href="/refuse/busy?a=b&amp;c">Try again</a>'

    assert again in browser.get("/refuse/busy?a=b&c").content.decode()
    assert "Try again</a>" not in browser.post("/refuse/busy?a=b&c").content.decode()


def test_a_form_without_our_token_is_told_what_to_do() -> None:
    browser = Client(enforce_csrf_checks=True)
    reply = browser.post("/sign-in/", {"username": "ada"})
    fragment = browser.post("/sign-in/", {"username": "ada"}, **HTMX)

    assert (reply.status_code, fragment.status_code) == (403, 403)
    assert 'data-code="csrf_failed"' in reply.content.decode()
    assert "reload the page and send it again" in reply.content.decode()
    assert fragment["HX-Retarget"] == "#notices"


def test_a_wrong_method(browser: Client) -> None:
    reply = browser.post("/healthz")

    assert (reply.status_code, reply["Allow"]) == (405, "GET, HEAD")
    assert 'data-code="method_not_allowed"' in reply.content.decode()


def test_who_is_signed_out_meanwhile_signs_in_and_comes_back(browser: Client) -> None:
    reply = browser.get("/account/", **HTMX)

    assert (reply.status_code, reply["HX-Redirect"]) == (200, "/sign-in/?next=%2Faccount%2F%3Fa%3Db")


@pytest.mark.parametrize("from_elsewhere", [{}, {"HTTP_HX_CURRENT_URL": "https://elsewhere.example/x"}])
def test_only_our_own_page_comes_back(browser: Client, from_elsewhere: dict[str, str]) -> None:
    reply = browser.get("/account/", HTTP_HX_REQUEST="true", **from_elsewhere)

    assert reply["HX-Redirect"] == "/sign-in/?next=%2F"


def test_a_refusal_opens_no_wallet(browser: Client, alice: User) -> None:
    browser.force_login(alice)
    page = browser.get("/refuse/denied")
    assert page.status_code == 403
    assert 'class="purse"' not in page.content.decode()
    assert not Wallet.objects.exists()
