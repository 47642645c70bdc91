"""API keys: made with the password, shown once, limited to their scopes, and ended on request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiKey, User
from accounts.sign_ins.second_factor import new_device
from accounts.tests.cast import CHANGE_PASSWORD, ME, OTHER_PASSWORD, PASSWORD, bearer, codes_of, sign_in_for_tokens
from accounts.tests.conftest import some_address
from core.web.rate_limits import SignInThrottle
from tests.fixtures import AssertMaxQueries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets")]

KEYS, WALLET, BUY = "/api/v1/auth/keys", "/api/v1/wallet", "/api/v1/biome-market/buy"
MARKETS = "/api/v1/biome-market/markets"

MakeKey = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def counted_apart(settings: Any) -> None:
    settings.REDIS_PREFIX = f"test-{uuid4().hex}"


@pytest.fixture
def make(api: APIClient, ada: User) -> MakeKey:
    """Make a key of ada's over the API; returns the answer."""
    access = sign_in_for_tokens(api)["access"]

    def make_one(status: int = 201, **wanted: Any) -> dict[str, Any]:
        form = {"name": "bot", "scopes": ["read", "trade"], "current_password": PASSWORD} | wanted
        reply = api.post(KEYS, form, **bearer(access))
        assert reply.status_code == status, reply.content
        answer: dict[str, Any] = reply.json() | {"location": reply.headers.get("Location")}
        return answer

    return make_one


def by(key: str, address: str = "") -> APIClient:
    client = APIClient(REMOTE_ADDR=address or some_address(), headers={"Authorization": f"Bearer {key}"})
    client.default_format = "json"
    return client


def test_a_key_is_told_once(api: APIClient, make: MakeKey) -> None:
    made = make(name="  my   bot ", scopes=["trade", "read"])
    assert (made["name"], made["scopes"], made["expires_at"], made["last_used_at"]) == (
        "my bot", ["read", "trade"], None, None
    )  # fmt: skip
    assert made["key"].startswith(made["prefix"])
    assert made["location"] == f"{KEYS}/{made['id']}"
    kept = ApiKey.objects.get()
    assert bytes(kept.digest) == sha256(made["key"].encode()).digest()
    assert made["key"] not in str(ApiKey.objects.values().get())
    signed_in = bearer(sign_in_for_tokens(api)["access"])
    for path in (KEYS, made["location"]):
        read = api.get(path, **signed_in)
        assert made["prefix"] in read.content.decode()
        assert made["key"] not in read.content.decode()
        assert read["Cache-Control"] == "no-store"


def test_it_does_what_its_scopes_name_and_no_more(make: MakeKey) -> None:
    reader, trader = by(make(scopes=["read"])["key"]), by(make(scopes=["trade"])["key"])
    order = {"biome": "ocean", "spend": "1"}
    assert (reader.get(WALLET).status_code, reader.get(MARKETS).status_code) == (200, 200)
    refused = reader.post(BUY, order)
    assert (refused.status_code, codes_of(refused)) == (403, [("scope_missing", None)])
    assert codes_of(trader.post(BUY, order)) == [("insufficient_funds", "spend")]
    refused = trader.get(WALLET)
    assert (refused.status_code, codes_of(refused)) == (403, [("scope_missing", None)])


def test_no_key_makes_keys_or_changes_the_account(make: MakeKey, ada: User) -> None:
    made = make(scopes=["read", "trade", "transfer", "attention"])
    holder = by(made["key"])
    for method, path, form in (
        ("get", KEYS, None),
        ("post", KEYS, {"name": "x", "scopes": ["read"], "current_password": PASSWORD}),
        ("delete", f"{KEYS}/{made['id']}", None),
        ("get", ME, None),
        ("patch", ME, {"theme": "dark"}),
        ("post", CHANGE_PASSWORD, {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}),
        ("get", "/api/v1/auth/sign-ins", None),
    ):
        reply = getattr(holder, method)(path, form)
        assert (reply.status_code, codes_of(reply)) == (403, [("not_for_keys", None)]), path
    assert ApiKey.objects.count() == 1
    ada.refresh_from_db()
    assert (ada.theme, ada.check_password(PASSWORD)) == ("system", True)


def test_no_key_has_an_administrators_powers(make: MakeKey, ada: User) -> None:
    holder = by(make(scopes=["read", "trade", "transfer", "attention"])["key"])
    User.objects.update(is_superuser=True, is_staff=True)
    topped_up = holder.post(f"{WALLET}/topup", {"player": "ada", "amount": "1", "reason": "mine"})
    assert (topped_up.status_code, codes_of(topped_up)) == (403, [("not_for_keys", None)])
    trail = holder.get("/api/v1/marketplace/transactions/audit-trail?everyone=true")
    assert trail.status_code == 403


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"current_password": "guessed"}, ("password_incorrect", "current_password")),
        ({"name": " "}, ("blank", "name")),
        ({"name": "a\u202eb"}, ("invalid", "name")),
        ({"scopes": []}, ("min_length", "scopes")),
        ({"scopes": ["administer"]}, ("invalid_choice", "scopes.0")),
        ({"expires_at": "2001-01-01T00:00:00Z"}, ("invalid", "expires_at")),
        ({"addresses": ["192.0.2.7/24"]}, ("invalid", "addresses")),
        ({"addresses": ["everywhere"]}, ("invalid", "addresses")),
        ({"misspelt": True}, ("unknown_field", "misspelt")),
    ],
)
def test_what_is_refused_makes_none(make: MakeKey, wanted: dict[str, Any], refusal: tuple[str, str]) -> None:
    reply = make(status=400, **wanted)
    assert [(error["code"], error["attr"]) for error in reply["errors"]] == [refusal]
    assert not ApiKey.objects.exists()


def test_nobody_has_too_many(make: MakeKey, settings: Any) -> None:
    settings.API_KEYS_MAX = 1
    make()
    assert make(status=409)["errors"][0]["code"] == "too_many_keys"
    assert ApiKey.objects.count() == 1


def test_a_new_one_takes_the_place_of_the_one_that_is_over_for_longest(make: MakeKey, settings: Any) -> None:
    settings.API_KEYS_MAX = 3
    for name in ("newest", "oldest", "alive"):
        make(name=name)
    for name, days in (("newest", 1), ("oldest", 2)):
        ApiKey.objects.filter(name=name).update(expires_at=timezone.now() - timedelta(days=days))

    make(name="another")
    assert set(ApiKey.objects.values_list("name", flat=True)) == {"newest", "alive", "another"}
    make(name="one more")
    assert make(status=409)["errors"][0]["code"] == "too_many_keys"
    assert set(ApiKey.objects.values_list("name", flat=True)) == {"alive", "another", "one more"}


def test_guesses_at_the_password_are_counted_as_sign_ins(make: MakeKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SignInThrottle.THROTTLE_RATES, "sign_in", "2/day")
    for _ in range(2):
        make(status=400, current_password="guessed")
    assert make(status=429)["errors"][0]["code"] == "rate_limited"


def test_who_has_a_second_factor_on_proves_it_first(make: MakeKey, ada: User) -> None:
    device = new_device(ada)
    device.confirmed = True
    device.save()
    User.objects.update(second_factor_on=True)
    assert make(status=403)["errors"][0]["code"] == "second_factor_missing"
    assert not ApiKey.objects.exists()


def test_it_ends_at_a_word(api: APIClient, make: MakeKey) -> None:
    made = make()
    holder, signed_in = by(made["key"]), bearer(sign_in_for_tokens(api)["access"])
    assert holder.get(WALLET).status_code == 200
    assert api.delete(made["location"], **signed_in).status_code == 204
    refused = holder.get(WALLET)
    assert (refused.status_code, codes_of(refused)) == (401, [("key_not_valid", None)])
    assert refused["WWW-Authenticate"].startswith("Bearer")
    assert api.delete(made["location"], **signed_in).status_code == 404


def test_it_ends_by_itself_and_with_its_player(make: MakeKey) -> None:
    holder = by(make(expires_at=(timezone.now() + timedelta(hours=1)).isoformat())["key"])
    assert holder.get(WALLET).status_code == 200
    ApiKey.objects.update(expires_at=timezone.now())
    assert holder.get(WALLET).status_code == 401
    ApiKey.objects.update(expires_at=None)
    assert holder.get(WALLET).status_code == 200
    User.objects.update(is_active=False)
    assert holder.get(WALLET).status_code == 401


def test_a_new_password_ends_it(api: APIClient, make: MakeKey) -> None:
    make()
    form = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert api.post(CHANGE_PASSWORD, form, **bearer(sign_in_for_tokens(api)["access"])).status_code == 204
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(
    ("addresses", "address", "status"),
    [
        (["192.0.2.0/24"], "192.0.2.77", 200),
        (["192.0.2.0/24"], "::ffff:192.0.2.77", 200),
        (["192.0.2.0/24"], "192.0.3.1", 401),
        (["192.0.2.7", "2001:db8::/32"], "2001:db8:1::7", 200),
        (["192.0.2.7", "2001:db8::/32"], "2001:db9::7", 401),
        (["192.0.2.7"], "192.0.2.8", 401),
    ],
)
def test_it_works_from_its_addresses_alone(make: MakeKey, addresses: list[str], address: str, status: int) -> None:
    holder = by(make(addresses=addresses)["key"], address)
    assert holder.get(WALLET).status_code == status
    # A refused use is none.
    assert (ApiKey.objects.get().last_used_at is not None) == (status == 200)


def test_its_last_use_is_written_once_a_minute(make: MakeKey, assert_max_queries: AssertMaxQueries) -> None:
    made = make()
    holder = by(made["key"], "192.0.2.77")
    holder.get(WALLET)
    first = ApiKey.objects.get()
    assert first.last_used_address == "192.0.2.77"
    with assert_max_queries(3):  # the key, the wallet, and as there is none, whether the account goes on
        holder.get(WALLET)
    assert ApiKey.objects.get().last_used_at == first.last_used_at
    long_ago = timezone.now() - timedelta(seconds=61)
    ApiKey.objects.update(last_used_at=long_ago)
    holder.get(WALLET)
    assert ApiKey.objects.get().last_used_at > long_ago + timedelta(seconds=60)


def test_it_is_counted_as_its_player_is(api: APIClient, make: MakeKey) -> None:
    reply = by(make()["key"]).get(WALLET)
    left = int(reply["RateLimit-Remaining"])
    assert reply["RateLimit-Policy"].startswith('"player";')
    assert int(api.get(WALLET, **bearer(sign_in_for_tokens(api)["access"]))["RateLimit-Remaining"]) == left - 1


def test_who_guesses_waits(make: MakeKey, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    right = make()["key"]
    home, elsewhere, wrong = some_address(), some_address(), right[:-1] + "!"
    assert [by(wrong, home).get(WALLET).status_code for _ in range(4)] == [401, 401, 401, 429]
    locked = by(right, home).get(WALLET)
    assert (locked.status_code, codes_of(locked)) == (429, [("locked_out", None)])
    assert 0 < int(locked["Retry-After"]) <= 900
    assert locked.has_header("RateLimit-Policy")
    assert by(right, elsewhere).get(WALLET).status_code == 200


def test_the_page_makes_one_and_shows_it_once(browser: Client, ada: User) -> None:
    browser.force_login(ada)
    form = {
        "name": "bot", "scopes": ["read", "trade"], "lifetime_days": "30", "addresses": "192.0.2.7, 2001:db8::/32",
        "current_password": PASSWORD,
    }  # fmt: skip
    page = browser.post("/account/keys/", form)
    key = ApiKey.objects.get()
    assert (page.status_code, "no-store" in page["Cache-Control"]) == (201, True)
    assert (key.scopes, key.networks) == (["read", "trade"], ["192.0.2.7/32", "2001:db8::/32"])
    assert key.expires_at is not None
    shown = page.context["text"]
    assert (shown in page.content.decode(), sha256(shown.encode()).digest()) == (True, bytes(key.digest))
    again = browser.get("/account/keys/").content.decode()
    assert (shown in again, key.prefix in again, "not used yet" in again) == (False, True, True)
    assert browser.post(f"/account/keys/{key.pk}/end/").status_code == 302
    assert not ApiKey.objects.exists()


def test_the_page_says_what_is_wrong(browser: Client, ada: User) -> None:
    browser.force_login(ada)
    form = {"name": "bot", "scopes": ["read"], "addresses": "nowhere", "current_password": "guessed"}
    page = browser.post("/account/keys/", form)
    assert (page.status_code, list(page.context["form"].errors)) == (400, ["addresses"])
    page = browser.post("/account/keys/", form | {"addresses": ""})
    assert (page.status_code, list(page.context["form"].errors)) == (400, ["current_password"])
    assert not ApiKey.objects.exists()


def test_the_page_asks_little(browser: Client, ada: User, assert_max_queries: AssertMaxQueries) -> None:
    browser.force_login(ada)
    ApiKey.objects.bulk_create(
        ApiKey(player=ada, name="bot", prefix="bxk_", digest=bytes([n]), scopes=["read"], made_at=timezone.now())
        for n in range(20)
    )
    browser.get("/account/keys/")
    with assert_max_queries(12):
        browser.get("/account/keys/")


def test_the_page_shows_which_keys_have_ended(browser: Client, ada: User, make: MakeKey) -> None:
    make(name="alive")
    make(name="old")
    ApiKey.objects.filter(name="old").update(expires_at=timezone.now() - timedelta(days=1))
    browser.force_login(ada)

    page = browser.get("/account/keys/").content.decode()

    assert page.count('<span class="tag">ended</span>') == 1
    assert 'Remove<span class="visually-hidden"> old</span>' in page
    assert 'End<span class="visually-hidden"> alive</span>' in page
