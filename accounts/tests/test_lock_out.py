from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.db.models import F
from django.test import Client
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.models import User
from accounts.sign_ins.lockout import pull_back_failures
from accounts.tests.cast import ADA, PASSWORD, SESSION, TOKEN, sign_in_for_tokens

LIMIT = 5
COOLOFF = timedelta(minutes=15)
WRONG = {**ADA, "password": "wrong"}


@pytest.fixture(autouse=True)
def limits(settings):
    settings.AXES_FAILURE_LIMIT = LIMIT
    settings.AXES_COOLOFF_TIME = COOLOFF


def _fail(client, url=TOKEN, times=LIMIT, **headers):
    return [client.post(url, WRONG, **headers).status_code for _ in range(times)]


def _let_time_pass(time: timedelta) -> None:
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - time)


@pytest.mark.parametrize("url", [TOKEN, SESSION])
def test_the_last_allowed_failure_locks_out(api, ada, url):
    assert _fail(api, url) == [401, 401, 401, 401, 429]


@pytest.mark.parametrize("url", [TOKEN, SESSION])
def test_a_locked_out_player_is_refused_even_with_the_right_password(api, ada, url):
    _fail(api)
    _let_time_pass(timedelta(minutes=5))
    response = api.post(url, ADA)

    assert response.status_code == 429
    assert response.json() == {
        "type": "client_error",
        "errors": [
            {
                "code": "locked_out",
                "detail": "Too many failed sign-ins. Wait 10 minutes, then try again.",
                "attr": None,
            },
        ],
    }
    assert 590 <= int(response["Retry-After"]) <= 600
    assert not OutstandingToken.objects.exists()
    assert not Session.objects.exists()


def test_trying_too_early_does_not_make_the_wait_longer(api, ada):
    _fail(api)
    _let_time_pass(timedelta(minutes=14))

    assert api.post(TOKEN, WRONG).status_code == 429
    assert int(api.post(TOKEN, ADA)["Retry-After"]) <= 60


def test_it_ends_after_the_cooloff(api, ada):
    _fail(api)
    _let_time_pass(COOLOFF)

    assert api.post(TOKEN, ADA).status_code == 200


def test_success_forgives_earlier_failures(api, ada):
    _fail(api, times=LIMIT - 1)
    sign_in_for_tokens(api)

    assert not AccessAttempt.objects.exists()
    assert _fail(api, times=LIMIT - 1) == [401] * 4


def test_another_address_is_not_locked_out(api, ada, new_client):
    _fail(api)

    assert new_client().post(TOKEN, ADA).status_code == 200


def test_another_name_is_not_locked_out(api, ada):
    User.objects.create_user("grace", "grace@example.org", PASSWORD)
    _fail(api)

    assert api.post(TOKEN, {**ADA, "username": "grace"}).status_code == 200


def test_a_forwarded_address_is_not_believed(api, ada):
    statuses = [
        api.post(TOKEN, WRONG, HTTP_X_FORWARDED_FOR=f"192.0.2.{guess}", HTTP_USER_AGENT=f"agent {guess}").status_code
        for guess in range(LIMIT)
    ]

    assert statuses == [401, 401, 401, 401, 429]
    assert api.post(TOKEN, ADA, HTTP_X_FORWARDED_FOR="192.0.2.99").status_code == 429
    assert set(AccessAttempt.objects.values_list("ip_address", flat=True)) == {api.defaults["REMOTE_ADDR"]}


def test_the_address_that_a_trusted_proxy_names_is_believed(api, ada, settings):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    _fail(api, HTTP_X_FORWARDED_FOR="198.51.100.7, 192.0.2.1")

    # What the client wrote itself, left of the proxy's own entry, makes no difference.
    assert api.post(TOKEN, ADA, HTTP_X_FORWARDED_FOR="203.0.113.5, 192.0.2.1").status_code == 429
    assert api.post(TOKEN, ADA, HTTP_X_FORWARDED_FOR="192.0.2.2").status_code == 200


def test_the_administrators_form_locks_out_too(ada):
    User.objects.update(is_staff=True)
    form = Client(REMOTE_ADDR="10.0.0.1")
    statuses = [form.post("/admin/login/", WRONG).status_code for _ in range(LIMIT)]
    locked_out = form.post("/admin/login/", ADA)

    assert statuses == [200, 200, 200, 200, 429]
    assert locked_out.status_code == 429
    assert 890 <= int(locked_out["Retry-After"]) <= 900
    assert "Wait 15 minutes, then try again." in locked_out.content.decode()
    assert not Session.objects.filter(pk=form.cookies.get("sessionid", "")).exists()


def test_failures_at_one_door_count_at_the_others(api, ada):
    form = Client(REMOTE_ADDR=api.defaults["REMOTE_ADDR"])
    form.post("/admin/login/", WRONG)
    form.post("/admin/login/", WRONG)

    assert _fail(api, SESSION, times=2) == [401, 401]
    assert _fail(api, TOKEN, times=1) == [429]


@pytest.mark.parametrize("door", [TOKEN, SESSION, "/admin/login/"])
def test_every_spelling_that_leads_to_an_account_counts_for_it(api, db, door):
    """The database folds a dotted capital I to a plain i, and a sign in full width is one name with the plain one."""
    User.objects.create_user("iris", "iris@example.org", PASSWORD)
    client = Client(REMOTE_ADDR=api.defaults["REMOTE_ADDR"]) if door == "/admin/login/" else api
    for name in ("iris", "\u0130ris", "IR\u0130S", "\u0130R\u0130S", "\uff29ris"):
        client.post(door, {"username": name, "password": "wrong"})

    assert AccessAttempt.objects.get().failures_since_start == LIMIT
    assert api.post(TOKEN, {"username": "iris", "password": PASSWORD}).status_code == 429


def test_a_name_and_its_address_count_together(api, ada):
    for name in ("ada", "ADA", "ada@example.org", "Ada@Example.org"):
        assert api.post(TOKEN, {**WRONG, "username": name}).status_code == 401

    assert api.post(TOKEN, {**WRONG, "username": "ada@EXAMPLE.org"}).status_code == 429


def test_nobody_waits_for_a_clock_that_was_set_back(api, ada):
    _fail(api)
    _let_time_pass(-timedelta(hours=2))
    assert int(api.post(TOKEN, ADA)["Retry-After"]) > 7200

    now = timezone.now()
    assert pull_back_failures(now=now) == 1
    assert pull_back_failures(now=now) == 0
    assert int(api.post(TOKEN, ADA)["Retry-After"]) <= 900
