"""Movements of money have a stricter limit, for page and API together; and each address has a limit too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from core.web.client_addresses import household_of
from core.web.rate_limits import FixedWindowThrottle
from trading.models import Transaction

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets")]

BUY, QUOTE, MARKETS = "/api/v1/biome-market/buy", "/api/v1/biome-market/quote", "/api/v1/biome-market/markets"
ORDER = {"biome": "ocean", "spend": "1"}


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[[str, str], None]:
    settings.REDIS_PREFIX = f"test-{uuid4().hex}"
    return lambda scope, rate: monkeypatch.setitem(FixedWindowThrottle.THROTTLE_RATES, scope, rate)


def api_of(player: User) -> APIClient:
    """Return a client with a token of its own."""
    api = APIClient()
    api.default_format = "json"
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(player)}")
    return api


def code_of(reply: Any) -> str:
    return reply.json()["errors"][0]["code"]


def test_a_players_writes_count_together_whatever_the_door(alice: User, limit: Any, client: Client) -> None:
    limit("money", "3/day")
    client.force_login(alice)
    first, second = api_of(alice), api_of(alice)
    replies = [first.post(BUY, ORDER), second.post("/api/v1/wallet/transfer", {})]
    assert [reply["RateLimit-Remaining"] for reply in replies] == ["2", "1"]
    assert client.post("/biome-market/ocean/trade/", {}).status_code != 429

    assert code_of(second.post(BUY, ORDER)) == "rate_limited"
    refused = client.post("/transfer/", {})
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 86_401
    assert not Transaction.objects.filter(kind="biome_buy").exists()


def test_reading_and_quoting_move_nothing(alice: User, limit: Any) -> None:
    limit("money", "1/day")
    player = api_of(alice)
    player.post(BUY, ORDER)
    assert code_of(player.post(BUY, ORDER)) == "rate_limited"
    assert player.post(QUOTE, {**ORDER, "side": "buy"}).status_code != 429
    assert player.get("/api/v1/marketplace/listings").status_code == 200
    assert player.get("/api/v1/wallet").status_code == 200


def test_another_player_has_a_limit_of_his_own(alice: User, bob: User, limit: Any) -> None:
    limit("money", "1/day")
    for player in (alice, bob):
        assert api_of(player).post(BUY, ORDER).status_code != 429


def test_all_players_at_an_address_count_together(alice: User, bob: User, limit: Any) -> None:
    limit("address", "2/day")
    assert api_of(alice).get(MARKETS).status_code == api_of(bob).get(MARKETS).status_code == 200
    assert code_of(api_of(alice).get(MARKETS)) == "rate_limited"
    elsewhere = api_of(bob)
    elsewhere.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert elsewhere.get(MARKETS).status_code == 200


def test_new_accounts_are_limited_by_page_and_api_together(limit: Any, client: Client) -> None:
    limit("register", "1/day")
    client.post("/register/", {})
    assert code_of(APIClient().post("/api/v1/auth/register", {}, format="json")) == "rate_limited"
    assert not User.objects.exists()


def test_the_administrations_sign_in_is_limited(limit: Any, client: Client) -> None:
    limit("sign_in", "1/day")
    body = {"username": "root", "password": "x"}
    assert [client.post("/admin/login/", body).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    ("address", "household"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix", "unknown"),
    ],
)
def test_a_household_is_one_client(address: str, household: str) -> None:
    assert household_of(address) == household
