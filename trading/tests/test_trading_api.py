"""The API's endpoints: their requests, answers and refusals."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from attention.biomes import Biome
from markets.economic_settings import change_settings
from trading.models import Kind, Transaction, Wallet
from trading.tests.conftest import BDT
from trading.tests.movements import write

pytestmark = pytest.mark.usefixtures("markets")


@pytest.fixture
def api(alice):
    client = APIClient()
    client.force_authenticate(alice)
    return client


@pytest.fixture
def teller(bob):
    """Create Bob, who may move money from and to the outside."""
    bob.user_permissions.add(Permission.objects.get(codename="move_outside_money"))
    client = APIClient()
    client.force_authenticate(bob)
    return client


def post(client, path, body, key=None):
    headers = {"Idempotency-Key": str(key)} if key else {}
    return client.post(f"/api/v1/{path}", body, format="json", headers=headers)


def refusal(response):
    error = response.json()["errors"][0]
    return response.status_code, error["code"], error["attr"]


def test_quote_and_buy_agree(api, alice, fund):
    fund(alice, 1_000)

    quote = post(api, "biome-market/quote", {"biome": "ocean", "side": "buy", "spend": "100"}).json()
    bought = post(api, "biome-market/buy", {"biome": "ocean", "spend": "100.00"}).json()

    assert quote == {
        "biome": "ocean",
        "side": "buy",
        "shares": "0.980391",
        "amount": "99.999932",
        "traded": "98.039149",
        "fee": "1.960783",
        "total": "99.999932",
        "average_price": "100.00005",
        "price_before": "100.00",
        "price_after": "100.000098",
        "price_impact_percent": "0.000098",
    }
    assert {key: bought[key] for key in quote if key in bought} == {
        key: quote[key] for key in quote if key != "price_impact_percent"
    }


def test_sell(api, alice, hold):
    hold(alice, 5)

    sold = post(api, "biome-market/sell", {"biome": "ocean", "shares": "5"})

    assert sold.status_code == 201
    assert (sold.json()["kind"], sold.json()["amount"], sold.json()["total"]) == (
        "biome_sell",
        "500.00125",
        "490.001225",
    )


def test_a_repeated_key_answers_the_same(api, alice, fund):
    fund(alice, 1_000)
    key = uuid4()

    first, again = (post(api, "biome-market/buy", {"biome": "ocean", "spend": "10"}, key) for _ in range(2))

    assert first.json() == again.json()
    assert first.json()["operation"] == str(key)
    assert Transaction.objects.filter(kind="biome_buy").count() == 1


def test_a_key_for_something_else_is_a_conflict(api, alice, fund):
    fund(alice, 1_000)
    key = uuid4()
    post(api, "biome-market/buy", {"biome": "ocean", "spend": "10"}, key)

    assert refusal(post(api, "biome-market/buy", {"biome": "snow", "spend": "10"}, key)) == (
        409,
        "idempotency_conflict",
        None,
    )


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("buy", {"biome": "ocean", "spend": "2000"}, (409, "insufficient_funds", "spend")),
        ("buy", {"biome": "ocean", "spend": "0.000001"}, (409, "amount_too_small", None)),
        ("buy", {"biome": "ocean", "shares": "1000001"}, (409, "sold_out", None)),
        ("buy", {"biome": "ocean", "shares": "200000"}, (409, "trade_too_large", None)),
        ("buy", {"biome": "ocean", "spend": "10", "worst_price": "99"}, (409, "price_moved", "worst_price")),
        ("buy", {"biome": "ocean", "spend": "10", "least_shares": "1"}, (409, "price_moved", "least_shares")),
        ("buy", {"biome": "lava", "spend": "10"}, (400, "invalid_choice", "biome")),
        ("buy", {"spend": "10"}, (400, "required", "biome")),
        ("buy", {"biome": "ocean"}, (400, "invalid", "spend")),
        ("buy", {"biome": "ocean", "spend": "10", "shares": "1"}, (400, "invalid", "spend")),
        ("sell", {"biome": "ocean", "shares": "5.000001"}, (409, "insufficient_shares", "shares")),
        ("sell", {"biome": "ocean", "shares": "5", "least_proceeds": "501"}, (409, "price_moved", "least_proceeds")),
        ("sell", {"biome": "ocean", "shares": "5", "worst_price": "101"}, (409, "price_moved", "worst_price")),
        ("sell", {"biome": "ocean"}, (400, "required", "shares")),
        ("quote", {"biome": "ocean", "side": "sell", "spend": "1"}, (400, "invalid", "spend")),
        ("quote", {"biome": "ocean", "side": "sell"}, (400, "required", "shares")),
        ("quote", {"biome": "ocean", "side": "hold", "shares": "1"}, (400, "invalid_choice", "side")),
    ],
)
def test_refusals_have_a_code_and_change_nothing(api, alice, hold, state, path, body, expected):
    hold(alice, 5)
    before = state()

    assert refusal(post(api, f"biome-market/{path}", body)) == expected
    assert state() == before


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("-1", "invalid"),
        ("0", "min_value"),
        ("0.0000001", "invalid"),
        ("1e3", "invalid"),
        ("NaN", "invalid"),
        ("Infinity", "invalid"),
        ("1e400", "invalid"),
        ("٣", "invalid"),
        ("1_000", "invalid"),
        (" 1", "invalid"),
        ("1\n", "invalid"),
        ("", "invalid"),
        ("9" * 40, "invalid"),
        ("9223372036854.775808", "max_value"),
        ("1000000000.000001", "max_value"),
        (True, "invalid"),
        ([1], "invalid"),
        ({}, "invalid"),
        (None, "null"),
    ],
)
def test_amounts_that_are_none(api, alice, fund, state, amount, code):
    fund(alice, 1_000)
    before = state()

    assert refusal(post(api, "biome-market/buy", {"biome": "ocean", "spend": amount})) == (400, code, "spend")
    assert state() == before


def test_a_key_that_is_no_uuid_is_refused(api, alice, fund, state):
    fund(alice, 1_000)
    before = state()

    assert refusal(post(api, "biome-market/buy", {"biome": "ocean", "spend": "1"}, "mine")) == (
        400,
        "invalid",
        "Idempotency-Key",
    )
    assert state() == before


def test_a_pause_refuses_trades_and_quotes(api, alice, hold, now):
    hold(alice, 5)
    change_settings(changed_by=None, reason="for the story", now=now, trading_paused=True)

    for path, body in (
        ("quote", {"biome": "ocean", "side": "buy", "spend": "1"}),
        ("buy", {"biome": "ocean", "spend": "1"}),
        ("sell", {"biome": "ocean", "shares": "1"}),
    ):
        assert refusal(post(api, f"biome-market/{path}", body)) == (409, "trading_paused", None)


def test_a_busy_market_says_when_to_come_back(api, alice, fund, monkeypatch):
    from core.errors import MarketBusy

    fund(alice, 1_000)

    def busy(**kwargs):
        raise MarketBusy

    monkeypatch.setattr("trading.orders.market_orders.locked_for_buy", busy)
    response = post(api, "biome-market/buy", {"biome": "ocean", "spend": "1"})

    assert refusal(response) == (503, "market_busy", None)
    assert response["Retry-After"] == "1"


def test_portfolio(api, alice, hold):
    hold(alice, 5)

    portfolio = api.get("/api/v1/biome-market/portfolio").json()

    assert portfolio == {
        "balance": "39.998723",
        "held": "0.00",
        "total": "39.998723",
        "worth": "540.001223",
        "gain": "-9.998777",
        "mark_value": "500.0025",
        "value_if_sold_now": "490.001225",
        "land_value": "0.00",
        "land_gain": "0.00",
        "land_parcels": 0,
        "unrealised_gain": "-20.000052",
        "realised_gain": "0.00",
        "holdings": [
            {
                "biome": "ocean",
                "shares": "5.00",
                "cost": "510.001277",
                "average_cost": "102.000255",
                "price": "100.0005",
                "mark_value": "500.0025",
                "value_if_sold_now": "490.001225",
                "unrealised_gain": "-20.000052",
                "realised_gain": "0.00",
            }
        ],
    }


def test_trades_are_ones_own_and_newest_first(api, alice, bob, hold):
    hold(bob, 1)
    hold(alice, 2)
    hold(alice, 1)

    listed = api.get("/api/v1/biome-market/transactions").json()

    assert (listed["next"], listed["previous"]) == (None, None)
    assert [trade["shares"] for trade in listed["results"]] == ["1.00", "2.00"]


def test_trades_can_be_of_one_market(api, alice, hold):
    hold(alice, 1)
    hold(alice, 2, Biome.SNOW)
    found = api.get("/api/v1/biome-market/transactions?biome=ocean").json()["results"]
    assert [trade["biome"] for trade in found] == ["ocean"]
    assert api.get("/api/v1/biome-market/transactions?biome=lake").status_code == 400


def test_trades_of_a_period_are_found_by_number(api, alice, now):
    trades = [write(alice, now + timedelta(days=day), Kind.BIOME_BUY) for day in range(9)]
    since, until = (f"{trades[day].at:%Y-%m-%dT%H:%M:%S.%fZ}" for day in (3, 4))

    with CaptureQueriesContext(connection) as asked:
        found = api.get(f"/api/v1/biome-market/transactions?since={since}&until={until}").json()["results"]

    assert [trade["id"] for trade in found] == [trades[4].pk, trades[3].pk]
    [listed] = [query["sql"] for query in asked if "initiator_id" in query["sql"]]
    assert f'"transactions"."id" >= {trades[3].pk}' in listed
    assert f'"transactions"."id" < {trades[5].pk}' in listed


def test_trades_come_in_pages_that_do_not_shift(api, alice, hold):
    for shares in (1, 2, 3):
        hold(alice, shares)

    first = api.get("/api/v1/biome-market/transactions?limit=2").json()
    hold(alice, 4)
    second = api.get(first["next"]).json()

    assert [trade["shares"] for trade in first["results"] + second["results"]] == ["3.00", "2.00", "1.00"]


def test_a_page_of_trades_takes_one_query(api, alice, hold, django_assert_num_queries):
    for _ in range(3):
        hold(alice, 1)

    with django_assert_num_queries(1):
        assert len(api.get("/api/v1/biome-market/transactions").json()["results"]) == 3


def test_a_new_players_wallet(api, settings):
    settings.STARTING_GRANT_BDT = Decimal("12.5")
    assert api.get("/api/v1/wallet").json() == {"balance": "0.00", "held": "0.00", "total": "0.00"}

    call_command("post_starting_grants")

    assert api.get("/api/v1/wallet").json() == {"balance": "12.50", "held": "0.00", "total": "12.50"}


def test_transfer(api, alice, bob, fund):
    fund(alice, 10)

    response = post(api, "wallet/transfer", {"to": "Bob", "amount": "2.5", "note": "thanks"})

    assert response.status_code == 201
    moved = response.json()
    assert (moved["kind"], moved["payer"], moved["payee"], moved["amount"], moved["reason"]) == (
        "transfer",
        "alice",
        "bob",
        "2.50",
        "thanks",
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"to": "bob", "amount": "10.000001"}, (409, "insufficient_funds", "amount")),
        ({"to": "alice", "amount": "1"}, (400, "own_wallet", "to")),
        ({"to": "nobody", "amount": "1"}, (404, "unknown_player", "to")),
        ({"to": "bob", "amount": "1", "note": "x" * 201}, (400, "max_length", "note")),
        ({"to": "bo\x00b", "amount": "1"}, (400, "null_characters_not_allowed", "to")),
    ],
)
def test_transfers_that_are_refused(api, alice, bob, fund, state, body, expected):
    fund(alice, 10)
    before = state()

    assert refusal(post(api, "wallet/transfer", body)) == expected
    assert state() == before


def test_those_allowed_to_top_up_and_withdraw(teller, alice):
    topped = post(teller, "wallet/topup", {"player": "alice", "amount": "5", "reason": "prize"})
    taken = post(teller, "wallet/withdraw", {"player": "alice", "amount": "2", "reason": "paid out"})

    assert (topped.status_code, taken.status_code) == (201, 201)
    assert (topped.json()["payer"], topped.json()["payee"], topped.json()["reason"]) == (None, "alice", "prize")
    assert Wallet.objects.get(pk=alice.pk).balance_micro == 3 * BDT


def test_nobody_else_may_top_up_or_withdraw(api, alice, fund, state):
    fund(alice, 10)
    before = state()

    for path in ("topup", "withdraw"):
        body = {"player": "alice", "amount": "1", "reason": "mine"}
        assert refusal(post(api, f"wallet/{path}", body)) == (403, "permission_denied", None)

    assert state() == before


def test_a_top_up_needs_a_reason(teller, alice, state):
    before = state()

    response = post(teller, "wallet/topup", {"player": "alice", "amount": "5", "reason": " "})

    assert refusal(response) == (400, "blank", "reason")
    assert state() == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "biome-market/quote"),
        ("post", "biome-market/buy"),
        ("post", "biome-market/sell"),
        ("get", "biome-market/portfolio"),
        ("get", "biome-market/transactions"),
        ("get", "wallet"),
        ("post", "wallet/topup"),
        ("post", "wallet/withdraw"),
        ("post", "wallet/transfer"),
    ],
)
def test_guests_are_asked_to_sign_in(method, path):
    response = getattr(APIClient(), method)(f"/api/v1/{path}", {}, format="json")

    assert refusal(response) == (401, "not_authenticated", None)


def test_money_goes_on_without_redis(api, alice, fund, monkeypatch):
    """Trading continues when announcing fails."""
    import redis

    def away(*args, **kwargs):
        raise redis.ConnectionError("away")

    fund(alice, 100)
    monkeypatch.setattr("trading.events.announce", away)

    assert post(api, "biome-market/buy", {"biome": "ocean", "spend": "10"}).status_code == 201
