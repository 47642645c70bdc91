from functools import partial
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.tests.cast import PASSWORD

pytestmark = pytest.mark.usefixtures("markets")

REGISTER = "/register/"
GRACE = {"username": "grace", "email": "grace@example.org", "password": PASSWORD}


def test_a_guest_gets_an_account_and_a_wallet_and_is_led_to_a_first_trade(browser, settings):
    settings.STARTING_GRANT_BDT = 1000
    reply = browser.post(REGISTER, {**GRACE, "next": "/biome-market/?a=b"})
    page = browser.get(reply["Location"]).content.decode()

    assert (reply.status_code, reply["Location"]) == (302, "/biome-market/?a=b")
    grace = User.objects.get()
    assert (grace.username, grace.email, grace.is_staff) == ("grace", "grace@example.org", False)
    assert grace.check_password(PASSWORD)
    assert "Welcome, <bdi>grace</bdi>." in page
    assert "1,000.00" in page
    assert grace.wallet.balance_micro == 1_000_000_000


def test_the_theme_that_a_guest_chose_stays(browser):
    browser.cookies["theme"] = "dark"
    browser.post(REGISTER, GRACE)

    assert User.objects.get().theme == "dark"


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"username": "ADA"}, "username", "Another player has this name."),
        ({"email": "ADA@example.org"}, "email", "Another player has this address."),
        ({"username": "no spaces"}, "username", "Letters, digits and . + - _ only, please."),
        ({"username": "nul\x00"}, "username", "Null characters are not allowed."),
        ({"username": ""}, "username", "This field is required."),
        ({"email": "grace at example"}, "email", "Enter a valid email address."),
        ({"password": "sh0rt"}, "password", "This password is too short."),
        ({"password": "grace@example.org"}, "password", "too similar"),
    ],
)
def test_a_refusal_stands_beside_the_field_and_keeps_what_was_typed(browser, ada, changes, field, said):
    reply = browser.post(REGISTER, {**GRACE, "next": "/biome-market/", **changes})
    form = reply.context["form"]

    assert reply.status_code == 400
    assert said in " ".join(form.errors[field])
    page = reply.content.decode()
    assert f'id="id_{field}_error"' in page
    assert PASSWORD not in page
    assert 'name="next" value="/biome-market/"' in page
    if field != "email":
        assert 'value="grace@example.org"' in page
    assert list(User.objects.values_list("username", flat=True)) == ["ada"]
    assert not Session.objects.exists()


def test_all_fields_at_fault_are_named_at_once(browser, ada):
    reply = browser.post(REGISTER, {"username": "Ada", "email": "Ada@Example.org", "password": "x"})

    assert set(reply.context["form"].errors) == {"username", "email", "password"}


def test_a_race_lost_behind_the_form_is_the_same_field_error(browser, ada, monkeypatch):
    monkeypatch.setattr("accounts.forms.refuse_taken", lambda field, value, **besides: value)
    reply = browser.post(REGISTER, {**GRACE, "username": "ADA"})

    assert reply.status_code == 400
    assert reply.context["form"].errors == {"username": ["Another player has this name."]}
    assert User.objects.count() == 1


def test_who_is_signed_in_goes_on(browser, ada):
    browser.force_login(ada)

    assert browser.get(REGISTER + "?next=/biome-market/")["Location"] == "/biome-market/"
    assert browser.post(REGISTER, GRACE)["Location"] == "/"
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/sign-in/?next=/", "", "\\\\evil"]
)
def test_only_our_own_pages_come_next(browser, next_page):
    reply = browser.post(REGISTER + "?" + urlencode({"next": next_page}), GRACE)

    assert reply["Location"] == "/"


def test_a_form_without_our_token_opens_no_account(new_browser):
    reply = new_browser(enforce_csrf_checks=True).post(REGISTER, GRACE)

    assert reply.status_code == 403
    assert not User.objects.exists()


def test_of_simultaneous_registrations_of_one_name_one_succeeds(transactional_db, markets, new_browser, run_together):
    forms = [{**GRACE, "username": name, "email": f"{at}@example.org"} for at, name in enumerate(["grace", "Grace"])]
    replies = run_together([partial(new_browser().post, REGISTER, form) for form in forms])

    assert sorted(reply.status_code for reply in replies) == [302, 400]
    assert User.objects.count() == 1


def test_another_players_name_is_refused_by_the_form(ada):
    from accounts.naming.uniqueness import refuse_taken

    with pytest.raises(ValidationError) as refusal:
        refuse_taken("username", "ADA")
    assert refusal.value.code == "unique"
    assert refuse_taken("username", "ADA", besides=ada.pk) == "ADA"


def test_the_page_asks_the_database_nothing_of_a_guest(browser, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert browser.get(REGISTER).status_code == 200
