"""A market's newest trades, for everyone."""

from datetime import timedelta
from uuid import uuid4

import pytest

from attention.biomes import Biome
from trading import recent_trades as module
from trading.orders.market_orders import buy_shares, sell_shares
from trading.payloads import PUBLIC_OF_TRADE, trade_json
from trading.recent_trades import recent_trades
from trading.tests.conftest import BDT, SHARE

pytestmark = pytest.mark.usefixtures("markets")


@pytest.fixture
def buy(alice, fund, now):
    fund(alice, 1_000_000)

    def trade(biome=Biome.OCEAN, secs=0):
        at = now + timedelta(seconds=secs)
        return buy_shares(operation=uuid4(), player_id=alice.pk, biome=biome, spend_micro=102 * BDT, now=at)

    return trade


def test_they_say_what_the_stream_says(alice, buy, now):
    bought = buy()
    sold = sell_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.OCEAN, shares_micro=SHARE // 2, now=now)
    told = recent_trades(Biome.OCEAN)
    assert told == [
        {"at": "2026-01-01T12:00:00Z"} | {name: trade_json(trade)[name] for name in PUBLIC_OF_TRADE}
        for trade in (sold, bought)
    ]
    assert (told[1]["side"], told[1]["traded"]) == ("buy", "99.99995")
    assert (told[0]["side"], told[0]["shares"]) == ("sell", "0.50")


def test_they_are_the_newest_of_this_market(buy):
    numbers = [buy(secs=secs).pk for secs in range(25)]
    buy(Biome.SNOW)
    assert [trade["id"] for trade in recent_trades(Biome.OCEAN)] == numbers[:4:-1]
    assert len(recent_trades(Biome.SNOW)) == 1
    assert recent_trades(Biome.BEACH) == []


def test_only_the_newest_transactions_of_all_are_looked_through(buy, monkeypatch):
    buy(Biome.SNOW)
    for _ in range(3):
        buy(Biome.OCEAN)
    monkeypatch.setattr(module, "LOOKED_THROUGH", 3)
    assert recent_trades(Biome.SNOW) == []
    monkeypatch.setattr(module, "LOOKED_THROUGH", 4)
    assert len(recent_trades(Biome.SNOW)) == 1
