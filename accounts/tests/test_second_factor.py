"""An administrator's second factor is set up with an app, asked for after the password, and never skipped."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework.test import APIClient

from accounts.models import User
from accounts.registration import register_player
from accounts.sign_ins import second_factor
from accounts.tests.cast import PASSWORD, bearer, sign_in_for_tokens

pytestmark = pytest.mark.usefixtures("markets")

ADMIN, ASK, SET_UP = "/admin/", "/admin/second-factor/", "/admin/second-factor/set-up/"
TOPUP, TRAIL = "/api/v1/wallet/topup", "/api/v1/marketplace/transactions/audit-trail"


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", "root@example.org", PASSWORD)


@pytest.fixture
def guarded(root: User) -> list[str]:
    """Turn on root's second factor; returns the recovery codes."""
    device = second_factor.new_device(root)
    codes = second_factor.turn_on(root, code_of(device))
    assert codes is not None
    return codes


def code_of(device: TOTPDevice, *, steps: int = 0) -> str:
    return f"{totp(device.bin_key, drift=steps):06d}"


def next_code(user: User) -> str:
    """Return the code of the next time step, as each code works once."""
    device = TOTPDevice.objects.get(user=user)
    return code_of(device, steps=1)


def signed_in(browser: Client) -> Client:
    """Sign in to the administration with name and password, without a code."""
    reply = browser.post("/admin/login/?next=/admin/", {"username": "root", "password": PASSWORD})
    assert reply.status_code == 302
    return browser


def test_without_one_the_password_is_enough(browser: Client, root: User) -> None:
    assert signed_in(browser).get(ADMIN).status_code == 200


def test_it_is_turned_on_with_an_app(browser: Client, root: User) -> None:
    signed_in(browser)
    page = browser.get(SET_UP).content.decode()
    device = TOTPDevice.objects.get(user=root)
    assert "<svg" in page
    assert second_factor.key_text(device) in page
    assert "style=" not in page
    assert browser.get(SET_UP).content.decode().count(second_factor.key_text(device)) == 1, "the same key when reloaded"

    assert browser.post(SET_UP, {"code": "000000"}).status_code == 400
    assert second_factor.device_of(root) is None
    TOTPDevice.objects.update(throttling_failure_count=0)
    shown = browser.post(SET_UP, {"code": code_of(device)}).content.decode()
    assert len(re.findall(r"<li><code>\w{8}</code></li>", shown)) == second_factor.RECOVERY_CODES
    assert browser.get(ADMIN).status_code == 200, "the code was given in this session"
    assert LogEntry.objects.get().get_change_message() == "Turned the second factor on."


def test_then_a_code_is_asked_for(browser: Client, root: User, guarded: list[str]) -> None:
    signed_in(browser)
    assert browser.get(ADMIN)["Location"] == "/admin/login/?next=/admin/"
    assert browser.get("/admin/login/?next=/admin/accounts/user/")["Location"].startswith(f"{ASK}?next=%2Fadmin")
    key = browser.cookies["sessionid"].value
    reply = browser.post(ASK, {"code": next_code(root), "next": "/admin/accounts/user/"})
    assert reply["Location"] == "/admin/accounts/user/"
    assert browser.cookies["sessionid"].value != key
    assert browser.get(ADMIN).status_code == 200


@pytest.mark.parametrize(
    "path", [ADMIN, SET_UP, "/admin/accounts/user/", "/admin/figures/", "/admin/trading/wallet/top-up/"]
)
def test_no_page_opens_without_it(browser: Client, root: User, guarded: list[str], path: str) -> None:
    # Nor by the site's own page to sign in.
    browser.post("/sign-in/", {"username": "root", "password": PASSWORD})
    assert browser.get(path).status_code == 302
    assert browser.post(path, {"code": "123456"}).status_code == 302


def test_a_code_works_once_and_wrong_ones_make_wait(browser: Client, root: User, guarded: list[str]) -> None:
    signed_in(browser)
    code = next_code(root)
    assert browser.post(ASK, {"code": code}).status_code == 302
    again = signed_in(Client())
    refused = again.post(ASK, {"code": code})
    assert (refused.status_code, "Wait" in refused.content.decode()) == (400, True)
    device = TOTPDevice.objects.get(user=root)
    TOTPDevice.objects.update(throttling_failure_count=9, throttling_failure_timestamp=timezone.now())
    assert again.post(ASK, {"code": code_of(device, steps=1)}).status_code == 400, "not even a right one"
    TOTPDevice.objects.update(last_t=-1, throttling_failure_timestamp=timezone.now() - timedelta(hours=1))
    assert again.post(ASK, {"code": code_of(device)}).status_code == 302


def test_a_recovery_code_opens_once(browser: Client, root: User, guarded: list[str]) -> None:
    assert signed_in(browser).post(ASK, {"code": guarded[0].upper()}).status_code == 302
    assert browser.get(ADMIN).status_code == 200
    assert signed_in(Client()).post(ASK, {"code": guarded[0]}).status_code == 400
    assert StaticToken.objects.count() == second_factor.RECOVERY_CODES - 1


@pytest.mark.parametrize("code", ["", "x" * 21, "\uff11\uff12\uff13\uff14\uff15\uff16", "-12345", "nothing", "\x00"])
def test_what_is_no_code_is_refused(browser: Client, root: User, guarded: list[str], code: str) -> None:
    assert signed_in(browser).post(ASK, {"code": code}).status_code == 400
    assert browser.get(ADMIN).status_code == 302


def test_it_is_turned_off_with_a_code(browser: Client, root: User, guarded: list[str]) -> None:
    signed_in(browser).post(ASK, {"code": guarded[0]})
    assert browser.post(SET_UP, {"code": "nothing", "off": "1"}).status_code == 400
    StaticToken.objects.first().device.throttle_reset()
    shown = browser.post(SET_UP, {"code": guarded[1], "renew": "1"}).content.decode()
    assert guarded[2] not in shown
    assert browser.post(SET_UP, {"code": next_code(root), "off": "1"}).status_code == 302
    assert second_factor.device_of(root) is None
    assert signed_in(Client()).get(ADMIN).status_code == 200


def test_it_can_be_demanded_of_everybody(browser: Client, root: User, settings: Any) -> None:
    settings.ADMIN_TOTP_REQUIRED = True
    signed_in(browser)
    assert browser.get(ADMIN).status_code == 302
    assert browser.get("/admin/login/", follow=True).request["PATH_INFO"] == SET_UP
    browser.post(SET_UP, {"code": code_of(TOTPDevice.objects.get(user=root))})
    assert browser.get(ADMIN).status_code == 200


def test_players_have_none(browser: Client, ada: User) -> None:
    browser.force_login(ada)
    assert [browser.get(path).status_code for path in (ASK, SET_UP)] == [403, 403]
    assert not TOTPDevice.objects.exists()


def test_a_superuser_resets_anothers_for_a_reason(administrator: Client, browser: Client, db: None) -> None:
    other = User.objects.create_superuser("other", "other@example.org", PASSWORD)
    second_factor.turn_on(other, code_of(second_factor.new_device(other)))
    url = f"/admin/accounts/user/{other.pk}/reset-second-factor/"
    assert url in administrator.get(f"/admin/accounts/user/{other.pk}/change/").content.decode()
    assert administrator.post(url, {"reason": ""}).status_code == 200
    assert second_factor.device_of(other) is not None
    assert administrator.post(url, {"reason": "Lost the phone."}).status_code == 302
    assert second_factor.device_of(other) is None
    assert "Lost the phone." in LogEntry.objects.get().get_change_message()

    clerk = User.objects.create_user("clerk", "clerk@example.org", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="change_user"))
    browser.force_login(clerk)
    assert browser.post(url, {"reason": "I want to."}).status_code == 403


def test_no_token_has_an_administrators_powers(api: APIClient, root: User, guarded: list[str]) -> None:
    register_player(username="ada", email="ada@example.org", password=PASSWORD)
    access = sign_in_for_tokens(api, username="root")["access"]
    assert api.post(TOPUP, {"player": "ada", "amount": "1", "reason": "x"}, **bearer(access)).status_code == 403
    assert api.get(TRAIL, {"player": "ada"}, **bearer(access)).status_code == 403
    assert api.get(TRAIL, **bearer(access)).status_code == 200, "the own is a player's"


def test_it_is_demanded_of_whoever_holds_a_power(api: APIClient, browser: Client, settings: Any, db: None) -> None:
    """A player who moves outside money needs no access to the administration, and a code all the same."""
    ada = register_player(username="ada", email="ada@example.org", password=PASSWORD)
    ada.user_permissions.add(Permission.objects.get(codename="move_outside_money"))
    top_up = {"player": "ada", "amount": "1", "reason": "x"}
    access = sign_in_for_tokens(api)["access"]
    assert api.post(TOPUP, top_up, **bearer(access), HTTP_IDEMPOTENCY_KEY=str(uuid4())).status_code < 300

    settings.ADMIN_TOTP_REQUIRED = True
    assert api.post(TOPUP, top_up, **bearer(access), HTTP_IDEMPOTENCY_KEY=str(uuid4())).status_code == 403
    browser.force_login(ada)
    assert browser.post(TOPUP, top_up, "application/json").status_code == 403
    assert SET_UP in browser.get("/account/").content.decode()
    assert browser.get(SET_UP).status_code == 200
    shown = browser.post(SET_UP, {"code": code_of(TOTPDevice.objects.get(user=ada))})
    assert 'href="/account/"' in shown.content.decode()
    headers = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())}
    assert browser.post(TOPUP, top_up, "application/json", **headers).status_code < 300
    assert api.post(TOPUP, top_up, **bearer(access), HTTP_IDEMPOTENCY_KEY=str(uuid4())).status_code == 403


def test_keys_are_nobodys_to_see(administrator: Client, root: User) -> None:
    for model in ("otp_totp/totpdevice", "otp_static/staticdevice"):
        assert administrator.get(f"/admin/{model}/").status_code == 404
