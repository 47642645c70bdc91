"""Polled private data carry an ETag that changes with them, and headers that keep them from shared caches."""

from __future__ import annotations

from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from attention.biomes import Biome
from trading.orders.market_orders import buy_shares

pytestmark = pytest.mark.usefixtures("markets")

PORTFOLIO = "/api/v1/biome-market/portfolio"
TRADES = "/api/v1/biome-market/transactions"
WALLET = "/api/v1/wallet"
OWN = [PORTFOLIO, TRADES, WALLET]


@pytest.fixture
def player(alice):
    client = APIClient()
    client.force_authenticate(alice)
    return client


@pytest.mark.parametrize("path", OWN)
def test_what_has_not_changed_is_not_sent_again(player, path):
    first = player.get(path)
    again = player.get(path, headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])


@pytest.mark.parametrize("path", OWN)
def test_a_trade_changes_the_etag_of_the_one_who_made_it(player, alice, bob, fund, now, path):
    def buy(one):
        buy_shares(operation=uuid4(), player_id=one.pk, biome=Biome.OCEAN, spend_micro=1_000_000, now=now)

    fund(alice, 10)
    fund(bob, 10)
    before = player.get(path)["ETag"]
    buy(bob)
    assert player.get(path)["ETag"] == before
    buy(alice)
    assert player.get(path)["ETag"] != before


def test_the_price_changes_the_etag_of_who_holds_the_share(player, bob, alice, fund, hold, now):
    hold(alice, 5)
    before = player.get(PORTFOLIO)["ETag"]
    hold(bob, 5)

    assert player.get(PORTFOLIO)["ETag"] != before


@pytest.mark.parametrize("path", OWN)
def test_it_is_kept_by_nobody_else(player, path):
    reply = player.get(path)

    assert reply["Cache-Control"] == "private, no-cache"
    told_apart = {name.strip().title() for name in reply["Vary"].split(",")}
    # A list of transactions comes as JSON or as CSV.
    formats = {"Accept"} if path == TRADES else set()
    assert told_apart == {"Accept-Encoding", "Authorization", "Cookie", "Origin"} | formats


def test_a_short_reply_is_not_compressed(player):
    reply = player.get(WALLET, headers={"Accept-Encoding": "gzip"})

    assert not reply.has_header("Content-Encoding")
    assert reply.json()["balance"] == "0.00"
