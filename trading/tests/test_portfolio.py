from __future__ import annotations

from fractions import Fraction
from uuid import uuid4

import pytest

from attention.biomes import Biome
from core.database import transactions
from trading.orders.market_orders import sell_shares
from trading.positions import portfolio_of
from trading.tests.conftest import BDT, SHARE
from trading.wallets.wallets import ensure_wallet

pytestmark = pytest.mark.usefixtures("markets")


@pytest.fixture
def portfolio(alice):
    return lambda: portfolio_of(player_id=alice.pk)


def test_a_player_without_a_wallet_has_no_portfolio(portfolio):
    assert portfolio() is None


def test_a_new_player_owns_nothing(portfolio, alice, now):
    ensure_wallet(player_id=alice.pk, now=now)
    owned = portfolio()

    assert owned.positions == []
    assert (owned.worth_micro, owned.shares_sale_value_micro, owned.unrealised_micro, owned.realised_micro) == (
        0,
        0,
        0,
        0,
    )


def test_mark_and_sale_value_differ_by_impact_and_fee(portfolio, alice, hold):
    hold(alice, 5)

    (position,) = portfolio().positions

    # 5 shares at 100.000500001251 BDT; a sale pays 500.001250 less a fee of 10.000025.
    assert position.mark_micro == 500_002_500
    assert position.sale_value_micro == 490_001_225
    assert position.average_cost == Fraction(510_001_277, 5 * SHARE)
    assert position.unrealised_micro == 490_001_225 - 510_001_277


def test_the_sale_value_is_what_a_sale_pays(portfolio, alice, hold, now):
    hold(alice, 5)
    promised = portfolio().positions[0].sale_value_micro

    sold = sell_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.OCEAN, shares_micro=5 * SHARE, now=now)

    assert sold.amount_micro - sold.fee_micro == promised


def test_realised_gain_stays_after_the_last_share(portfolio, alice, hold, now):
    hold(alice, 5)
    sell_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.OCEAN, shares_micro=5 * SHARE, now=now)

    owned = portfolio()

    assert owned.realised_micro == 490_001_225 - 510_001_277
    assert (owned.positions[0].average_cost, owned.positions[0].mark_micro) == (0, 0)
    assert owned.unrealised_micro == 0


def test_the_whole_counts_money_and_shares(portfolio, alice, fund, hold):
    hold(alice, 5)
    fund(alice, 10)

    owned = portfolio()

    money = owned.wallet.balance_micro
    assert money == 550 * BDT - 510_001_277 + 10 * BDT
    assert owned.worth_micro == money + 500_002_500
    assert owned.shares_sale_value_micro == 490_001_225


def test_holdings_come_in_canonical_order(portfolio, alice, hold):
    for biome in (Biome.SNOW, Biome.BEACH, Biome.OCEAN):
        hold(alice, 1, biome)

    assert [position.holding.market_id for position in portfolio().positions] == ["ocean", "beach", "snow"]


def test_however_many_biomes_it_takes_one_statement(portfolio, alice, hold, monkeypatch, django_assert_num_queries):
    for biome in Biome:
        hold(alice, 1, biome)
    asked = []
    monkeypatch.setattr(
        "trading.positions.prepared_rows", lambda *args: asked.append(args) or transactions.prepared_rows(*args)
    )

    with django_assert_num_queries(0):
        assert len(portfolio().positions) == 7
    assert len(asked) == 1
