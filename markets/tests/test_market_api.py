"""The market API's answers to guests, and its errors for bad requests."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from attention.biomes import Biome
from attention.meter import give_attention
from core.database import transactions
from markets.history.candles import update_candles
from markets.models import Market
from markets.redistribution.cycle import run_cycle
from markets.redistribution.matched_flow import redistribute_cash
from markets.tests.cycles import write_cycle

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets", "own_log")]

MARKETS = "/api/v1/biome-market/markets"
CHANGES = "/api/v1/biome-market/price-changes"
HISTORY = "/api/v1/biome-market/price-history/ocean"
CANDLES = "/api/v1/biome-market/candles/ocean"
CYCLES = "/api/v1/biome-market/cycles"


@pytest.fixture
def five_cycles(now: datetime) -> None:
    for number in range(1, 6):
        run_cycle(number=number, now=now + timedelta(minutes=number))


def errors_of(reply: Any) -> list[tuple[str, str | None]]:
    return [(error["code"], error["attr"]) for error in reply.json()["errors"]]


def everything(api: APIClient, address: str) -> list[dict[str, Any]]:
    """Return all results of a list, page by page."""
    results = []
    while address:
        page = api.get(address).json()
        results += page["results"]
        address = page["next"]
    return results


def test_markets_as_they_open(api: APIClient) -> None:
    reply = api.get(MARKETS)
    assert reply.status_code == 200
    body = reply.json()
    assert [market["biome"] for market in body["markets"]] == Biome.values
    assert body["markets"][0] == {
        "biome": "ocean",
        "price": "100.00",
        "heading_price": None,
        "cash": "100000000.00",
        "total_shares": "1000000.00",
        "shares_held": "0.00",
        "shares_available": "1000000.00",
    }
    assert (body["cycle"], body["cycle_at"], body["total_cash"]) == (None, None, "700000000.00")
    assert body["settings"]["trade_fee_percent"] == "2.00"
    assert body["stream"]["seq"] == 0
    assert len(body["stream"]["epoch"]) == 32


def test_markets_after_a_cycle(
    api: APIClient, now: datetime, alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    give_attention(player_id=alice.pk, points={Biome.SNOW: 10}, budget_points=10)
    with django_capture_on_commit_callbacks(execute=True):
        run_cycle(number=1, now=now)
    body = api.get(MARKETS).json()
    assert (body["cycle"], body["cycle_at"]) == (1, "2026-01-01T12:00:00Z")
    # One for everyone, and one for each market's own room.
    assert body["stream"]["seq"] == 8
    assert [market["price"] for market in body["markets"]] == ["99.166667"] * 6 + ["105.00"]
    assert body["total_cash"] == "700000000.00"


def test_one_market(api: APIClient) -> None:
    body = api.get(f"{MARKETS}/desert").json()
    assert [market["biome"] for market in body["markets"]] == ["desert"]
    assert body["total_cash"] == "700000000.00"


@pytest.mark.parametrize("path", ["markets/moon", "price-history/moon", "candles/moon?interval=1m", "cycles/1"])
def test_what_does_not_exist_is_not_found(api: APIClient, path: str) -> None:
    reply = api.get(f"/api/v1/biome-market/{path}")
    assert (reply.status_code, errors_of(reply)) == (404, [("not_found", None)])


def test_the_stream_is_where_the_page_is(api: APIClient) -> None:
    assert api.get(MARKETS).json()["stream"]["url"] == "ws://testserver/api/v1/ws"
    assert api.get(MARKETS, secure=True).json()["stream"]["url"] == "wss://testserver/api/v1/ws"


@pytest.mark.parametrize("origin", ["wss://streams.example:444", "https://streams.example:444/"])
def test_the_stream_is_where_the_settings_say(api: APIClient, settings: Any, origin: str) -> None:
    settings.STREAM_URL = origin
    assert api.get(MARKETS).json()["stream"]["url"] == "wss://streams.example:444/api/v1/ws"


def test_markets_are_read_without_redis(api: APIClient, without_redis: None) -> None:
    reply = api.get(MARKETS)
    assert reply.status_code == 200
    assert (reply.json()["stream"]["epoch"], reply.json()["stream"]["seq"]) == ("", 0)


def test_markets_that_are_not_open(api: APIClient) -> None:
    Market.objects.all().delete()
    reply = api.get(MARKETS)
    assert (reply.status_code, errors_of(reply)) == (503, [("service_unavailable", None)])
    assert reply["Retry-After"] == "1"


def test_price_history_is_newest_first(api: APIClient, five_cycles: None) -> None:
    body = api.get(HISTORY).json()
    assert [tick["cycle"] for tick in body["results"]] == [5, 4, 3, 2, 1]
    assert body["results"][0] == {
        "cycle": 5,
        "at": "2026-01-01T12:05:00Z",
        "price": "100.00",
        "attention_points": 0,
        "amount_added_bdt": "0.00",
        "attention": 0,
        "cash_before": "100000000.00",
        "cash_after": "100000000.00",
        "volume": "0.00",
    }
    assert (body["next"], body["previous"]) == (None, None)


def test_price_history_of_a_period(api: APIClient, five_cycles: None) -> None:
    period = {"since": "2026-01-01T12:02:00Z", "until": "2026-01-01T12:04:00Z"}
    assert [tick["cycle"] for tick in api.get(HISTORY, period).json()["results"]] == [3, 2]


def test_pages_stay_what_they_are_while_ticks_are_added(api: APIClient, five_cycles: None, now: datetime) -> None:
    first = api.get(HISTORY, {"limit": 2}).json()
    run_cycle(number=6, now=now + timedelta(minutes=6))
    second = api.get(first["next"]).json()
    assert [tick["cycle"] for tick in second["results"]] == [3, 2]
    assert [tick["cycle"] for tick in api.get(second["previous"]).json()["results"]] == [5, 4]
    assert [tick["cycle"] for tick in everything(api, first["next"])] == [3, 2, 1]


def test_candles_are_oldest_first(api: APIClient, five_cycles: None) -> None:
    update_candles()
    body = api.get(CANDLES, {"interval": "1m", "limit": 2}).json()
    assert [candle["opened_at"] for candle in body["results"]] == ["2026-01-01T12:04:00Z", "2026-01-01T12:05:00Z"]
    assert body["results"][0] | {"opened_at": ""} == {
        "opened_at": "",
        "open": "100.00",
        "high": "100.00",
        "low": "100.00",
        "close": "100.00",
        "volume": "0.00",
        "attention_points": 0,
        "amount_added_bdt": "0.00",
        "attention": 0,
        "attention_moved": "0.00",
    }
    older = api.get(body["next"]).json()
    assert [candle["opened_at"] for candle in older["results"]] == ["2026-01-01T12:02:00Z", "2026-01-01T12:03:00Z"]
    hours = api.get(CANDLES, {"interval": "1h", "since": "2026-01-01T12:00:00Z"}).json()["results"]
    assert [candle["opened_at"] for candle in hours] == ["2026-01-01T12:00:00Z"]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("?limit=0", ("min_value", "limit")),
        ("?limit=501", ("max_value", "limit")),
        ("?limit=ten", ("invalid", "limit")),
        ("?since=yesterday", ("invalid", "since")),
        ("?until=2026-13-01", ("invalid", "until")),
        ("?cursor=x", ("invalid", "cursor")),
        # A cursor whose place, "x", is nowhere.
        ("?cursor=cD14", ("invalid", "cursor")),
    ],
)
def test_bad_parameters_are_refused(api: APIClient, five_cycles: None, query: str, error: tuple[str, str]) -> None:
    for address in (HISTORY + query, CANDLES + query + "&interval=1m"):
        reply = api.get(address)
        assert (reply.status_code, errors_of(reply)) == (400, [error])


@pytest.mark.parametrize(("query", "code"), [("", "required"), ("?interval=2m", "invalid_choice")])
def test_candles_need_an_interval(api: APIClient, query: str, code: str) -> None:
    reply = api.get(CANDLES + query)
    assert (reply.status_code, errors_of(reply)) == (400, [(code, "interval")])


def test_a_cycle_can_be_computed_again(api: APIClient, alice: User, bob: User, now: datetime) -> None:
    give_attention(player_id=alice.pk, points={Biome.SNOW: 7, Biome.OCEAN: 2}, budget_points=10)
    give_attention(player_id=bob.pk, points={Biome.FOREST: 1}, budget_points=10)
    run_cycle(number=1, now=now)
    body = api.get(f"{CYCLES}/1").json()
    assert (body["reason"], body["at"]) == ("redistributed", "2026-01-01T12:00:00Z")

    def micro(text: str) -> int:
        return int(Decimal(text) * 1_000_000)

    def bps(text: str) -> int:
        return int(Decimal(text) * 100)

    markets, rules = body["markets"], body["settings"]
    shares = [Decimal(market["total_shares"]) for market in markets]
    cash_after = redistribute_cash(
        cash=[micro(market["cash_before"]) for market in markets],
        attention=[market["attention"] for market in markets],
        floors=[micro(str(Decimal(rules["price_floor"]) * each)) for each in shares],
        pool_bps=bps(rules["redistribution_pool_percent"]),
        move_bps=bps(rules["max_move_percent"]),
    )
    assert [micro(market["cash_after"]) for market in markets] == cash_after
    assert micro(body["total_cash"]) == sum(cash_after)
    assert micro(body["moved"]) > 0


def test_a_cycle_number_beyond_all_numbers_is_not_found(api: APIClient) -> None:
    assert api.get(f"{CYCLES}/{10**30}").status_code == 404


def test_price_changes_are_told_with_the_prices_before(api: APIClient) -> None:
    write_cycle(timezone.now() - timedelta(hours=2), 80 * 10**12)
    reply = api.get(CHANGES)
    assert [market["biome"] for market in reply.json()] == list(Biome)
    assert reply.json()[0] == {
        "biome": "ocean",
        "change_5m_percent": "25.00",
        "change_1h_percent": "25.00",
        "change_24h_percent": None,
        "price_5m_ago": "80.00",
        "price_1h_ago": "80.00",
        "price_24h_ago": None,
    }


def test_an_invalid_token_is_one_error(api: APIClient) -> None:
    api.credentials(HTTP_AUTHORIZATION="Bearer nonsense")
    reply = api.get(MARKETS)
    assert (reply.status_code, errors_of(reply)) == (401, [("token_not_valid", None)])
    assert reply["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("path", "module", "statements", "queries"),
    [
        (MARKETS, "markets.snapshot", 1, 0),
        (f"{MARKETS}/ocean", "markets.snapshot", 1, 0),
        (f"{CANDLES}?interval=1m", "markets.history.candle_pages", 1, 0),
        (CHANGES, "markets.history.price_changes", 1, 0),
        (HISTORY, "markets.snapshot", 0, 1),
        (f"{CYCLES}/1", "markets.snapshot", 0, 2),
    ],
)
def test_how_often_a_read_asks_the_database(
    api: APIClient,
    five_cycles: None,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Any,
    path: str,
    module: str,
    statements: int,
    queries: int,
) -> None:
    asked = []
    monkeypatch.setattr(
        f"{module}.prepared_rows", lambda *given: asked.append(given) or transactions.prepared_rows(*given)
    )
    api.get(MARKETS)  # the settings in force are remembered from then on
    asked.clear()
    with django_assert_num_queries(queries):
        assert api.get(path).status_code == 200
    assert len(asked) == statements
