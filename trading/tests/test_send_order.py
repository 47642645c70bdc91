"""Orders sent from the order ticket of a market's page: buys and sales."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from markets.economic_settings import change_settings
from markets.models import Market
from trading.models import Holding, Wallet
from trading.tests.conftest import BDT, SHARE
from trading.tests.order_tickets import broken_invariants, codes, html, operation_in, trades

pytestmark = pytest.mark.usefixtures("markets")


class TestBuy:
    def test_by_bdt(self, send, alice, fund):
        fund(alice, 1_000)

        response = send(spend="100")

        trade = trades().get()
        assert response.status_code == 200
        assert (trade.shares_micro, trade.amount_micro, trade.fee_micro) == (980_391, 99_999_932, 1_960_783)
        assert Wallet.objects.get(pk=alice.pk).balance_micro == 1_000 * BDT - 99_999_932
        assert "Bought 0.9804 shares for 100.00 BDT" in html(response)
        assert 'value="900.000068" title="900.000068 BDT"' in html(response)
        assert 'data-own="shares" value="0.980391"' in html(response)

    def test_by_shares(self, send, alice, fund):
        fund(alice, 1_000)

        response = send(by="shares", shares="5")

        trade = trades().get()
        assert (trade.shares_micro, trade.amount_micro) == (5 * SHARE, 510_001_277)
        assert "Bought 5.0000 shares for 510.00 BDT" in html(response)

    def test_what_was_typed_for_the_other_unit_does_not_count(self, send, alice, fund):
        fund(alice, 1_000)

        send(by="shares", shares="5", spend="nonsense")

        assert trades().get().shares_micro == 5 * SHARE

    def test_the_form_after_it_is_empty_and_new(self, send, alice, fund):
        fund(alice, 1_000)
        operation = uuid4()

        response = send(spend="100", tolerance="2.5", operation=str(operation))

        assert operation_in(response) != operation
        assert 'name="spend" value=""' in html(response)
        assert 'name="tolerance" value="2.5"' in html(response)


class TestSell:
    def test_shares(self, send, alice, hold):
        hold(alice, 5)

        response = send(side="sell", shares="5", seen_cash_micro=str(Market.objects.get(pk="ocean").cash_micro))

        trade = trades().last()
        assert response.status_code == 200
        assert (trade.kind, trade.shares_micro, trade.amount_micro) == ("biome_sell", 5 * SHARE, 500_001_250)
        assert "Sold 5.0000 shares for 490.00 BDT" in html(response)
        assert Holding.objects.get().shares_micro == 0

    def test_a_sale_is_sized_by_shares_whatever_the_unit_of_buys(self, send, alice, hold):
        hold(alice, 5)

        send(side="sell", by="spend", spend="100", shares="2")

        assert trades().last().shares_micro == 2 * SHARE

    @pytest.mark.parametrize("fee_bps", [0, 100])
    def test_for_an_amount_of_bdt(self, send, alice, hold, fee_bps, now):
        change_settings(changed_by=None, reason="for the story", now=now, trade_fee_bps=fee_bps)
        hold(alice, 5)
        before_micro = Wallet.objects.get(pk=alice.pk).balance_micro
        seen = str(Market.objects.get(pk="ocean").cash_micro)

        response = send(side="sell", sell_by="receive", receive="100", tolerance="0", seen_cash_micro=seen)

        trade = trades().last()
        got_micro = Wallet.objects.get(pk=alice.pk).balance_micro - before_micro
        # The fewest micro-shares that bring it: one of them is worth some 100 micro-BDT.
        assert 100 * BDT <= got_micro < 100 * BDT + 101
        assert got_micro == trade.amount_micro - trade.fee_micro
        assert "shares for 100.00 BDT" in html(response)

    def test_for_more_than_they_bring_is_refused_beside_the_amount(self, send, alice, hold, state):
        hold(alice, 5)
        before = state()

        response = send(side="sell", sell_by="receive", receive="500")

        assert (response.status_code, codes(response)) == (409, ["insufficient_shares"])
        assert "Your shares here bring less than that." in html(response)
        assert re.search(r'id="receive" [^>]*aria-invalid="true"', html(response))
        assert state() == before

    def test_for_an_amount_at_a_price_that_fell_further_is_refused(self, send, alice, hold, state):
        hold(alice, 5)
        before = state()

        response = send(
            side="sell", sell_by="receive", receive="100", tolerance="1", seen_cash_micro=str(101_200_000 * BDT)
        )

        assert (response.status_code, codes(response)) == (409, ["price_moved"])
        assert state() == before

    def test_of_what_the_page_shows_is_all_that_is_held(self, send, alice, hold):
        hold(alice, 5)
        Holding.objects.update(shares_micro=4_999_960)
        seen = str(Market.objects.get(pk="ocean").cash_micro)

        assert send(side="sell", shares="5.0000", seen_cash_micro=seen).status_code == 200
        assert Holding.objects.get().shares_micro == 0


@pytest.mark.django_db(transaction=True)
def test_the_books_agree_after_buys_sales_and_refusals(send, alice, fund):
    fund(alice, 1_000)

    statuses = [
        send(**order, tolerance="5").status_code
        for order in (
            {"spend": "333.333333"},
            {"by": "shares", "shares": "1.000001"},
            {"side": "sell", "shares": "0.123456"},
            {"spend": "5000"},
            {"side": "sell", "shares": "50"},
            {"spend": "1e9"},
        )
    ]

    assert statuses == [200, 200, 200, 409, 409, 400]
    assert broken_invariants() == []
