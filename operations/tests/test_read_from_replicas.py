"""Reads that may be a little stale go to a replica, all others and every write to the primary.

The replica here is a second connection to the primary's own database; `test_standby.py` has a real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError, connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from psycopg import Cursor

from accounts.models import User
from core.database import replicas
from core.database.replicas import WROTE_COOKIE, Replica, Router, may_be_stale, reads_from, stale_reads
from core.database.transactions import prepared_rows, short_transaction
from markets.models import Market

REPLICA = "replica_1"
#: What a player may spend or own, and who a player is.
NEVER_STALE = ("trading_wallet", "trading_holding", "django_session")


@pytest.fixture
def lag_secs(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Replace the replica's reported lag by a value that tests change, and count the queries for it."""
    told: dict[str, Any] = {"secs": 0.1, "asked": 0}

    def tell(alias: str) -> Any:
        told["asked"] += 1
        if isinstance(told["secs"], Exception):
            raise told["secs"]
        return told["secs"]

    monkeypatch.setattr(replicas, "lag_secs_of", tell)
    return told


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Replace the monotonic clock of the replicas, in seconds; tests move it."""
    now = [1000.0]
    monkeypatch.setattr(replicas.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def asked(settings: Any, lag_secs: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Set up a site with one replica; yields the statements that the replica was sent."""
    statements: list[str] = []
    connections.settings[REPLICA] = connection.settings_dict
    # It says that its alias is the primary's, which alone a test may connect to.
    replica: Any = connection.copy()
    connections[REPLICA] = replica

    class Recording(Cursor[Any]):
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            if self.connection is replica.connection:
                statements.append(str(query))
            return super().execute(query, *args, **kwargs)

    def record(execute: Any, sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    monkeypatch.setattr("core.database.transactions.Cursor", Recording)
    replica.execute_wrappers.append(record)
    settings.DATABASE_ROUTERS = ["core.database.replicas.Router"]
    settings.MIDDLEWARE = ["core.database.replicas.stale_reads", *settings.MIDDLEWARE]
    replicas.replicas.cache_clear()
    yield statements
    replica.close()
    del connections[REPLICA]
    del connections.settings[REPLICA]
    replicas.replicas.cache_clear()


def answered(read: Any, *, method: str = "GET", cookies: dict[str, str] | None = None) -> Any:
    """Return the result of `read` within a request."""
    request = getattr(RequestFactory(), method.lower())("/")
    request.COOKIES.update(cookies or {})
    given: list[Any] = []

    def view(request: HttpRequest) -> HttpResponse:
        given.append(read())
        return HttpResponse()

    stale_reads(view)(request)
    return given[0]


@may_be_stale
def groups() -> list[str]:
    """Read through the ORM."""
    return list(Group.objects.values_list("name", flat=True))


@may_be_stale
def prepared() -> list[tuple[Any, ...]]:
    """Read by a prepared statement."""
    return prepared_rows("SELECT name FROM auth_group", {})


def in_transaction(read: Any) -> None:
    """Read within a transaction."""
    with short_transaction():
        read()
        assert reads_from() == "default"


@pytest.mark.django_db(transaction=True)
class TestWho:
    def test_a_read_that_may_be_stale_asks_the_replica(self, asked: list[str]) -> None:
        answered(groups)
        assert len(asked) == 1
        answered(prepared)
        assert len(asked) == 2

    def test_all_others_ask_the_primary(self, asked: list[str]) -> None:
        for read in (groups, prepared):
            read()
            answered(read, cookies={WROTE_COOKIE: "1"})
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                answered(read, method=method)
            answered(lambda read=read: in_transaction(read))
            answered(may_be_stale(lambda read=read: in_transaction(read)))
        answered(lambda: list(Group.objects.all()))
        assert asked == []

    def test_what_hangs_on_a_row_of_the_replica_is_the_primarys(self, asked: list[str], alice: User) -> None:
        def view() -> list[Group]:
            player = may_be_stale(lambda: User.objects.get(pk=alice.pk))()
            player.display_name = "Alice"
            player.save()
            player.groups.add(Group.objects.create(name="miners"))
            return list(player.groups.all())

        assert [group.name for group in answered(view)] == ["miners"]
        assert len(asked) == 1
        assert User.objects.get(pk=alice.pk).display_name == "Alice"

    def test_rows_to_lock_are_the_primarys(self, asked: list[str]) -> None:
        assert answered(may_be_stale(lambda: Market.objects.all().db)) == REPLICA
        assert answered(may_be_stale(lambda: Market.objects.select_for_update().db)) == "default"

    def test_what_a_replica_fails_to_answer_the_primary_does(self, asked: list[str], lag_secs: dict[str, Any]) -> None:
        def fail(*args: Any) -> Any:
            raise OperationalError("canceling statement due to conflict with recovery")

        Group.objects.create(name="miners")
        connections[REPLICA].execute_wrappers.append(fail)
        assert answered(groups) == answered(groups) == ["miners"]
        assert (len(asked), lag_secs["asked"]) == (1, 1)


def test_nothing_is_migrated_there() -> None:
    assert Router().allow_migrate("default", "trading")
    assert not Router().allow_migrate(REPLICA, "trading")


class TestHowFarBehind:
    @pytest.fixture
    def replica(self, lag_secs: dict[str, Any], clock: list[float], monkeypatch: pytest.MonkeyPatch) -> Replica:
        """Make a replica that is a tenth of a second behind."""
        monkeypatch.setattr(connection, "close", lambda: None)
        return Replica("default")

    @pytest.mark.parametrize("told", [2.1, -2.1, None, OperationalError("gone")])
    def test_one_too_far_behind_or_unknown_is_not_fresh(
        self, replica: Replica, lag_secs: dict[str, Any], told: Any
    ) -> None:
        lag_secs["secs"] = told
        assert not replica.is_fresh()

    def test_it_is_looked_at_once_a_second(
        self, replica: Replica, lag_secs: dict[str, Any], clock: list[float]
    ) -> None:
        for secs in (0, 0.5, 0.9, 1.0, 1.5):
            clock[0] = 1000 + secs
            assert replica.is_fresh()
        assert lag_secs["asked"] == 2

    def test_it_counts_as_stopped_since_the_last_look(
        self, replica: Replica, lag_secs: dict[str, Any], clock: list[float]
    ) -> None:
        lag_secs["secs"] = 1.5
        assert replica.is_fresh()
        clock[0] += 0.4
        assert replica.is_fresh()
        clock[0] += 0.2
        assert not replica.is_fresh()

    def test_it_is_looked_at_again_some_seconds_after_it_was_passed_over(
        self, replica: Replica, lag_secs: dict[str, Any], clock: list[float]
    ) -> None:
        lag_secs["secs"] = 30.0
        assert not replica.is_fresh()
        lag_secs["secs"] = 0.0
        clock[0] += 4.9
        assert not replica.is_fresh()
        clock[0] += 0.2
        assert replica.is_fresh()


@pytest.mark.parametrize(("path", "is_marked"), [("/account/", True), ("/api/v1/wallet/transfer", False)])
def test_who_sent_a_form_is_marked_for_longer_than_a_replica_may_lag(path: str, is_marked: bool, settings: Any) -> None:
    settings.REPLICA_LAG_MAX_SECS = 1.5
    response = stale_reads(lambda request: HttpResponse())(RequestFactory().post(path))
    assert (WROTE_COOKIE in response.cookies) == is_marked
    if is_marked:
        assert response.cookies[WROTE_COOKIE]["max-age"] == 3


STALE = [
    "/api/v1/biome-market/price-history/ocean",
    "/api/v1/biome-market/candles/ocean?interval=1m",
    "/api/v1/biome-market/leaderboard",
    "/api/v1/marketplace/lands",
    "/api/v1/marketplace/listings",
    "/api/v1/marketplace/transactions/audit-trail?everyone=true",
    "/leaderboard/",
    "/marketplace/",
    "/map/lands/",
    "/biome-market/",
    "/biome-market/ocean/",
    "/biome-market/ocean/trades/",
]
FRESH = [
    "/api/v1/biome-market/markets",
    "/api/v1/biome-market/portfolio",
    "/api/v1/biome-market/transactions",
    "/api/v1/wallet",
    "/api/v1/marketplace/transactions/audit-trail",
    "/portfolio/",
    "/transactions/",
    "/transfer/",
    "/marketplace/own/",
]


@pytest.mark.django_db(transaction=True)
def test_which_addresses_ask_the_replica_and_never_for_money(
    asked: list[str], markets: None, administrator: Client
) -> None:
    for path in STALE:
        asked.clear()
        assert administrator.get(path).status_code == 200, path
        assert asked, path
        assert not [statement for statement in asked if any(table in statement for table in NEVER_STALE)], path
    asked.clear()
    for path in FRESH:
        assert administrator.get(path).status_code == 200, path
        assert asked == [], path
