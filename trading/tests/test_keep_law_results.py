"""What check_ledger found is remembered for administrators."""

from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.core.management import call_command
from redis.exceptions import ConnectionError as RedisConnectionError

from trading.law_results import LawResult, keep_result, last_result
from trading.laws import Law

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def forgotten():
    """Nothing is remembered of another test."""
    cache.delete("laws-of-money")
    yield
    cache.delete("laws-of-money")


@pytest.fixture
def without_redis(monkeypatch):
    """The cache cannot be reached."""

    def unreachable(*args, **kwargs):
        raise RedisConnectionError("away")

    monkeypatch.setattr(cache, "get", unreachable)
    monkeypatch.setattr(cache, "set", unreachable)


def test_nothing_is_known_at_first():
    assert last_result() is None


def test_what_broke_is_remembered():
    keep_result(laws=[Law("wallets", "fine"), Law("holds", "not", ("7 too many",))], now=NOON)
    assert last_result() == LawResult(checked_at=NOON, checked=2, broken=["holds"])


@pytest.mark.django_db(transaction=True)
def test_the_command_remembers_what_it_found(markets, capsys):
    call_command("check_ledger")
    found = last_result()
    assert (found.checked, found.broken) == (capsys.readouterr().out.count("ok "), [])


@pytest.mark.django_db(transaction=True)
def test_without_redis_the_command_says_all_the_same(markets, without_redis, capsys, caplog):
    call_command("check_ledger")
    assert "ok      conservation" in capsys.readouterr().out
    assert "not remembered" in caplog.text
    assert last_result() is None
