"""Each action of an administrator is recorded, with a reason where one is required, and no administrator can gain
power.
"""

from __future__ import annotations

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.models import User
from accounts.tests.cast import OTHER_PASSWORD

LOG = "/admin/admin/logentry/"


@pytest.fixture
def clerk(ada: User) -> Client:
    """Create an administrator who may edit players and groups, and is no superuser."""
    clerk = User.objects.create_user("clerk", "clerk@example.org", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__regex="(user|group|logentry)$"))
    client = Client()
    client.force_login(clerk)
    return client


def change(player: User) -> str:
    return f"/admin/accounts/user/{player.pk}/change/"


def values_of(page: Any, **changes: Any) -> dict[str, Any]:
    initial = page.context["adminform"].form.initial
    return {name: value for name, value in initial.items() if value not in (None, False, [])} | changes


@pytest.mark.parametrize("changes", [{"is_active": ""}, {"is_staff": "on"}, {"is_superuser": "on"}])
def test_a_change_of_standing_needs_a_reason(administrator: Client, ada: User, changes: dict[str, str]) -> None:
    form = values_of(administrator.get(change(ada)), **changes)
    refused = administrator.post(change(ada), form)
    assert "Give a reason" in refused.content.decode()
    before = User.objects.get(pk=ada.pk)
    assert (before.is_active, before.is_staff, before.is_superuser) == (True, False, False)
    assert not LogEntry.objects.exists()

    assert administrator.post(change(ada), {**form, "reason": "As agreed."}).status_code == 302
    [name] = changes
    assert LogEntry.objects.get().get_change_message() == f"Changed {name}. Reason: As agreed."


def test_a_new_password_needs_one_too(administrator: Client, ada: User) -> None:
    url = f"/admin/accounts/user/{ada.pk}/password/"
    form = {"usable_password": "true", "password1": OTHER_PASSWORD, "password2": OTHER_PASSWORD}
    assert administrator.post(url, form).status_code == 200
    assert not User.objects.get(pk=ada.pk).check_password(OTHER_PASSWORD)
    administrator.post(url, {**form, "reason": "Lost it."})
    assert User.objects.get(pk=ada.pk).check_password(OTHER_PASSWORD)
    assert LogEntry.objects.get().get_change_message() == "Changed password. Reason: Lost it."


def test_forgiving_is_kept(administrator: Client, db: None) -> None:
    attempt = AccessAttempt.objects.create(username="bob", ip_address="10.0.0.1", failures_since_start=2)
    administrator.post("/admin/axes/accessattempt/", {"action": "forgive", "_selected_action": [attempt.pk]})
    assert LogEntry.objects.get().get_change_message() == "Forgiven."


def test_signing_players_out_is_kept(administrator: Client, ada: User, browser: Client) -> None:
    browser.force_login(ada)
    administrator.post("/admin/accounts/user/", {"action": "sign_out", "_selected_action": [ada.pk]})
    assert browser.get("/account/").status_code == 302
    assert LogEntry.objects.get().get_change_message() == "Signed out everywhere."


def test_the_log_is_read_and_never_written(administrator: Client, ada: User) -> None:
    form = values_of(administrator.get(change(ada)), is_active="", reason="Cheated.")
    administrator.post(change(ada), form)
    entry = LogEntry.objects.get()
    assert "Cheated." in administrator.get(LOG).content.decode()
    assert administrator.get(LOG, {"q": entry.user.username}).context["cl"].result_count == 1
    for action in ("add/", f"{entry.pk}/change/", f"{entry.pk}/delete/"):
        assert administrator.post(LOG + action, {"post": "yes"}).status_code == 403
    administrator.post(LOG, {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert LogEntry.objects.count() == 1


def test_accounts_are_not_deleted(administrator: Client, ada: User) -> None:
    assert administrator.post(f"/admin/accounts/user/{ada.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=ada.pk).exists()


def test_who_edits_players_hands_out_no_power(clerk: Client, ada: User) -> None:
    form = values_of(clerk.get(change(ada)), is_superuser="on", is_staff="on", theme="dark", reason="Why not?")
    assert clerk.post(change(ada), form).status_code == 302
    ada.refresh_from_db()
    assert (ada.theme, ada.is_staff, ada.is_superuser) == ("dark", False, False)


def test_who_edits_players_takes_over_no_administrator(clerk: Client) -> None:
    root = User.objects.create_superuser("root", "root@example.org", OTHER_PASSWORD)
    assert clerk.post(change(root), {"email": "clerk2@example.org", "username": "root"}).status_code == 403
    password = {"usable_password": "true", "password1": "a very new one", "password2": "a very new one", "reason": "x"}
    assert clerk.post(f"/admin/accounts/user/{root.pk}/password/", password).status_code == 403
    root.refresh_from_db()
    assert root.email == "root@example.org"
    assert root.check_password(OTHER_PASSWORD)


@pytest.fixture(params=["permission", "group", "staff", "superuser"])
def powerful(request: pytest.FixtureRequest, ada: User) -> User:
    """Create Ada with a power of each kind."""
    if request.param == "permission":
        ada.user_permissions.add(Permission.objects.get(codename="move_outside_money"))
    elif request.param == "group":
        # Empty now, and perhaps not tomorrow.
        ada.groups.add(Group.objects.create(name="treasurers"))
    else:
        User.objects.filter(pk=ada.pk).update(**{f"is_{request.param}": True})
    return User.objects.get(pk=ada.pk)


def test_whoever_holds_a_power_is_edited_by_superusers_only(
    clerk: Client, administrator: Client, powerful: User, browser: Client
) -> None:
    browser.force_login(powerful)
    before = User.objects.filter(pk=powerful.pk).values().get()
    fields = {"username": "ada", "email": "mine@example.org", "is_active": "", "reason": "x"}
    password = {"usable_password": "true", "password1": OTHER_PASSWORD, "password2": OTHER_PASSWORD, "reason": "x"}
    assert clerk.post(change(powerful), fields).status_code == 403
    assert clerk.post(f"/admin/accounts/user/{powerful.pk}/password/", password).status_code == 403
    assert clerk.post(f"/admin/accounts/user/{powerful.pk}/reset-second-factor/", {"reason": "x"}).status_code == 403
    clerk.post("/admin/accounts/user/", {"action": "sign_out", "_selected_action": [powerful.pk]})
    assert browser.get("/account/").status_code == 200
    assert User.objects.filter(pk=powerful.pk).values().get() == before
    assert not LogEntry.objects.exists()

    assert administrator.post(f"/admin/accounts/user/{powerful.pk}/password/", password).status_code == 302
    assert User.objects.get(pk=powerful.pk).check_password(OTHER_PASSWORD)


def test_groups_are_for_superusers(clerk: Client, administrator: Client) -> None:
    assert clerk.post("/admin/auth/group/add/", {"name": "friends"}).status_code == 403
    assert administrator.post("/admin/auth/group/add/", {"name": "friends"}).status_code == 302
    assert Group.objects.get().name == "friends"
