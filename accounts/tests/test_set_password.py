"""Every way of setting a password ends the other sign-ins, sessions and tokens alike, and tells the owner by mail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import SignIn, User
from accounts.passwords.reset import link_of
from accounts.tests.cast import (
    CHANGE_PASSWORD,
    OTHER_PASSWORD,
    PASSWORD,
    REFRESH,
    bearer,
    codes_of,
    sign_in_by_session,
    sign_in_for_tokens,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("markets", "mails_at_once")]

Door = Callable[[Any, Any, User], Any]


def by_page(browser: Client, api: APIClient, ada: User) -> None:
    browser.force_login(ada)
    browser.post("/account/password/", {"current_password": PASSWORD, "new_password": OTHER_PASSWORD})


def by_api(browser: Client, api: APIClient, ada: User) -> None:
    access = sign_in_for_tokens(api)["access"]
    api.post(CHANGE_PASSWORD, {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}, **bearer(access))


def by_link(browser: Client, api: APIClient, ada: User) -> None:
    uid, token = link_of(User.objects.get(pk=ada.pk))
    browser.get(f"/password-reset/{uid}/{token}/")
    browser.post(f"/password-reset/{uid}/set-password/", {"new_password": OTHER_PASSWORD})


def by_link_of_api(browser: Client, api: APIClient, ada: User) -> None:
    uid, token = link_of(User.objects.get(pk=ada.pk))
    body = {"uid": uid, "token": token, "new_password": OTHER_PASSWORD}
    api.post("/api/v1/auth/password/reset/confirm", body)


def by_own_page_of_the_administration(browser: Client, api: APIClient, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    browser.force_login(ada)
    form = {"old_password": PASSWORD, "new_password1": OTHER_PASSWORD, "new_password2": OTHER_PASSWORD}
    assert browser.post("/admin/password_change/", form).status_code == 302
    assert browser.get("/admin/password_change/done/").status_code == 200, "this session goes on"


def by_an_administrator(browser: Client, api: APIClient, ada: User) -> None:
    browser.force_login(User.objects.create_superuser("root", "root@example.org"))
    form = {"usable_password": "true", "password1": OTHER_PASSWORD, "password2": OTHER_PASSWORD, "reason": "Lost."}
    assert browser.post(f"/admin/accounts/user/{ada.pk}/password/", form).status_code == 302


def by_command(browser: Client, api: APIClient, ada: User) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("getpass.getpass", lambda prompt="": OTHER_PASSWORD)
        call_command("changepassword", "ADA", verbosity=0)


DOORS = [
    by_page, by_api, by_link, by_link_of_api, by_own_page_of_the_administration, by_an_administrator, by_command
]  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_the_others_end_and_the_owner_hears_of_it(
    browser: Client, api: APIClient, new_client: Callable[[], APIClient], ada: User, mailoutbox: list[Any], door: Door
) -> None:
    session, program = new_client(), new_client()
    sign_in_by_session(session)
    refresh = sign_in_for_tokens(program)["refresh"]
    others = set(SignIn.objects.values_list("pk", flat=True))

    door(browser, api, ada)

    assert User.objects.get(pk=ada.pk).check_password(OTHER_PASSWORD)
    assert not SignIn.objects.filter(pk__in=others).exists()
    assert session.get("/api/v1/auth/me").status_code == 401
    assert program.post(REFRESH, {"refresh": refresh}).status_code == 401
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == (["ada@example.org"], "Biome Exchange: your password was changed")


def test_an_account_without_a_password_is_told_of_too(browser: Client, ada: User, mailoutbox: list[Any]) -> None:
    browser.force_login(User.objects.create_superuser("root", "root@example.org"))
    form = {"usable_password": "false", "unset-password": "1", "reason": "Asked for."}
    assert browser.post(f"/admin/accounts/user/{ada.pk}/password/", form).status_code == 302
    assert not User.objects.get(pk=ada.pk).has_usable_password()
    assert [mail.to for mail in mailoutbox] == [["ada@example.org"]]


def test_the_wrong_current_password_changes_nothing(browser: Client, ada: User, mailoutbox: list[Any]) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    browser.force_login(ada)
    form = {"old_password": "wrong", "new_password1": OTHER_PASSWORD, "new_password2": OTHER_PASSWORD}
    page = browser.post("/admin/password_change/", form)
    assert "This is not the current password." in page.content.decode()
    assert User.objects.get(pk=ada.pk).check_password(PASSWORD)
    assert mailoutbox == []


def test_a_password_that_changed_meanwhile_is_not_the_current_one(
    api: APIClient, ada: User, run_before: Any, in_thread: Any
) -> None:
    access = sign_in_for_tokens(api)["access"]
    meanwhile = "something else altogether"

    def change() -> None:
        User.objects.filter(pk=ada.pk).update(password=meanwhile)

    run_before("accounts.passwords.change.player_locked", lambda: in_thread(change).result())
    body = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    refused = api.post(CHANGE_PASSWORD, body, **bearer(access))
    assert codes_of(refused) == [("password_incorrect", "current_password")]
    assert User.objects.get(pk=ada.pk).password == meanwhile
