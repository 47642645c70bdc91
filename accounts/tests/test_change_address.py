"""A new address takes the current password and a link in a mail to it; the answer never tells who has an address."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import patch

import pytest
from django.core import signing
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.test import APIClient

from accounts.mail.new_address import confirm_address, link_to, send_address_mail
from accounts.models import User
from accounts.passwords.change import change_password
from accounts.registration import register_player
from accounts.tests.cast import ME, OTHER_PASSWORD, PASSWORD, bearer, codes_of, sign_in_for_tokens
from core.web.rate_limits import SignInThrottle

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("markets", "mails_at_once")]

NEW = "lovelace@example.org"
PROFILE = "/account/profile/"


@pytest.fixture(autouse=True)
def no_pause(ada: User) -> None:
    cache.clear()


@pytest.fixture
def program(api: APIClient, ada: User) -> APIClient:
    api.credentials(**bearer(sign_in_for_tokens(api)["access"]))
    return api


def link_in(mail: Any) -> str:
    [path] = re.findall(r"http://127\.0\.0\.1:8000(/new-address/\S+/)\n", mail.body)
    return str(path)


def address_of(player: User) -> str:
    return User.objects.get(pk=player.pk).email


def test_by_the_api_and_the_link(program: APIClient, browser: Client, ada: User, mailoutbox: list[Any]) -> None:
    asked = program.patch(ME, {"email": NEW, "current_password": PASSWORD, "theme": "dark"}, HTTP_HOST="localhost:666")
    assert (asked.status_code, asked.json()["email"], asked.json()["theme"]) == (200, "ada@example.org", "dark")
    [mail] = mailoutbox
    assert (mail.to, address_of(ada)) == ([NEW], "ada@example.org")

    page = browser.get(link_in(mail))
    assert (page.status_code, NEW in page.content.decode(), address_of(ada)) == (200, True, "ada@example.org")
    assert page["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert browser.post(link_in(mail)).status_code == 302
    assert address_of(ada) == NEW
    assert User.objects.get(pk=ada.pk).verified_at is not None
    assert (mailoutbox[1].to, mailoutbox[1].subject) == (
        ["ada@example.org"], "Biome Exchange: your e-mail address was changed"
    )  # fmt: skip
    assert browser.post(link_in(mail)).status_code == browser.get(link_in(mail)).status_code == 400, "once"


def test_by_the_page(browser: Client, ada: User, mailoutbox: list[Any]) -> None:
    browser.force_login(ada)
    form = {"display_name": "Countess", "email": NEW, "current_password": PASSWORD}
    saved = browser.post(PROFILE, form, HTTP_HX_REQUEST="true")
    assert "A mail is on its way to the new address" in saved.content.decode()
    assert (address_of(ada), User.objects.get(pk=ada.pk).display_name) == ("ada@example.org", "Countess")
    assert [mail.to for mail in mailoutbox] == [[NEW]]


@pytest.mark.parametrize(("password", "code"), [(None, "required"), ("", "blank"), ("wrong", "password_incorrect")])
def test_a_stolen_token_is_not_the_account(
    program: APIClient, ada: User, mailoutbox: list[Any], password: str | None, code: str
) -> None:
    body = {"email": NEW, "theme": "dark"} | ({} if password is None else {"current_password": password})
    refused = program.patch(ME, body)
    assert (refused.status_code, codes_of(refused)) == (400, [(code, "current_password")])
    assert User.objects.filter(pk=ada.pk, email="ada@example.org", theme="system").exists()
    assert mailoutbox == []


def test_nor_is_a_page_that_stood_open(browser: Client, ada: User, mailoutbox: list[Any]) -> None:
    browser.force_login(ada)
    refused = browser.post(PROFILE, {"display_name": "Eve", "email": NEW})
    assert "A new address takes your current password." in refused.content.decode()
    assert (refused.status_code, User.objects.get(pk=ada.pk).display_name) == (400, "Ada L.")
    assert mailoutbox == []


def test_the_answer_is_the_same_whoever_has_the_address(
    program: APIClient, browser: Client, ada: User, mailoutbox: list[Any]
) -> None:
    register_player(username="grace", email="grace@example.org", password=PASSWORD)
    browser.force_login(ada)
    told, shown = [], []
    for address in ("GRACE@example.org", "nobody@example.org"):
        told.append(program.patch(ME, {"email": address, "current_password": PASSWORD}))
        cache.clear()
        form = {"display_name": "Ada L.", "email": address, "current_password": PASSWORD}
        shown.append(browser.post(PROFILE, form, follow=True).content.decode().count("A mail is on its way"))
        cache.clear()
    first, second = told
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert shown == [1, 1]
    subjects = [(mail.to[0], mail.subject) for mail in mailoutbox]
    assert subjects[0] == ("grace@example.org", "Biome Exchange: your e-mail address was named")
    assert subjects[2] == ("nobody@example.org", "Biome Exchange: confirm your new e-mail address")
    assert "/new-address/" not in mailoutbox[0].body


def test_the_door_does_not_look(program: APIClient, ada: User) -> None:
    """The view does not look up the address, only the worker does, so that response times reveal nothing either."""
    with (
        patch("accounts.mail.new_address.send_address_mail_later.delay") as left,
        CaptureQueriesContext(connection) as asked,
    ):
        program.patch(ME, {"email": NEW, "current_password": PASSWORD})
    left.assert_called_once_with(player_id=str(ada.pk), address=NEW)
    assert not [query["sql"] for query in asked if NEW in query["sql"]]


def test_tries_count_like_those_of_passwords(program: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SignInThrottle, "THROTTLE_RATES", {"sign_in": "3/min"})
    refused = [program.patch(ME, {"email": NEW, "current_password": "wrong"}) for _ in range(4)][-1]
    assert (refused.status_code, codes_of(refused)) == (429, [("rate_limited", None)])
    assert program.patch(ME, {"theme": "dark"}).status_code == 200, "all else is no try"


@pytest.mark.parametrize("change", ["password", "address", "gone", "late", "forged", "taken"])
def test_a_link_ends(ada: User, browser: Client, settings: Any, change: str) -> None:
    path = link_to(ada, NEW).removeprefix(settings.SITE_ORIGIN)
    if change == "password":
        change_password(player_id=ada.pk, current_password=PASSWORD, new_password=OTHER_PASSWORD)
    elif change == "address":
        User.objects.update(email="countess@example.org")
    elif change == "gone":
        User.objects.update(is_active=False)
    elif change == "late":
        settings.ADDRESS_LINK_SECS = -1
    elif change == "forged":
        path = path.replace("/new-address/", "/new-address/x")
    else:
        register_player(username="grace", email=NEW.upper(), password=PASSWORD)
    before = address_of(ada)
    refused = browser.post(path)
    assert (refused.status_code, address_of(ada)) == (400, before)
    assert "This link is not valid any more" in refused.content.decode()


def test_a_sign_in_does_not_end_it(ada: User, api: APIClient, settings: Any) -> None:
    proof = link_to(ada, NEW).rstrip("/").rpartition("/")[2]
    sign_in_for_tokens(api)
    assert confirm_address(proof=proof, now=timezone.now()).email == NEW


def test_no_address_gets_mails_in_a_row(ada: User, mailoutbox: list[Any]) -> None:
    for _ in range(3):
        send_address_mail(player_id=ada.pk, address=NEW)
    assert len(mailoutbox) == 1


def test_without_mail_it_is_said_so(program: APIClient, settings: Any, ada: User) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    refused = program.patch(ME, {"email": NEW, "current_password": PASSWORD})
    assert (refused.status_code, codes_of(refused), address_of(ada)) == (503, [("no_mail", None)], "ada@example.org")


def test_a_link_that_version_0_1_0_mailed_goes_on(browser: Client, ada: User) -> None:
    salt = "accounts.new_address"
    state = salted_hmac(salt, f"{ada.password}:{ada.email}:{ada.verified_at}").hexdigest()[:20]
    proof = signing.dumps([ada.pk, NEW, state], salt=salt)
    assert browser.post(f"/new-address/{proof}/").status_code == 302
    assert address_of(ada) == NEW
