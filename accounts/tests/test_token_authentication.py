"""Views that trust an access token: no query, no permissions, and no token a second too long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from accounts.sign_ins import authentication
from accounts.tests.cast import bearer, codes_of, sign_in_for_tokens
from trading.models import Wallet
from trading.wallets.wallets import ensure_wallet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets")]

CYCLE = "/api/v1/biome-market/cycles/1"
PORTFOLIO = "/api/v1/biome-market/portfolio"
BUY = "/api/v1/biome-market/buy"
TOPUP = "/api/v1/wallet/topup"


@pytest.fixture
def access(api: Any, ada: User) -> str:
    return sign_in_for_tokens(api)["access"]


def test_a_token_is_enough_without_a_query_for_the_player(
    api: Any, access: str, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1) as asked:
        assert api.get(CYCLE, **bearer(access)).status_code == 404
    assert "accounts_user" not in asked[0]["sql"]


def test_a_token_says_who_is_asking(api: Any, access: str, ada: User) -> None:
    ensure_wallet(player_id=ada.pk, now=timezone.now())
    Wallet.objects.filter(player=ada).update(balance_micro=7_000_000)
    assert api.get(PORTFOLIO, **bearer(access)).json()["balance"] == "7.00"


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
def test_the_scheme_is_written_in_any_case(api: Any, access: str, scheme: str) -> None:
    assert api.get(PORTFOLIO, HTTP_AUTHORIZATION=f"{scheme} {access}").status_code == 200


@pytest.mark.parametrize("times_before", [0, 1])
def test_an_expired_token_is_refused_also_where_it_was_known(
    api: Any, access: str, monkeypatch: pytest.MonkeyPatch, times_before: int
) -> None:
    for _ in range(times_before):
        assert api.get(PORTFOLIO, **bearer(access)).status_code == 200
    token = AccessToken(access)
    monkeypatch.setattr("rest_framework_simplejwt.tokens.aware_utcnow", lambda: token.current_time)
    token.set_exp(from_time=token.current_time, lifetime=-token.lifetime)
    response = api.get(PORTFOLIO, **bearer(str(token)))

    assert (response.status_code, codes_of(response)) == (401, [("token_not_valid", None)])


def test_a_known_token_ends_with_its_time(api: Any, access: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert api.get(PORTFOLIO, **bearer(access)).status_code == 200
    asked_again = []
    monkeypatch.setattr(authentication.time, "time", lambda: AccessToken(access)["exp"])
    monkeypatch.setattr(
        authentication.JWTAuthentication, "get_validated_token", lambda self, raw: asked_again.append(raw) or {}
    )
    authentication.TokenAuthentication().get_validated_token(access.encode())

    assert asked_again == [access.encode()]


@pytest.mark.parametrize("forged", ["nonsense", "a.b.c"])
def test_a_forged_token_is_refused(api: Any, db: None, forged: str) -> None:
    response = api.get(PORTFOLIO, **bearer(forged))

    assert (response.status_code, codes_of(response)) == (401, [("token_not_valid", None)])
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_token_with_another_signature_is_refused_though_its_content_is_known(api: Any, access: str) -> None:
    assert api.get(PORTFOLIO, **bearer(access)).status_code == 200
    content, _, signature = access.rpartition(".")
    response = api.get(PORTFOLIO, **bearer(f"{content}.{signature[::-1]}"))

    assert response.status_code == 401


def test_a_refresh_token_is_refused(api: Any, ada: User) -> None:
    response = api.get(PORTFOLIO, **bearer(sign_in_for_tokens(api)["refresh"]))

    assert (response.status_code, codes_of(response)) == (401, [("token_not_valid", None)])


def test_a_deactivated_player_may_read_until_the_token_ends_but_move_nothing(api: Any, access: str, ada: User) -> None:
    ensure_wallet(player_id=ada.pk, now=timezone.now())
    User.objects.update(is_active=False)

    assert api.get(PORTFOLIO, **bearer(access)).status_code == 200
    response = api.post(
        BUY, {"biome": "ocean", "spend": "1"}, **bearer(access), headers={"Idempotency-Key": str(uuid4())}
    )
    assert (response.status_code, codes_of(response)) == (403, [("account_closed", None)])


@pytest.mark.parametrize("end", [lambda ada: User.objects.update(is_active=False), lambda ada: ada.delete()])
@pytest.mark.parametrize(("method", "path"), [("get", PORTFOLIO), ("get", "/api/v1/wallet"), ("post", BUY)])
def test_no_wallet_is_opened_for_one_who_is_gone(
    api: Any, access: str, ada: User, end: Callable[[User], None], method: str, path: str
) -> None:
    end(ada)
    asked = {"biome": "ocean", "spend": "1"} if method == "post" else None
    response = getattr(api, method)(path, asked, **bearer(access))

    assert (response.status_code, codes_of(response)) == (403, [("account_closed", None)])
    assert not User.objects.filter(wallet__isnull=False).exists()


def test_a_token_alone_has_no_permission(api: Any, access: str, ada: User) -> None:
    User.objects.update(is_superuser=True)

    assert not authentication.TokenBearer(ada.pk).has_perm("trading.move_outside_money")
    # The door that asks for it loads the player.
    assert api.post(TOPUP, {"player": "ada", "amount": "1", "reason": "gift"}, **bearer(access)).status_code == 201
