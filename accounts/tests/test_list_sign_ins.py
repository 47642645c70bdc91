"""Sessions and pairs of tokens are listed with device and address, and each can be ended everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import SignIn, User
from accounts.registration import register_player
from accounts.sign_ins import revocations
from accounts.sign_ins.devices import device_called
from accounts.sign_ins.retention import prune_sign_ins
from accounts.sign_ins.sign_out import sign_out_everywhere
from accounts.tests.cast import (
    ADA,
    CHANGE_PASSWORD,
    LOGOUT,
    ME,
    OTHER_PASSWORD,
    PASSWORD,
    REFRESH,
    SESSION,
    bearer,
    codes_of,
    sign_in_by_session,
    sign_in_for_tokens,
)
from core.redis import expiring_set

pytestmark = pytest.mark.usefixtures("markets")

SIGN_INS, SIGN_IN_PAGE, ACCOUNT = "/api/v1/auth/sign-ins", "/sign-in/", "/account/"
PORTFOLIO = "/api/v1/biome-market/portfolio"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
WEBKIT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.fixture(autouse=True)
def known_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiring_set, "FRESH_SECS", 0.0)
    monkeypatch.setattr(revocations.ended_sign_ins, "good_until", 0.0)


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Any:
    """Return a context manager that runs the callbacks of `on_commit` when its block ends."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def signed_in(browser: Client) -> Client:
    assert browser.post(SIGN_IN_PAGE, ADA, headers={"user-agent": FIREFOX}).status_code == 302
    return browser


def test_a_session_is_kept_from_its_beginning(browser: Client, ada: User) -> None:
    signed_in(browser)
    [kept] = SignIn.objects.all()
    assert (kept.player, kept.device, kept.address) == (ada, "Firefox on Linux", browser.defaults["REMOTE_ADDR"])
    assert kept.session_key == browser.cookies["sessionid"].value
    assert kept.until - kept.began_at == timedelta(days=14)


def test_pages_in_between_write_nothing(browser: Client, ada: User, assert_max_queries: Any) -> None:
    signed_in(browser).get(ACCOUNT)
    before = SignIn.objects.get().seen_at
    with assert_max_queries(12):
        page = browser.get(ACCOUNT).content.decode()
    assert "Firefox on Linux" in page
    assert "this browser" in page
    assert SignIn.objects.get().seen_at == before


def test_it_is_seen_again_after_a_while(browser: Client, ada: User) -> None:
    session = signed_in(browser).session
    long_ago = timezone.now() - timedelta(hours=1)
    SignIn.objects.update(seen_at=long_ago)
    session["sign_in"] = session["sign_in"] | {"seen": long_ago.timestamp()}
    session.save()
    browser.get(ACCOUNT, headers={"user-agent": "curl/8.0"})
    kept = SignIn.objects.get()
    assert kept.seen_at > long_ago
    assert kept.device == "curl"


def test_a_session_from_before_is_kept_too(browser: Client, ada: User) -> None:
    session = signed_in(browser).session
    del session["sign_in"]
    session.save()
    SignIn.objects.all().delete()
    browser.get(ACCOUNT)
    assert SignIn.objects.get().session_key == session.session_key


def test_a_pair_of_tokens_is_one_however_often_it_is_exchanged(api: APIClient, ada: User) -> None:
    pair = sign_in_for_tokens(api)
    first = SignIn.objects.get()
    again = api.post(REFRESH, {"refresh": pair["refresh"]}, HTTP_USER_AGENT="bot/2.0").json()
    kept = SignIn.objects.get()
    assert (kept.pk, kept.device, kept.session_key) == (first.pk, "bot", "")
    assert kept.seen_at > first.seen_at
    assert AccessToken(again["access"])["sign_in"] == kept.pk


def test_the_api_lists_ones_own(api: APIClient, ada: User, browser: Client) -> None:
    signed_in(browser)
    register_player(username="grace", email="grace@example.org", password=PASSWORD)
    sign_in_for_tokens(api, username="grace")
    access = sign_in_for_tokens(api)["access"]
    listed = api.get(SIGN_INS, **bearer(access)).json()
    assert [(one["kind"], one["is_this"]) for one in listed] == [("tokens", True), ("session", False)]
    assert "session_key" not in str(listed)


def test_ending_a_pair_ends_both_tokens(api: APIClient, ada: User, browser: Client, committed: Any) -> None:
    pair = sign_in_for_tokens(api)
    number = SignIn.objects.get().pk
    signed_in(browser)
    assert api.get(PORTFOLIO, **bearer(pair["access"])).status_code == 200
    with committed():
        assert browser.post(f"/account/sign-ins/{number}/end/").status_code == 302
    for url in (PORTFOLIO, ME):
        assert codes_of(api.get(url, **bearer(pair["access"]))) == [("token_not_valid", None)]
    assert codes_of(api.post(REFRESH, {"refresh": pair["refresh"]})) == [("token_not_valid", None)]
    assert browser.get(ACCOUNT).status_code == 200


def test_ending_a_session_ends_it(
    api: APIClient, ada: User, browser: Client, new_browser: Callable[[], Client], committed: Any
) -> None:
    signed_in(browser)
    number, key = SignIn.objects.get().pk, browser.cookies["sessionid"].value
    access = sign_in_for_tokens(api)["access"]
    with committed():
        assert api.delete(f"{SIGN_INS}/{number}", **bearer(access)).status_code == 204
    assert browser.get(ACCOUNT).status_code == 302
    assert not Session.objects.filter(pk=key).exists()
    assert codes_of(api.delete(f"{SIGN_INS}/{number}", **bearer(access))) == [("not_found", None)]


def test_all_others_end_and_this_one_goes_on(
    api: APIClient, ada: User, browser: Client, new_browser: Callable[[], Client], committed: Any
) -> None:
    pair, other = sign_in_for_tokens(api), signed_in(new_browser())
    signed_in(browser)
    with committed():
        browser.post("/account/sign-ins/others/end/")
    assert browser.get(ACCOUNT).status_code == 200
    assert other.get(ACCOUNT).status_code == 302
    assert api.get(PORTFOLIO, **bearer(pair["access"])).status_code == 401
    assert SignIn.objects.get().session_key == browser.cookies["sessionid"].value


def test_ending_this_one_signs_out(browser: Client, ada: User) -> None:
    signed_in(browser)
    reply = browser.post(f"/account/sign-ins/{SignIn.objects.get().pk}/end/")
    assert reply["Location"] == SIGN_IN_PAGE
    assert browser.get(ACCOUNT).status_code == 302
    assert not SignIn.objects.exists()


@pytest.mark.parametrize("how", ["page", "api"])
def test_anothers_is_not_found(api: APIClient, ada: User, browser: Client, how: str) -> None:
    signed_in(browser)
    grace = register_player(username="grace", email="grace@example.org", password=PASSWORD)
    sign_in_for_tokens(api, username="grace")
    hers = SignIn.objects.get(player=grace).pk
    if how == "page":
        assert browser.post(f"/account/sign-ins/{hers}/end/").status_code == 404
    else:
        assert api.delete(f"{SIGN_INS}/{hers}", **bearer(sign_in_for_tokens(api)["access"])).status_code == 404
    assert SignIn.objects.filter(pk=hers).exists()


def test_signing_out_forgets_it(api: APIClient, ada: User, committed: Any) -> None:
    pair = sign_in_for_tokens(api)
    with committed():
        assert api.post(LOGOUT, {"refresh": pair["refresh"]}).status_code == 204
    assert codes_of(api.get(ME, **bearer(pair["access"]))) == [("token_not_valid", None)]
    sign_in_by_session(api)
    assert SignIn.objects.count() == 1
    api.delete(SESSION)
    assert not SignIn.objects.exists()


def test_a_new_password_ends_all_but_the_session_that_asks(
    api: APIClient, ada: User, new_client: Callable[[], APIClient], committed: Any
) -> None:
    access = sign_in_for_tokens(new_client())["access"]
    sign_in_by_session(api)
    with committed():
        api.post(CHANGE_PASSWORD, {"current_password": PASSWORD, "new_password": OTHER_PASSWORD})
    [kept] = api.get(SIGN_INS).json()
    assert kept["is_this"]
    assert codes_of(new_client().get(PORTFOLIO, **bearer(access))) == [("token_not_valid", None)]


def test_signing_out_everywhere_ends_access_tokens(api: APIClient, ada: User, committed: Any) -> None:
    access = sign_in_for_tokens(api)["access"]
    with committed():
        sign_out_everywhere(player_id=ada.pk)
    assert codes_of(api.get(PORTFOLIO, **bearer(access))) == [("token_not_valid", None)]
    assert api.get(PORTFOLIO, **bearer(sign_in_for_tokens(api)["access"])).status_code == 200


def test_a_process_asks_redis_once_a_second(
    api: APIClient, ada: User, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    access = sign_in_for_tokens(api)["access"]
    api.get(PORTFOLIO, **bearer(access))
    asked: list[str] = []
    ask = redis.Redis.zrangebyscore
    monkeypatch.setattr(
        redis.Redis, "zrangebyscore", lambda *about, **how: asked.append(about[1]) or ask(*about, **how)
    )
    monkeypatch.setattr(expiring_set, "FRESH_SECS", 60.0)
    for _ in range(5):
        api.get(PORTFOLIO, **bearer(access))
    assert len(asked) == 1


def test_without_redis_tokens_live_on(api: APIClient, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    access = sign_in_for_tokens(api)["access"]
    away = redis.Redis.from_url("redis://127.0.0.1:1")
    monkeypatch.setattr(expiring_set, "redis_client", lambda: away)
    revocations.announce([SignIn.objects.get().pk])
    assert api.get(PORTFOLIO, **bearer(access)).status_code == 200
    assert not revocations.is_ended(None)


def test_what_has_expired_is_forgotten(ada: User, api: APIClient) -> None:
    sign_in_for_tokens(api)
    now = timezone.now()
    assert prune_sign_ins(now=now) == 0
    assert prune_sign_ins(now=now + timedelta(days=15)) == 1
    assert not SignIn.objects.exists()


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        (f"{WEBKIT} Version/17.4 Safari/605.1.15", "Safari on macOS"),
        (f"{WEBKIT} Chrome/142.0.0.0 Safari/537.36 Vivaldi/7.6", "Vivaldi on macOS"),
        (f"{WEBKIT} HeadlessChrome/142.0.0.0 Safari/537.36", "Chrome on macOS"),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/142.0.0.0 Safari/537.36", "Chrome on ChromeOS"),
        ("Mozilla/5.0 (Linux; Android 10; K) Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) FxiOS/125.0 Mobile/15E148 Safari/605.1.15", "Firefox on iPad"),
        ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "IE on Windows"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("<script>alert(1)</script>" * 9, "<script>alert(1)<"),
        ("a\nb\x00" + "c" * 200, "ab" + "c" * 78),
        ("", "A program without a name"),
    ],
)
def test_a_device_by_what_it_calls_itself(user_agent: str, device: str) -> None:
    assert device_called(user_agent) == device
