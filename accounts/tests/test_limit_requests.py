"""Every reply has the rate limit's headers, and without the counter nobody is refused."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rest_framework.test import APIClient

from accounts.models import User
from core.web.rate_limits import PlayerThrottle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets")]

MARKETS = "/api/v1/biome-market/markets"


@pytest.fixture(autouse=True)
def few_a_day(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    # By the day, so that no window ends within a test; and counted apart, as counters outlive a test.
    monkeypatch.setitem(PlayerThrottle.THROTTLE_RATES, "guest", "2/day")
    monkeypatch.setitem(PlayerThrottle.THROTTLE_RATES, "player", "3/day")
    settings.REDIS_PREFIX = f"test-{uuid4().hex}"


def api_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_replies_carry_the_limit() -> None:
    reply = APIClient().get(MARKETS)
    assert (reply["RateLimit-Limit"], reply["RateLimit-Remaining"]) == ("2", "1")
    assert 0 < int(reply["RateLimit-Reset"]) <= 86_401


def test_replies_carry_every_limit_as_the_current_draft_has_it(alice: User) -> None:
    reply = api_of(alice).get(MARKETS)
    assert reply["RateLimit-Policy"] == '"player";q=3;w=86400, "address";q=12000;w=60'
    player, address = reply["RateLimit"].split(", ")
    assert re.fullmatch(r'"player";r=2;t=[0-9]+', player)
    assert re.fullmatch(r'"address";r=11999;t=[0-9]+', address)


@pytest.mark.parametrize("credential", ["", "Bearer forged", "Bearer"])
def test_who_is_refused_for_the_credential_is_counted_as_a_guest(credential: str) -> None:
    guest = APIClient(headers={"Authorization": credential}) if credential else APIClient()
    refused = [guest.get("/api/v1/wallet") for _ in range(3)]
    assert [reply.status_code for reply in refused] == [401, 401, 429]
    assert [reply["RateLimit-Remaining"] for reply in refused] == ["1", "0", "0"]
    assert refused[0]["RateLimit-Policy"] == '"guest";q=2;w=86400'
    assert refused[0]["RateLimit"].startswith('"guest";r=1;t=')
    assert int(refused[2]["Retry-After"]) > 0
    assert refused[2]["RateLimit"].startswith('"guest";r=0;t=')


def test_beyond_the_limit_requests_are_refused() -> None:
    guest = APIClient()
    statuses = [guest.get(MARKETS).status_code for _ in range(2)]
    refused = guest.get(MARKETS)
    assert (statuses, refused.status_code) == ([200, 200], 429)
    assert refused.json() == {
        "type": "client_error",
        "errors": [{"code": "rate_limited", "detail": "Too many requests.", "attr": None}],
    }
    assert 0 < int(refused["Retry-After"]) <= 86_401
    assert (refused["RateLimit-Limit"], refused["RateLimit-Remaining"]) == ("2", "0")
    assert APIClient(REMOTE_ADDR="192.0.2.1").get(MARKETS).status_code == 200


def test_players_are_counted_by_account(alice: User) -> None:
    left = []
    for _ in range(2):
        player = APIClient()
        player.force_authenticate(alice)
        reply = player.get(MARKETS)
        left.append((reply["RateLimit-Limit"], reply["RateLimit-Remaining"]))
    assert left == [("3", "2"), ("3", "1")]


@pytest.mark.parametrize("error", [RedisConnectionError, RedisTimeoutError])
def test_nobody_is_refused_while_redis_is_away(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    monkeypatch.setattr(Redis, "eval", fail)
    guest = APIClient()
    replies = [guest.get(MARKETS) for _ in range(4)]
    assert [reply.status_code for reply in replies] == [200] * 4
    assert not replies[0].has_header("RateLimit-Limit")


def test_a_request_is_counted_in_one_round_trip_by_a_counter_that_expires(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    sent: list[Any] = []
    execute = Redis.execute_command

    def recorded(self: Redis, *command: Any, **options: Any) -> Any:
        sent.append(command)
        return execute(self, *command, **options)

    monkeypatch.setattr(Redis, "execute_command", recorded)
    APIClient(REMOTE_ADDR="192.0.2.7").get("/api/v1/biome-market/cycles/1")
    [(command, _script, _keys, counter, _share, _timeout)] = sent
    assert (command, counter.startswith(f"{settings.REDIS_PREFIX}:throttle:guest:192.0.2.7:")) == ("EVAL", True)
    assert 0 < Redis.from_url(settings.REDIS_URL).ttl(counter) <= 86_400


def test_most_requests_ask_redis_nothing(alice: User, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setitem(PlayerThrottle.THROTTLE_RATES, "player", "10/day")
    settings.RATE_LIMIT_TAKEN_PERCENT = 40
    asked: list[Any] = []
    evaluate = Redis.eval
    monkeypatch.setattr(Redis, "eval", lambda *command: asked.append(command) or evaluate(*command))
    player = APIClient()
    player.force_authenticate(alice)
    replies = [player.get(MARKETS) for _ in range(12)]
    assert [reply["RateLimit-Remaining"] for reply in replies] == [*map(str, range(9, -1, -1)), "0", "0"]
    assert [reply.status_code for reply in replies] == [200] * 10 + [429] * 2
    assert sum("throttle:player" in str(counter) for _client, _script, _keys, counter, *_ in asked) == 3 + 2
