"""So many passwords are hashed at once, so many wait for their turn, and the rest are told to retry in a second."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth.hashers import check_password, make_password
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.passwords import hashing
from accounts.passwords.hashing import a_turn
from accounts.tests.cast import ADA, PASSWORD, SESSION, TOKEN, QuickArgon2PasswordHasher, codes_of
from config.settings import PASSWORD_HASHERS
from core.errors import TooManyHashes


class QuickInTurn(hashing.InTurn, QuickArgon2PasswordHasher):
    """The site's hasher at the least cost."""


@pytest.fixture(autouse=True)
def hashers(settings: Any) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.QuickInTurn", "accounts.passwords.hashing.PBKDF2InTurn"]
    settings.PASSWORD_HASHES_AT_ONCE, settings.PASSWORD_HASHES_WAITING = 2, 3
    settings.PASSWORD_HASH_WAIT_SECS = 60


def test_all_hashers_of_the_site_take_turns() -> None:
    assert all(path.startswith("accounts.passwords.hashing.") for path in PASSWORD_HASHERS)
    assert configured.PASSWORD_HASHES_AT_ONCE >= 1


def test_so_many_at_once_the_rest_wait_and_more_are_refused() -> None:
    most, now, lock = [0], [0], threading.Lock()
    go, inside = threading.Event(), threading.Semaphore(0)

    def hash_slowly() -> str:
        try:
            with a_turn():
                with lock:
                    now[0] += 1
                    most[0] = max(most[0], now[0])
                inside.release()
                go.wait(30)
                with lock:
                    now[0] -= 1
                return "made"
        except TooManyHashes as refusal:
            return f"{refusal.status} after {refusal.retry_after_secs} s"

    with ThreadPoolExecutor(16) as threads:
        asked = [threads.submit(hash_slowly) for _ in range(2)]
        assert all(inside.acquire(timeout=30) for _ in range(2))
        asked += [threads.submit(hash_slowly) for _ in range(14)]
        # Those beyond two and three are refused at once, while the first still work.
        while sum(each.done() for each in asked) < 11:
            pass
        assert not any(each.done() for each in asked[:2])
        go.set()
        told = [each.result(30) for each in asked]
    assert (told.count("made"), told.count("503 after 1 s"), most[0]) == (5, 11, 2)


def test_a_wait_has_an_end(settings: Any, in_thread: Callable[..., Any]) -> None:
    settings.PASSWORD_HASHES_AT_ONCE, settings.PASSWORD_HASH_WAIT_SECS = 1, 0.01
    with a_turn():
        assert isinstance(in_thread(lambda: make_password(PASSWORD)).exception(30), TooManyHashes)
    assert check_password(PASSWORD, make_password(PASSWORD))
    assert check_password(PASSWORD, make_password(PASSWORD, hasher="pbkdf2_sha256")), "a hash in a hash has its turn"


@pytest.fixture
def crowded(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate that others hash, and that nobody may wait."""
    settings.PASSWORD_HASHES_WAITING = 0
    monkeypatch.setattr(hashing._Counts, "under_way", 2)


@pytest.mark.parametrize("door", [TOKEN, SESSION])
def test_the_api_says_when_to_come_again(ada: User, api: APIClient, crowded: None, door: str) -> None:
    refused = api.post(door, ADA)
    assert (refused.status_code, refused["Retry-After"]) == (503, "1")
    assert codes_of(refused) == [("too_many_passwords", None)]


def test_to_be_told_to_come_again_is_no_error_in_the_log(
    ada: User, api: APIClient, crowded: None, caplog: pytest.LogCaptureFixture
) -> None:
    assert api.post(TOKEN, {"username": "ada", "password": PASSWORD}).status_code == 503
    assert [line for line in caplog.records if line.levelname == "ERROR"] == []


@pytest.mark.parametrize("door", ["/sign-in/", "/admin/login/"])
def test_so_do_pages(ada: User, browser: Client, markets: None, crowded: None, door: str) -> None:
    refused = browser.post(door, ADA)
    assert (refused.status_code, refused["Retry-After"]) == (503, "1")
    assert "Too many people sign in at this moment" in refused.content.decode()
    assert browser.get("/").status_code == 200
