from functools import partial

import pytest
from django.contrib.sessions.models import Session
from django.utils.html import escape

from accounts.models import User
from accounts.tests.cast import ADA, OTHER_PASSWORD, PASSWORD, REFRESH, codes_of, sign_in_by_session, sign_in_for_tokens
from core.web.rate_limits import SignInThrottle

ACCOUNT, PROFILE, PREFERENCES, CHANGE_PASSWORD = (
    "/account/",
    "/account/profile/",
    "/account/preferences/",
    "/account/password/",
)
HTMX = {"HTTP_HX_REQUEST": "true"}
PREFERRED = {"theme": "dark", "motion": "reduced", "default_tolerance_bps": "0.5"}
PASSWORDS = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
# One for each section, with what it says of the player.
FORMS = [
    (PROFILE, {"display_name": " Countess ", "email": "ADA@Example.ORG"}, "Your profile is saved."),
    (PREFERENCES, PREFERRED, "Your preferences are saved."),
    (CHANGE_PASSWORD, PASSWORDS, "Your password is changed."),
]


@pytest.fixture
def signed_in(browser, ada, markets):
    browser.force_login(ada)
    browser.get("/")  # opens the wallet
    return browser


def test_the_page_shows_how_the_account_stands(signed_in, ada, django_assert_max_num_queries):
    User.objects.update(default_tolerance_bps=150, theme="light", date_joined="2026-01-02T12:00Z", is_simulated=True)
    with django_assert_max_num_queries(5):  # session, player, sign-ins, wallet, and as there is none, the account
        page = signed_in.get(ACCOUNT).content.decode()

    assert 'value="Ada L."' in page
    assert 'value="ada@example.org"' in page
    assert 'value="1.5"' in page
    assert '<html lang="en" data-theme="light"' in page
    assert "2 Jan 2026" in page
    assert "One of the simulated crowd" in page


@pytest.mark.parametrize(("url", "form", "said"), FORMS)
def test_a_section_is_saved_without_scripts(signed_in, url, form, said):
    reply = signed_in.post(url, form, follow=True)

    assert reply.redirect_chain == [(ACCOUNT, 302)]
    assert said in reply.content.decode()


@pytest.mark.parametrize(("url", "form", "said"), FORMS)
def test_a_section_is_saved_in_place(signed_in, url, form, said):
    reply = signed_in.post(url, form, **HTMX)
    section = reply.content.decode()

    assert reply.status_code == 200
    assert section.startswith("<form")
    assert said in section
    assert PASSWORD not in section
    assert signed_in.get(ACCOUNT).status_code == 200


def test_profile_and_preferences_are_written(signed_in, ada):
    signed_in.post(PROFILE, FORMS[0][1])
    reply = signed_in.post(PREFERENCES, PREFERRED, **HTMX)
    ada.refresh_from_db()

    assert (ada.display_name, ada.email) == ("Countess", "ADA@Example.ORG")
    assert (ada.theme, ada.motion, ada.default_tolerance_bps) == ("dark", "reduced", 50)
    assert reply["HX-Trigger"] == '{"appearance": {"theme": "dark", "motion": "reduced", "zone": ""}}'
    # When nobody is signed in, the browser still looks the same.
    assert reply.cookies["theme"].value == "dark"


@pytest.mark.parametrize(("typed", "bps"), [("0", 0), ("1", 100), ("0.05", 5), ("100", 10_000), ("2.50", 250)])
def test_tolerance_is_percent_to_players(signed_in, ada, typed, bps):
    reply = signed_in.post(PREFERENCES, {**PREFERRED, "default_tolerance_bps": typed}, **HTMX)
    ada.refresh_from_db()

    assert ada.default_tolerance_bps == bps
    assert f'value="{typed.removesuffix("0") if "." in typed else typed}"' in reply.content.decode()


@pytest.mark.parametrize(
    ("url", "form", "field", "said"),
    [
        (PROFILE, {"email": "GRACE@example.org"}, "current_password", "A new address takes your current password."),
        (PROFILE, {"email": "no address"}, "email", "Enter a valid email address."),
        (PROFILE, {"email": "x@y.org", "display_name": "x" * 41}, "display_name", "at most 40 characters"),
        (PREFERENCES, {**PREFERRED, "theme": "pink"}, "theme", "pink is not one of the available choices."),
        (PREFERENCES, {**PREFERRED, "motion": ""}, "motion", "This field is required."),
        (PREFERENCES, {**PREFERRED, "default_tolerance_bps": "100.01"}, "default_tolerance_bps", "less than or equal"),
        (PREFERENCES, {**PREFERRED, "default_tolerance_bps": "-1"}, "default_tolerance_bps", "without a minus"),
        (PREFERENCES, {**PREFERRED, "default_tolerance_bps": "0.001"}, "default_tolerance_bps", "2 decimal places"),
        (
            PREFERENCES,
            {**PREFERRED, "default_tolerance_bps": "NaN"},
            "default_tolerance_bps",
            "Write a number in digits",
        ),
        (
            PREFERENCES,
            {**PREFERRED, "default_tolerance_bps": "1e99"},
            "default_tolerance_bps",
            "Write a number in digits",
        ),
        (CHANGE_PASSWORD, {**PASSWORDS, "current_password": "wrong"}, "current_password", "not the current password"),
        (CHANGE_PASSWORD, {**PASSWORDS, "new_password": "sh0rt"}, "new_password", "This password is too short."),
        (CHANGE_PASSWORD, {**PASSWORDS, "new_password": "ada@example.org"}, "new_password", "too similar"),
        (CHANGE_PASSWORD, {}, "new_password", "This field is required."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_refusal_stands_beside_the_field_and_changes_nothing(signed_in, ada, url, form, field, said, headers):
    User.objects.create_user("grace", "grace@example.org")
    before = User.objects.values().get(pk=ada.pk)
    reply = signed_in.post(url, form, **headers)
    page = reply.content.decode()

    assert reply.status_code == 400
    assert said in page
    assert f'{field}_error"' in page
    assert ("<html" in page) == (not headers)
    for name, typed in form.items():
        if "password" not in name and name not in ("theme", "motion"):
            assert f'value="{escape(typed)}"' in page
    assert PASSWORD not in page
    assert User.objects.values().get(pk=ada.pk) == before


def test_another_page_without_scripts_shows_the_other_sections_too(signed_in):
    page = signed_in.post(PROFILE, {"email": "none"}).content.decode()

    assert page.count("<form") == len(FORMS) + 3  # to sign out, here and everywhere, and of this browser
    assert 'value="20"' in page


def test_the_own_address_is_not_taken(signed_in, ada):
    signed_in.post(PROFILE, {"email": "ADA@example.org", "display_name": ""})
    ada.refresh_from_db()

    assert (ada.email, ada.display_name) == ("ADA@example.org", "")


def test_a_new_password_ends_everything_else_and_not_this_session(signed_in, api, ada):
    sign_in_by_session(api)
    pair = sign_in_for_tokens(api)
    key = signed_in.cookies["sessionid"].value
    signed_in.post(CHANGE_PASSWORD, PASSWORDS, **HTMX)

    assert signed_in.get(ACCOUNT).status_code == 200
    assert signed_in.cookies["sessionid"].value != key
    assert api.get("/api/v1/auth/me").status_code == 401
    assert codes_of(api.post(REFRESH, {"refresh": pair["refresh"]})) == [("token_not_valid", None)]
    signed_in.post("/sign-out/")
    assert signed_in.post("/sign-in/", ADA).status_code == 401
    assert signed_in.post("/sign-in/", {**ADA, "password": OTHER_PASSWORD}).status_code == 302


def test_guesses_at_the_current_password_are_limited(signed_in, monkeypatch):
    monkeypatch.setitem(SignInThrottle.THROTTLE_RATES, "sign_in", "1/day")
    signed_in.post(CHANGE_PASSWORD, {**PASSWORDS, "current_password": "wrong"})
    reply = signed_in.post(CHANGE_PASSWORD, PASSWORDS, **HTMX)

    assert (reply.status_code, reply["HX-Retarget"]) == (429, "#notices")
    assert int(reply["Retry-After"]) > 0


def test_a_deactivated_player_changes_nothing(signed_in, ada, run_before):
    run_before("accounts.views.account.change_password", partial(User.objects.update, is_active=False))
    reply = signed_in.post(CHANGE_PASSWORD, PASSWORDS)

    assert reply.status_code == 401
    assert 'data-code="no_active_account"' in reply.content.decode()


@pytest.mark.parametrize("url", [PROFILE, PREFERENCES, CHANGE_PASSWORD])
def test_a_sections_address_leads_to_the_page(signed_in, url):
    assert signed_in.get(url)["Location"] == ACCOUNT


@pytest.mark.parametrize("url", [ACCOUNT, PROFILE, PREFERENCES, CHANGE_PASSWORD])
def test_a_guest_signs_in_first(browser, db, url):
    reply = browser.get(url)

    assert (reply.status_code, reply["Location"]) == (302, f"/sign-in/?next={url}")


@pytest.mark.parametrize("url", [PROFILE, PREFERENCES, CHANGE_PASSWORD, "/account/theme/", "/account/tokens/"])
def test_a_form_without_our_token_changes_nothing(new_browser, ada, url):
    browser = new_browser(enforce_csrf_checks=True)
    browser.force_login(ada)

    assert browser.post(url, {"theme": "dark"}).status_code == 403
    assert Session.objects.count() == 1
