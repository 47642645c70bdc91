"""The price tolerance of the order ticket, and its question before a large price move."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from markets.management.opening import OPENING_CASH_MICRO
from markets.models import Market
from trading.models import Wallet
from trading.tests.conftest import BDT
from trading.tests.order_tickets import codes, html, operation_in, trades

pytestmark = pytest.mark.usefixtures("markets")


class TestTolerance:
    def test_a_price_that_moved_further_refuses_and_changes_nothing(self, send, alice, fund, state):
        fund(alice, 1_000)
        before = state()

        response = send(spend="100", tolerance="1", seen_cash_micro=str(98_900_000 * BDT))

        assert (response.status_code, codes(response)) == (409, ["price_moved"])
        assert 'name="spend" value="100"' in html(response)
        assert f'name="seen_cash_micro" value="{OPENING_CASH_MICRO}"' in html(response)
        assert state() == before

    @pytest.mark.parametrize(
        "order",
        [
            {"by": "shares", "shares": "1", "seen_cash_micro": str(98_900_000 * BDT)},
            {"side": "sell", "shares": "1", "seen_cash_micro": str(101_200_000 * BDT)},
        ],
    )
    def test_orders_by_shares_are_held_to_it_too(self, send, alice, hold, state, order):
        hold(alice, 5)
        before = state()

        response = send(**order)

        assert (response.status_code, codes(response)) == (409, ["price_moved"])
        assert state() == before

    def test_a_price_that_moved_less_trades(self, send, alice, fund):
        fund(alice, 1_000)

        assert send(spend="100", tolerance="1", seen_cash_micro=str(99_100_000 * BDT)).status_code == 200
        assert trades().count() == 1

    def test_any_price_trades(self, send, alice, fund):
        fund(alice, 1_000)

        assert send(spend="100", tolerance="any", seen_cash_micro=str(50_000_000 * BDT)).status_code == 200
        assert trades().count() == 1

    def test_a_refused_order_offers_the_new_price_and_keeps_the_amount(self, send, alice, fund):
        fund(alice, 1_000)
        operation = str(uuid4())
        refused = send(spend="100", operation=operation, seen_cash_micro=str(50_000_000 * BDT))
        seen = re.search(r'name="seen_cash_micro" value="(\d+)"', html(refused))[1]

        again = send(spend="100", operation=str(operation_in(refused)), seen_cash_micro=seen)

        assert "at the new price" in html(refused)
        assert "Bought 0.9804 shares for 100.00 BDT" in html(again)
        assert trades().count() == 1

    def test_who_spends_the_balance_as_the_page_shows_it_spends_it_all(self, send, alice, fund):
        fund(alice, 1_000)
        Wallet.objects.filter(pk=alice.pk).update(balance_micro=899_996_000)

        assert send(spend="900").status_code == 200
        assert Wallet.objects.get(pk=alice.pk).balance_micro < 110

    def test_without_any_the_quoted_fill_trades(self, send, alice, fund):
        fund(alice, 1_000)

        for size in ({"spend": "100"}, {"by": "shares", "shares": "1.234567"}, {"side": "sell", "shares": "0.7"}):
            seen = str(Market.objects.get(pk="ocean").cash_micro)
            assert send(**size, tolerance="0", seen_cash_micro=seen).status_code == 200
        assert trades().count() == 3


class TestLargeImpact:
    def test_without_a_word_it_is_refused_and_changes_nothing(self, send, alice, fund, state):
        fund(alice, 3_000_000)
        before = state()

        response = send(spend="2100000")

        assert (response.status_code, codes(response)) == (409, ["large_impact"])
        assert "data-large-impact" in html(response)
        assert 'name="spend" value="2100000"' in html(response)
        assert state() == before

    def test_with_it_it_trades(self, send, alice, fund):
        fund(alice, 3_000_000)

        assert send(spend="2100000", confirmed="on").status_code == 200
        assert trades().count() == 1

    def test_a_form_that_claims_another_price_is_refused_all_the_same(self, send, alice, fund, state):
        fund(alice, 3_000_000)
        before = state()

        response = send(spend="2100000", seen_cash_micro=str(9 * 10**18))

        assert (response.status_code, codes(response)) == (409, ["large_impact"])
        assert state() == before

    def test_its_size_is_a_setting(self, send, alice, fund, settings):
        fund(alice, 1_000)
        settings.LARGE_IMPACT_BPS = 0

        assert codes(send(spend="1")) == ["large_impact"]
