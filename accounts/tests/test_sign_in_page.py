import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session

from accounts.models import User
from accounts.tests.cast import ADA, PASSWORD, SESSION, TOKEN
from core.web.rate_limits import SignInThrottle

pytestmark = pytest.mark.usefixtures("markets")

SIGN_IN = "/sign-in/"
NOBODY = "No active account has this name and password."


@pytest.mark.parametrize("name", ["ada", "ADA", "Ada", "ada@example.org", "Ada@Example.ORG"])
def test_name_or_address_in_any_case_sign_in(browser, ada, name):
    reply = browser.post(SIGN_IN, {**ADA, "username": name, "next": "/account/"})

    assert (reply.status_code, reply["Location"]) == (302, "/account/")
    assert browser.get("/account/").context["user"] == ada


@pytest.mark.parametrize("url", [TOKEN, SESSION])
@pytest.mark.parametrize("name", ["ADA", "Ada@example.org"])
def test_the_api_takes_the_same(api, ada, url, name):
    assert api.post(url, {**ADA, "username": name}).status_code == 200


def test_the_session_gets_a_new_key(browser, ada):
    browser.post(SIGN_IN, ADA)
    first = browser.cookies["sessionid"].value
    browser.post("/sign-out/")
    browser.post(SIGN_IN, ADA)

    assert browser.cookies["sessionid"].value != first
    assert Session.objects.count() == 1
    assert browser.cookies["sessionid"]["httponly"]


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"username": "nobody"}, {"username": "nobody@example.org"}])
def test_one_answer_for_whatever_is_wrong(browser, ada, wrong):
    reply = browser.post(SIGN_IN, {**ADA, **wrong, "next": "/account/"})

    assert reply.status_code == 401
    assert reply.context["form"].non_field_errors() == [NOBODY]
    page = reply.content.decode()
    assert f'value="{ {**ADA, **wrong}["username"] }"' in page
    assert PASSWORD not in page
    assert 'value="/account/"' in page
    assert not Session.objects.exists()


def test_a_deactivated_player_does_not_get_in(browser, ada):
    User.objects.update(is_active=False)

    assert browser.post(SIGN_IN, ADA).context["form"].non_field_errors() == [NOBODY]


@pytest.mark.parametrize("form", [{}, {"username": "ada"}, {"username": "ada\x00", "password": "x"}])
def test_a_form_that_is_not_filled_in_counts_as_no_failure(browser, ada, form):
    assert browser.post(SIGN_IN, form).status_code == 400
    assert not AccessAttempt.objects.exists()


def test_too_many_failures_lock_out_whatever_the_case(browser, ada, settings):
    settings.AXES_FAILURE_LIMIT = 3
    statuses = [
        browser.post(SIGN_IN, {"username": name, "password": "wrong"}).status_code
        for name in ("ada", "ADA", "ada@example.org")
    ]
    reply = browser.post(SIGN_IN, {**ADA, "username": "aDa"})

    assert statuses == [401, 401, 429]
    assert reply.status_code == 429
    assert 890 <= int(reply["Retry-After"]) <= 900
    assert "Too many failed sign-ins. Wait 15 minutes, then try again." in reply.content.decode()
    assert 'value="aDa"' in reply.content.decode()
    assert not Session.objects.exists()


def test_failures_are_forgiven_whatever_the_case(browser, ada):
    browser.post(SIGN_IN, {"username": "ADA", "password": "wrong"})
    browser.post(SIGN_IN, {**ADA, "username": "Ada"})

    assert not AccessAttempt.objects.exists()


def test_the_administrators_form_takes_any_case(browser, ada):
    User.objects.update(is_staff=True)

    assert browser.post("/admin/login/", {**ADA, "username": "ADA"}).status_code == 302


@pytest.mark.parametrize("path", [SIGN_IN, "/register/"])
def test_an_address_is_limited_as_at_the_api(browser, ada, monkeypatch, path):
    monkeypatch.setitem(SignInThrottle.THROTTLE_RATES, "sign_in", "2/day")
    browser.post(SIGN_IN, {})
    browser.post("/register/", {})
    reply = browser.post(path, ADA)

    assert reply.status_code == 429
    assert 0 < int(reply["Retry-After"]) <= 86_401
    assert 'data-code="rate_limited"' in reply.content.decode()
    assert browser.get(path).status_code == 200
    assert not Session.objects.exists()


def test_a_guest_is_led_to_the_page_and_back(browser, ada):
    reply = browser.get("/account/?a=b")

    assert reply["Location"] == "/sign-in/?next=/account/%3Fa%3Db"
    page = browser.get(reply["Location"])
    assert page.context["next"] == "/account/?a=b"
    # The bar's own links carry it on.
    assert page.content.decode().count("next=%2Faccount%2F%3Fa%3Db") == 3


def test_a_guests_page_comes_back_to_itself(browser):
    assert "/sign-in/?next=%2Fbiome-market%2F%3Fx%3D1" in browser.get("/biome-market/?x=1").content.decode()
