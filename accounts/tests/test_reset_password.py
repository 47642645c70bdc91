"""Passwords are reset by a mailed link: good once, for an hour, and neutral about which accounts exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from axes.models import AccessAttempt
from celery import current_app
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError
from rest_framework.test import APIClient

from accounts.mail import sending
from accounts.models import User
from accounts.passwords import reset
from accounts.passwords.reset import link_of, send_reset_mail
from accounts.tests.cast import (
    CHANGE_PASSWORD,
    ME,
    OTHER_PASSWORD,
    PASSWORD,
    REFRESH,
    TOKEN,
    bearer,
    codes_of,
    sign_in_by_session,
    sign_in_for_tokens,
)
from core.web.rate_limits import PasswordResetThrottle

pytestmark = pytest.mark.usefixtures("markets")

PAGE = "/password-reset/"
ASK, CONFIRM = "/api/v1/auth/password/reset", "/api/v1/auth/password/reset/confirm"
ADDRESS = "ada@example.org"


@pytest.fixture(autouse=True)
def tasks_at_once(ada: User) -> Iterator[None]:
    current_app.conf.task_always_eager = True
    cache.delete(f"password-reset:{ada.pk}")
    yield
    current_app.conf.task_always_eager = False


def link_in(message: Any) -> str:
    """Return the path of the link in a mail."""
    [path] = re.findall(r"http://127\.0\.0\.1:8000(/password-reset/\S+)", message.body)
    return str(path)


def parts_of(player: User) -> dict[str, str]:
    uid, token = link_of(player)
    return {"uid": uid, "token": token}


def test_by_the_pages(browser: Client, ada: User) -> None:
    assert browser.get(PAGE).status_code == 200
    asked = browser.post(PAGE, {"email": "ADA@example.org"}, follow=True)
    assert "If an account has this address" in asked.content.decode()
    [message] = mail.outbox
    assert message.to == [ADDRESS]

    page = browser.get(link_in(message), follow=True)
    assert page.status_code == 200
    here = page.request["PATH_INFO"]
    assert here.endswith("/set-password/"), "the proof is not in the address any more"
    reply = browser.post(here, {"new_password": OTHER_PASSWORD}, follow=True)
    assert "Your password is set" in reply.content.decode()
    ada.refresh_from_db()
    assert ada.check_password(OTHER_PASSWORD)
    assert browser.get(link_in(message), follow=True).status_code == 400


def test_by_the_api(api: APIClient, ada: User) -> None:
    assert api.post(ASK, {"email": ADDRESS}).status_code == 202
    _, _, uid, token, _ = link_in(mail.outbox[0]).split("/")
    body = {"uid": uid, "token": token, "new_password": OTHER_PASSWORD}
    assert api.post(CONFIRM, body).status_code == 204
    assert api.post(TOKEN, {"username": "ada", "password": PASSWORD}).status_code == 401
    assert api.post(TOKEN, {"username": "ada", "password": OTHER_PASSWORD}).status_code == 200
    assert codes_of(api.post(CONFIRM, body)) == [("reset_link_invalid", "token")]


@pytest.mark.parametrize("address", ["nobody@example.org", "gone@example.org", "unusable@example.org"])
def test_the_answer_does_not_tell_who_has_an_account(
    browser: Client, api: APIClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.create_user("gone", "gone@example.org", PASSWORD, is_active=False)
    User.objects.create_user("unusable", "unusable@example.org")
    told: list[str] = []
    monkeypatch.setattr(reset.send_reset_mail_later, "delay", lambda **sent: told.append(sent["address"]))
    replies = [browser.post(PAGE, {"email": asked}) for asked in (ADDRESS, address)]
    assert replies[0].headers["Location"] == replies[1].headers["Location"]
    assert [reply.status_code for reply in replies] == [302, 302]
    assert [api.post(ASK, {"email": asked}).status_code for asked in (ADDRESS, address)] == [202, 202]
    assert told == [ADDRESS, address] * 2, "the worker alone looks who it is"

    assert send_reset_mail(address=address) is False
    assert mail.outbox == []


def test_everything_that_was_signed_in_ends(
    api: APIClient, ada: User, new_client: Callable[[], APIClient], django_capture_on_commit_callbacks: Any
) -> None:
    pair = sign_in_for_tokens(api)
    session = new_client()
    sign_in_by_session(session)
    AccessAttempt.objects.create(username="ada", ip_address="10.0.0.1", failures_since_start=5)
    ada.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        api.post(CONFIRM, {**parts_of(ada), "new_password": OTHER_PASSWORD})
    assert codes_of(api.post(REFRESH, {"refresh": pair["refresh"]})) == [("token_not_valid", None)]
    assert session.get(ME).status_code == 401
    assert not AccessAttempt.objects.exists()
    assert [message.subject for message in mail.outbox] == [sending.SUBJECTS["password_changed"]]


def test_a_link_ends_after_an_hour(api: APIClient, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {**parts_of(ada), "new_password": OTHER_PASSWORD}
    with monkeypatch.context() as later:
        then = datetime.now() + timedelta(seconds=3601)
        later.setattr(PasswordResetTokenGenerator, "_now", lambda generator: then)
        assert codes_of(api.post(CONFIRM, body)) == [("reset_link_invalid", "token")]
    assert api.post(CONFIRM, body).status_code == 204


@pytest.mark.parametrize("change", [{"email": "new@example.org"}, {"is_active": False}, {"last_login": timezone.now()}])
def test_a_link_ends_with_any_change(api: APIClient, ada: User, change: dict[str, Any]) -> None:
    body = {**parts_of(ada), "new_password": OTHER_PASSWORD}
    User.objects.filter(pk=ada.pk).update(**change)
    assert codes_of(api.post(CONFIRM, body)) == [("reset_link_invalid", "token")]
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


@pytest.mark.parametrize("uid", ["", "MQ", "x", "é", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "\x00"])
def test_a_forged_link_opens_nothing(api: APIClient, ada: User, uid: str) -> None:
    token = link_of(ada)[1]
    reply = api.post(CONFIRM, {"uid": uid, "token": token[:-1] + "x", "new_password": OTHER_PASSWORD})
    assert reply.status_code == 400
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


@pytest.mark.parametrize("password", ["short", "12345678901234567890", "ada@example.org"])
def test_a_weak_password_is_refused(api: APIClient, browser: Client, ada: User, password: str) -> None:
    reply = api.post(CONFIRM, {**parts_of(ada), "new_password": password})
    assert {attr for _, attr in codes_of(reply)} == {"new_password"}
    here = browser.get("/password-reset/{}/{}/".format(*link_of(ada)), follow=True).request["PATH_INFO"]
    assert browser.post(here, {"new_password": password}).status_code == 400
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_an_address_may_not_ask_often(browser: Client, api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PasswordResetThrottle.THROTTLE_RATES, "password_reset", "2/day")
    api.defaults["REMOTE_ADDR"] = browser.defaults["REMOTE_ADDR"]
    statuses = [browser.post(PAGE, {"email": ADDRESS}).status_code, api.post(ASK, {"email": ADDRESS}).status_code]
    assert statuses == [302, 202]
    assert browser.post(PAGE, {"email": ADDRESS}).status_code == 429
    assert codes_of(api.post(ASK, {"email": ADDRESS})) == [("rate_limited", None)]


def test_nobody_is_flooded_with_mail(ada: User) -> None:
    sent = [send_reset_mail(address=ADDRESS) for _ in range(3)]
    assert sent == [True, False, False]
    assert len(mail.outbox) == 1


def test_a_mail_server_that_is_away_is_tried_again_and_nobody_named(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise SMTPRecipientsRefused({ADDRESS: (550, b"no such user")})

    with monkeypatch.context() as away:
        away.setattr(sending, "send_mail", refuse)
        with pytest.raises(sending.MailNotSent, match=r"^SMTPRecipientsRefused$") as error:
            send_reset_mail(address=ADDRESS)
    assert error.value.__suppress_context__
    assert send_reset_mail(address=ADDRESS) is True
    assert reset.send_reset_mail_later.autoretry_for == (sending.MailNotSent,)


def test_without_the_worker_or_mail_it_is_said(
    browser: Client, api: APIClient, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def away(**sent: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(reset.send_reset_mail_later, "delay", away)
    assert codes_of(api.post(ASK, {"email": ADDRESS})) == [("service_unavailable", None)]
    assert browser.post(PAGE, {"email": ADDRESS}).status_code == 503

    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    assert codes_of(api.post(ASK, {"email": ADDRESS})) == [("no_mail", None)]
    assert "This exchange sends no mail" in browser.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("url", "change", "template", "to"),
    [
        (CHANGE_PASSWORD, {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}, "password_changed", ADDRESS),
        (ME, {"email": "ADA@example.org", "display_name": "A"}, None, None),
    ],
)
def test_a_change_is_told_by_mail(
    api: APIClient,
    ada: User,
    url: str,
    change: dict[str, str],
    template: str | None,
    to: str | None,
    django_capture_on_commit_callbacks: Any,
) -> None:
    api.credentials(**bearer(sign_in_for_tokens(api)["access"]))
    with django_capture_on_commit_callbacks(execute=True):
        reply = api.post(url, change) if url == CHANGE_PASSWORD else api.patch(url, change)
    assert reply.status_code < 300
    told = [(message.subject, message.to) for message in mail.outbox]
    assert told == ([] if template is None else [(sending.SUBJECTS[template], [to])])


def test_a_link_leads_to_the_origin_of_the_settings(browser: Client, api: APIClient, ada: User, settings: Any) -> None:
    """A link contains neither the host nor the port of the request, though ALLOWED_HOSTS accepts both."""
    settings.SITE_ORIGIN, settings.ALLOWED_HOSTS = "https://exchange.example.org", ["*"]
    for ask in (
        lambda: browser.post(PAGE, {"email": ADDRESS}, HTTP_HOST="evil.example:8443"),
        lambda: api.post(ASK, {"email": ADDRESS}, HTTP_HOST="localhost:666", HTTP_X_FORWARDED_HOST="evil.example"),
    ):
        mail.outbox.clear()
        cache.delete(f"password-reset:{ada.pk}")
        ask()
        [message] = mail.outbox
        assert re.findall(r"\S+://\S+?(?=/password-reset/)", message.body) == ["https://exchange.example.org"]
