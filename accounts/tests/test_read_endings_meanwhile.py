"""An ending that is announced while a process reads the list is not forgotten for what was read before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts.keys import guesses
from accounts.sign_ins import revocations
from core.errors import LockedOut

HOME = "192.0.2.77"


@pytest.fixture(autouse=True)
def own_lists(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_PREFIX = f"test-{uuid4().hex}"
    settings.AXES_FAILURE_LIMIT = 1
    monkeypatch.setattr(revocations._Known, "numbers", frozenset())
    monkeypatch.setattr(guesses._Known, "locked", {})
    for known in (revocations._Known, guesses._Known):
        monkeypatch.setattr(known, "good_until", 0.0)


class Overtaken:
    """A Redis client whose reader is overtaken by an act: it returns what was there before."""

    def __init__(self, client: Any, act: Callable[[], None]) -> None:
        self.client, self.act = client, act

    def zrangebyscore(self, *arguments: Any, **options: Any) -> Any:
        found = self.client.zrangebyscore(*arguments, **options)
        self.act()
        return found


def look_while(monkeypatch: pytest.MonkeyPatch, module: Any, act: Callable[[], None]) -> None:
    client = module._redis()

    def act_by_itself() -> None:
        overtaken.undo()
        act()

    with monkeypatch.context() as overtaken:
        overtaken.setattr(module, "_redis", lambda: Overtaken(client, act_by_itself))
        module._look_again()


def test_a_sign_in_that_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    look_while(monkeypatch, revocations, lambda: revocations.announce([7]))
    assert revocations.is_ended(7)
    assert not revocations.is_ended(8)


def test_a_key_that_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    look_while(monkeypatch, guesses, lambda: guesses.count_wrong("be_1", HOME))
    with pytest.raises(LockedOut):
        guesses.refuse_locked("be_1", HOME)
    guesses.refuse_locked("be_2", HOME)
