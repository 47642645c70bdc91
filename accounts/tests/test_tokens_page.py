import shlex
from html import unescape
from re import DOTALL, search

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.models import User
from accounts.tests.cast import ADA, REFRESH, bearer, codes_of, sign_in_by_session, sign_in_for_tokens

pytestmark = pytest.mark.usefixtures("markets")

TOKENS = "/account/tokens/"
EVERYWHERE = "/account/sign-out-everywhere/"
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def signed_in(browser, ada, settings):
    settings.STARTING_GRANT_BDT = 1000
    call_command("post_starting_grants")
    browser.force_login(ada)
    return browser


def _text(page: str, name: str) -> str:
    found = search(f'<pre id="{name}"[^>]*>(.*?)</pre>', page, DOTALL)
    assert found
    return unescape(found[1])


def _run(api, command: str):
    """Send the request that a shell's curl would send."""
    arguments = [word for word in shlex.split(command) if word != "\n"]
    assert arguments[0] == "curl"
    headers = dict(arguments[at + 1].split(": ", 1) for at, word in enumerate(arguments) if word == "-H")
    body = [arguments[at + 1] for at, word in enumerate(arguments) if word == "-d"]
    assert arguments[1].startswith("http://testserver/api/v1/")
    path = arguments[1].removeprefix("http://testserver")
    signed = {"HTTP_AUTHORIZATION": headers["Authorization"]} if "Authorization" in headers else {}
    if not body:
        return api.get(path, **signed)
    return api.generic("POST", path, body[0], content_type=headers["Content-Type"], **signed)


def test_no_pair_is_made_by_looking(signed_in):
    page = signed_in.get(TOKENS).content.decode()

    assert not OutstandingToken.objects.exists()
    assert "15\xa0minutes" in page
    assert "2\xa0weeks" in page


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_pair_is_shown_once_with_commands_that_work(signed_in, api, headers):
    reply = signed_in.post(TOKENS, **headers)
    page = reply.content.decode()

    assert ("<html" in page) == (not headers)
    assert "no-store" in reply["Cache-Control"]
    wallet = _run(api, _text(page, "try-wallet"))
    assert (wallet.status_code, wallet.json()["balance"]) == (200, "1000.00")
    assert _run(api, _text(page, "try-buy")).status_code == 201
    exchanged = _run(api, _text(page, "try-refresh"))
    assert set(exchanged.json()) == {"access", "refresh"}
    assert api.get("/api/v1/auth/me", **bearer(_text(page, "access"))).status_code == 200
    assert codes_of(api.post(REFRESH, {"refresh": _text(page, "refresh")})) == [("token_not_valid", None)]
    assert _text(page, "access") not in signed_in.get(TOKENS).content.decode()


def test_signing_out_everywhere_ends_every_session_and_refresh_token(signed_in, api, new_client, ada):
    other = new_client()
    sign_in_by_session(other)
    pair = sign_in_for_tokens(api)
    reply = signed_in.post(EVERYWHERE, follow=True)

    assert reply.redirect_chain == [("/sign-in/", 302)]
    assert "You are signed out everywhere." in reply.content.decode()
    assert other.get("/api/v1/auth/me").status_code == 401
    assert codes_of(api.post(REFRESH, {"refresh": pair["refresh"]})) == [("token_not_valid", None)]
    assert signed_in.get("/account/").status_code == 302
    ada.refresh_from_db()
    assert ada.sign_outs == 1
    assert not Session.objects.filter(pk=signed_in.cookies["sessionid"].value).exists()


def test_one_can_sign_in_again(signed_in):
    signed_in.post(EVERYWHERE)

    assert signed_in.post("/sign-in/", ADA).status_code == 302
    assert signed_in.get("/account/").status_code == 200


def test_others_stay(signed_in, new_browser):
    grace = User.objects.create_user("grace", "grace@example.org")
    hers = new_browser()
    hers.force_login(grace)
    signed_in.post(EVERYWHERE)

    assert hers.get("/account/").status_code == 200


def test_it_takes_a_form_of_ours(new_browser, ada):
    browser = new_browser(enforce_csrf_checks=True)
    browser.force_login(ada)

    assert browser.get(EVERYWHERE).status_code == 405
    assert browser.post(EVERYWHERE).status_code == 403
    assert browser.get("/account/").status_code == 200


@pytest.mark.parametrize("url", [TOKENS, EVERYWHERE])
def test_a_guest_gets_none(browser, url):
    assert browser.post(url)["Location"] == f"/sign-in/?next={url}"
    assert not OutstandingToken.objects.exists()
