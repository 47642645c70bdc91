"""The parts of attention and of trades add up, to the unit, to the change of the price."""

from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
from django.db.models import F, Sum

from attention.biomes import Biome
from attention.meter import give_attention
from markets.history.candles import update_candles
from markets.history.price_attribution import last_hour
from markets.models import Market, Tick
from markets.redistribution.cycle import run_cycle
from trading.models import Kind, Transaction
from trading.orders.market_orders import buy_shares, sell_shares
from trading.tests.conftest import BDT, SHARE

pytestmark = pytest.mark.usefixtures("markets")


@pytest.fixture
def busy_minutes(alice, bob, fund, now):
    """Write twelve cycles over five minutes, with attention here and there and trades between them."""
    random = Random(4)
    fund(alice, 1_000_000)
    for number in range(1, 13):
        at = now + timedelta(seconds=25 * number)
        for biome in random.sample(list(Biome), 3):
            spend = random.randrange(1_000, 9_000) * BDT
            buy_shares(operation=uuid4(), player_id=alice.pk, biome=biome, spend_micro=spend, now=at)
            sold = random.randrange(1, 9 * SHARE)
            sell_shares(operation=uuid4(), player_id=alice.pk, biome=biome, shares_micro=sold, now=at)
        give_attention(player_id=bob.pk, points={random.choice(list(Biome)): 7}, budget_points=10)
        run_cycle(number=number, now=at)
    update_candles()


@pytest.mark.parametrize("biome", Biome)
def test_the_parts_are_what_cycles_and_trades_did(busy_minutes, biome, now):
    move = last_hour(biome=biome, now=now + timedelta(minutes=5)).move
    market = Market.objects.get(pk=biome)
    moved = F("cash_after_micro") - F("cash_before_micro")
    by_cycles = Tick.objects.filter(market=biome).aggregate(sum=Sum(moved))["sum"]
    trades = Transaction.objects.filter(market=biome, kind__in=(Kind.BIOME_BUY, Kind.BIOME_SELL))
    by_trades = trades.aggregate(sum=Sum(moved))["sum"]
    assert by_trades > 0
    assert move.attention_micro == by_cycles != 0
    assert move.trades_micro == by_trades
    assert move.change_micro == market.cash_micro - market.opening_cash_micro
