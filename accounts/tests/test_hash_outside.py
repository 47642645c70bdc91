"""No password is hashed or checked within a transaction, by any view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.cast import (
    ADA,
    ME,
    OTHER_PASSWORD,
    PASSWORD,
    REGISTER,
    SESSION,
    TOKEN,
    QuickArgon2PasswordHasher,
    bearer,
)  # fmt: skip
from accounts.tests.test_set_password import DOORS, Door

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("markets", "mails_at_once")]

GRACE = {"username": "grace", "email": "grace@example.org", "password": PASSWORD}


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Record, for each hash made or checked, whether a transaction was open."""
    seen: list[bool] = []

    def watch(name: str) -> None:
        original: Callable[..., Any] = getattr(QuickArgon2PasswordHasher, name)

        def watched(self: Any, *arguments: Any) -> Any:
            seen.append(connection.in_atomic_block)
            return original(self, *arguments)

        monkeypatch.setattr(QuickArgon2PasswordHasher, name, watched)

    watch("encode")
    watch("verify")
    return seen


def by_registering(browser: Client, api: APIClient, ada: User) -> None:
    assert api.post(REGISTER, GRACE).status_code == 201


def by_registering_on_the_page(browser: Client, api: APIClient, ada: User) -> None:
    assert browser.post("/register/", GRACE).status_code == 302


def by_adding_a_player(browser: Client, api: APIClient, ada: User) -> None:
    browser.force_login(User.objects.create_superuser("root", "root@example.org"))
    form = {**GRACE, "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert browser.post("/admin/accounts/user/add/", form).status_code == 302
    assert User.objects.get(username="grace").check_password(PASSWORD)


def by_the_command_for_superusers(browser: Client, api: APIClient, ada: User) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
        call_command("createsuperuser", "--noinput", username="grace", email="grace@example.org", verbosity=0)
    assert User.objects.get(username="grace").check_password(PASSWORD)


def by_signing_in(browser: Client, api: APIClient, ada: User) -> None:
    assert api.post(TOKEN, ADA).status_code == 200


def by_signing_in_with_a_session(browser: Client, api: APIClient, ada: User) -> None:
    assert api.post(SESSION, ADA).status_code == 200


def by_signing_in_on_the_page(browser: Client, api: APIClient, ada: User) -> None:
    assert browser.post("/sign-in/", ADA).status_code == 302


def by_signing_in_to_the_administration(browser: Client, api: APIClient, ada: User) -> None:
    User.objects.update(is_staff=True)
    assert browser.post("/admin/login/", ADA).status_code == 302


def by_making_a_key(browser: Client, api: APIClient, ada: User) -> None:
    access = api.post(TOKEN, ADA).json()["access"]
    key = {"name": "bot", "scopes": ["read"], "current_password": PASSWORD}
    assert api.post("/api/v1/auth/keys", key, **bearer(access)).status_code == 201


def by_a_new_address(browser: Client, api: APIClient, ada: User) -> None:
    access = api.post(TOKEN, ADA).json()["access"]
    wanted = {"email": "ada@example.net", "current_password": PASSWORD}
    assert api.patch(ME, wanted, **bearer(access)).status_code == 200


SIGNING_IN = [
    by_signing_in, by_signing_in_with_a_session, by_signing_in_on_the_page, by_signing_in_to_the_administration
]  # fmt: skip
OTHERS = [
    by_registering, by_registering_on_the_page, by_adding_a_player, by_the_command_for_superusers,
    by_making_a_key, by_a_new_address,
]  # fmt: skip


@pytest.fixture(autouse=True)
def mail(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.mark.parametrize("door", [*DOORS, *SIGNING_IN, *OTHERS])
def test_whoever_sets_or_proves_a_password(
    browser: Client, api: APIClient, ada: User, held: list[bool], door: Door
) -> None:
    held.clear()
    door(browser, api, ada)
    assert held
    assert not any(held)


class CostlyHasher(QuickArgon2PasswordHasher):
    """A hasher with the site's former cost."""

    time_cost = 2


@pytest.mark.parametrize("door", SIGNING_IN)
def test_whoever_signs_in_with_an_old_hash(
    browser: Client, api: APIClient, ada: User, held: list[bool], door: Door
) -> None:
    """A password with an old hash is hashed anew at sign-in, at today's cost."""
    before = CostlyHasher().encode(PASSWORD, "a salt of its own")
    User.objects.filter(pk=ada.pk).update(password=before)
    held.clear()

    door(browser, api, ada)

    ada.refresh_from_db()
    assert ada.password != before
    assert ada.check_password(PASSWORD)
    assert len(held) >= 2
    assert not any(held)


def test_an_added_player_whose_password_nobody_knows(browser: Client, ada: User, held: list[bool]) -> None:
    browser.force_login(User.objects.create_superuser("root", "root@example.org"))
    form = {"username": "grace", "email": "grace@example.org", "usable_password": "false"}

    assert browser.post("/admin/accounts/user/add/", form).status_code == 302

    assert not User.objects.get(username="grace").has_usable_password()


@pytest.mark.parametrize("changes", [{"password2": OTHER_PASSWORD}, {"password1": "", "password2": ""}])
def test_a_refused_password_adds_nobody(browser: Client, ada: User, changes: dict[str, str]) -> None:
    browser.force_login(User.objects.create_superuser("root", "root@example.org"))
    form = {**GRACE, "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD} | changes

    assert browser.post("/admin/accounts/user/add/", form).status_code == 200

    assert not User.objects.filter(username="grace").exists()
