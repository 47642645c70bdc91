"""Administrators see who is locked out, and let them try again."""

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Permission

from accounts.models import User
from accounts.tests.cast import ADA, TOKEN

ATTEMPTS = "/admin/axes/accessattempt/"
OK, FOUND, REFUSED, LOCKED_OUT = 200, 302, 403, 429
MOST_QUERIES = 12


@pytest.fixture
def locked_out(settings, api, ada):
    """Lock Ada out by two failures, of which one was allowed."""
    settings.AXES_FAILURE_LIMIT = 2
    for _ in range(2):
        api.post(TOKEN, {**ADA, "password": "wrong"})
    assert api.post(TOKEN, ADA).status_code == LOCKED_OUT


def forgiving(*attempts):
    return {"action": "forgive", "_selected_action": [attempt.pk for attempt in attempts]}


def test_whoever_is_forgiven_can_sign_in_at_once(administrator, api, locked_out):
    page = administrator.post(ATTEMPTS, forgiving(*AccessAttempt.objects.all()), follow=True)
    assert "Forgiven: 1. They can sign in again." in page.content.decode()
    assert not AccessAttempt.objects.exists()
    assert api.post(TOKEN, ADA).status_code == OK


def test_others_stay_locked_out(administrator, api, locked_out):
    other = AccessAttempt.objects.create(username="bob", ip_address="10.0.0.1", failures_since_start=2)
    administrator.post(ATTEMPTS, forgiving(other))
    assert api.post(TOKEN, ADA).status_code == LOCKED_OUT


@pytest.mark.parametrize(
    ("term", "found"), [("ada", 1), ("ADA", 1), ("ad", 0), ("10.0.0.1", 1), ("::1", 0), ("10.0.0.", 0), ("a:b", 0)]
)
def test_attempts_are_found_by_name_and_by_address(administrator, db, term, found):
    AccessAttempt.objects.create(username="ada", ip_address="10.0.0.1", failures_since_start=2)
    AccessAttempt.objects.create(username="bob", ip_address="10.0.0.2", failures_since_start=2)
    assert len(administrator.get(ATTEMPTS, {"q": term}).context["cl"].result_list) == found


def test_the_list_and_a_row_open_with_few_queries(administrator, db, django_assert_max_num_queries):
    AccessAttempt.objects.bulk_create(
        AccessAttempt(username=f"p{number}", ip_address="10.0.0.1", user_agent="x", failures_since_start=number)
        for number in range(60)
    )
    with django_assert_max_num_queries(MOST_QUERIES):
        assert administrator.get(ATTEMPTS).status_code == OK
    with django_assert_max_num_queries(MOST_QUERIES):
        row = administrator.get(f"{ATTEMPTS}{AccessAttempt.objects.first().pk}/change/")
    assert row.status_code == OK
    # What was typed into the form is nobody's business.
    assert "post_data" not in row.content.decode()


def test_staff_without_the_permission_can_only_look(client, locked_out):
    clerk = User.objects.create_user("clerk", "clerk@example.org", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_accessattempt"))
    client.force_login(clerk)
    assert "Forgive" not in client.get(ATTEMPTS).content.decode()
    client.post(ATTEMPTS, forgiving(*AccessAttempt.objects.all()))
    assert AccessAttempt.objects.count() == 1

    clerk.user_permissions.add(Permission.objects.get(codename="delete_accessattempt"))
    client.post(ATTEMPTS, forgiving(*AccessAttempt.objects.all()))
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize("model", ["outstandingtoken", "blacklistedtoken"])
def test_refresh_tokens_are_no_administrators_business(administrator, model):
    assert administrator.get(f"/admin/token_blacklist/{model}/").status_code == 404
