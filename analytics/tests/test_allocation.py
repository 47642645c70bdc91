from __future__ import annotations

from uuid import uuid4

import pytest

from analytics.equity.allocation import allocation_of
from attention.biomes import Biome
from trading.models import Wallet
from trading.orders.market_orders import sell_shares
from trading.positions import portfolio_of
from trading.tests.conftest import BDT, SHARE

pytestmark = pytest.mark.usefixtures("markets")

MARK = 500_002_500  # of 5 shares, just bought


@pytest.fixture
def allocation(alice):
    def told():
        parts = allocation_of(portfolio_of(player_id=alice.pk))
        return [(part.biome, part.amount_micro, part.begin, part.length, part.percent) for part in parts]

    return told


def test_money_alone_is_all_cash(allocation, alice, fund):
    fund(alice, 100)

    assert allocation() == [(None, 100 * BDT, 0, 1_000, "100.0")]


def test_nothing_is_no_part_of_anything(allocation, alice, fund):
    fund(alice, 100)
    Wallet.objects.update(balance_micro=0)

    assert allocation() == [(None, 0, 0, 0, "0.0")]


def test_what_is_held_is_cash(allocation, alice, fund):
    fund(alice, 100)
    Wallet.objects.update(balance_micro=30 * BDT, held_micro=70 * BDT)

    assert allocation() == [(None, 100 * BDT, 0, 1_000, "100.0")]


def test_cash_comes_first_then_the_biomes_one_behind_the_other(allocation, alice, hold):
    hold(alice, 5, Biome.SNOW)
    hold(alice, 5, Biome.OCEAN)
    Wallet.objects.update(balance_micro=4 * MARK)

    assert allocation() == [
        (None, 4 * MARK, 0, 666, "66.7"),
        (Biome.OCEAN, MARK, 666, 167, "16.7"),
        (Biome.SNOW, MARK, 833, 167, "16.7"),
    ]


def test_a_biome_that_is_sold_out_has_no_part(allocation, alice, hold, now):
    hold(alice, 5)
    sell_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.OCEAN, shares_micro=5 * SHARE, now=now)

    assert [biome for biome, *_ in allocation()] == [None]
