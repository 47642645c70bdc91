"""Members of a set that expire: known to every process, its own additions at once, and what Redis said of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import redis

from core.redis import expiring_set
from core.redis.expiring_set import ExpiringSet


@pytest.fixture
def here() -> ExpiringSet:
    """Return a set as this process keeps it."""
    return ExpiringSet(f"test-{uuid4().hex}")


@pytest.fixture
def elsewhere(here: ExpiringSet) -> ExpiringSet:
    """Return the same set as another process keeps it."""
    return ExpiringSet(here.name)


class Overtaken:
    """A Redis client whose first reader is overtaken by an act: it returns what was there before."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.client, self.act = expiring_set.redis_client(), act

    def __getattr__(self, command: str) -> Any:
        return getattr(self.client, command)

    def zrangebyscore(self, *arguments: Any, **options: Any) -> Any:
        found = self.client.zrangebyscore(*arguments, **options)
        act, self.act = self.act, lambda: None
        act()
        return found


def test_a_member_is_in_it_until_its_time(here: ExpiringSet) -> None:
    here.add(["7", "8"], lasting_secs=60)
    here.add(["9"], lasting_secs=-1)

    assert [member for member in ("6", "7", "8", "9") if member in here] == ["7", "8"]
    assert 59 < here.secs_left("7") <= 60
    assert here.secs_left("6") <= 0


def test_another_process_knows_it_when_it_looks_again(here: ExpiringSet, elsewhere: ExpiringSet) -> None:
    assert "7" not in elsewhere
    here.add(["7"], lasting_secs=60)
    elsewhere.good_until = 0.0
    assert "7" in elsewhere


def test_an_addition_while_the_set_is_read_is_not_forgotten(here: ExpiringSet, monkeypatch: pytest.MonkeyPatch) -> None:
    overtaken = Overtaken(lambda: here.add(["7"], lasting_secs=60))
    monkeypatch.setattr(expiring_set, "redis_client", lambda: overtaken)
    assert "8" not in here
    assert "7" in here


def test_without_redis_a_process_goes_on_with_what_it_knew(here: ExpiringSet, monkeypatch: pytest.MonkeyPatch) -> None:
    here.add(["7"], lasting_secs=60)
    monkeypatch.setattr(expiring_set, "redis_client", lambda: redis.Redis.from_url("redis://127.0.0.1:1"))
    with pytest.raises(redis.RedisError):
        here.add(["8"], lasting_secs=60)
    assert ["7" in here, "8" in here] == [True, False]
