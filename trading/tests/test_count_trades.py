"""Each trade updates the volume and the cost of shares sold in a holding; those of earlier trades are computed from
the transactions.
"""

from __future__ import annotations

from importlib import import_module
from uuid import uuid4

import pytest
from django.db import connection

from attention.biomes import Biome
from trading.models import Holding
from trading.orders.market_orders import buy_shares, sell_shares
from trading.tests.conftest import SHARE

pytestmark = pytest.mark.usefixtures("markets")

BOUGHT = 500_001_251  # 5 shares of the ocean from 100 BDT on, without the fee
COST = 510_001_277
SOLD = 200_000_800  # 2 of them back


@pytest.fixture
def traded(alice, hold, now):
    hold(alice, 5)
    sell_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.OCEAN, shares_micro=2 * SHARE, now=now)
    return alice


def volume_of(player, biome):
    return Holding.objects.values_list("volume_micro", flat=True).get(player=player, market=biome)


def test_buys_and_sales_count_what_they_move_in_the_market(traded):
    assert volume_of(traded, Biome.OCEAN) == BOUGHT + SOLD


def test_sales_count_what_the_shares_had_cost(traded, now):
    first = COST * 2 // 5
    assert Holding.objects.get().sold_basis_micro == first

    sell_shares(operation=uuid4(), player_id=traded.pk, biome=Biome.OCEAN, shares_micro=3 * SHARE, now=now)

    assert Holding.objects.get().sold_basis_micro == COST


def test_a_buy_leaves_what_was_sold(traded, hold):
    hold(traded, 5)

    assert Holding.objects.get().sold_basis_micro == COST * 2 // 5


def test_a_further_buy_adds_to_it(alice, hold, now):
    hold(alice, 5)
    sale = {"operation": uuid4(), "player_id": alice.pk, "biome": Biome.OCEAN, "shares_micro": 5 * SHARE, "now": now}
    sold = sell_shares(**sale)
    sell_shares(**sale)
    bought = buy_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.OCEAN, shares_micro=SHARE, now=now)

    assert volume_of(alice, Biome.OCEAN) == BOUGHT + sold.amount_micro + bought.amount_micro - bought.fee_micro


def test_each_market_counts_by_itself(traded, hold):
    hold(traded, 5, Biome.SNOW)

    assert (volume_of(traded, Biome.OCEAN), volume_of(traded, Biome.SNOW)) == (BOUGHT + SOLD, BOUGHT)


def test_trades_from_before_are_counted_from_the_transactions(traded, hold, bob):
    hold(bob, 5, Biome.SNOW)
    counted = list(Holding.objects.order_by("pk").values())
    # What counts in standings came later than these migrations, and never exceeds the volume.
    now_counting = dict(Holding.objects.values_list("pk", "counted_micro"))
    Holding.objects.update(volume_micro=0, sold_basis_micro=0, counted_micro=0)

    with connection.cursor() as cursor:
        for migration in ("0004_holding_volume", "0008_holding_sold_basis"):
            cursor.execute(import_module(f"trading.migrations.{migration}").BACKFILL)
    for holding, counting_micro in now_counting.items():
        Holding.objects.filter(pk=holding).update(counted_micro=counting_micro)

    assert list(Holding.objects.order_by("pk").values()) == counted
