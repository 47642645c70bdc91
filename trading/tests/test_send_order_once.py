"""An order that is sent again from a page: it trades once."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from attention.biomes import Biome
from markets.management.opening import OPENING_CASH_MICRO
from markets.models import Market
from trading.orders.market_orders import sell_shares
from trading.tests.conftest import BDT, SHARE
from trading.tests.order_tickets import HTMX, TRADE, broken_invariants, codes, html, operation_in, trades

pytestmark = pytest.mark.usefixtures("markets")


class TestOnce:
    def test_a_form_that_is_sent_again_shows_the_first_trade(self, send, alice, fund, state):
        fund(alice, 1_000)
        operation = str(uuid4())
        send(spend="100", operation=operation)
        before = state()

        again = send(spend="100", operation=operation)

        assert again.status_code == 200
        assert "Bought 0.9804 shares for 100.00 BDT" in html(again)
        assert "had been carried out already" in html(again)
        assert state() == before

    def test_a_form_that_is_sent_again_with_something_else_shows_the_first_trade(self, send, alice, fund, state):
        fund(alice, 1_000)
        operation = str(uuid4())
        send(spend="100", operation=operation)
        before = state()

        again = send(spend="200", operation=operation)

        assert "Bought 0.9804 shares for 100.00 BDT" in html(again)
        assert "had been carried out already" in html(again)
        assert state() == before

    def test_a_form_whose_id_another_market_knows_is_refused_and_gets_another(self, send, alices, alice, fund, state):
        fund(alice, 1_000)
        operation = uuid4()
        send(spend="100", operation=str(operation))
        before = state()

        form = {"side": "buy", "spend": "100", "tolerance": "1", "operation": str(operation)}
        response = alices.post(
            "/biome-market/snow/trade/", form | {"seen_cash_micro": str(OPENING_CASH_MICRO)}, headers=HTMX
        )

        assert (response.status_code, codes(response)) == (409, ["idempotency_conflict"])
        assert operation_in(response) != operation
        assert state() == before

    @pytest.mark.django_db(transaction=True)
    def test_a_double_click_trades_once(self, alice, fund, run_together):
        fund(alice, 1_000)
        form = {"side": "buy", "spend": "100", "tolerance": "1", "operation": str(uuid4())}

        def click(seen_cash_micro):
            browser = Client()
            browser.force_login(alice)
            return lambda: browser.post(TRADE, form | {"seen_cash_micro": str(seen_cash_micro)}, headers=HTMX)

        # The quote may have been renewed between the clicks.
        answers = run_together([click(OPENING_CASH_MICRO + micro) for micro in (0, 0, 0, BDT, 2 * BDT)])

        assert [answer.status_code for answer in answers] == [200] * 5
        assert all("Bought 0.9804 shares for 100.00 BDT" in html(answer) for answer in answers)
        assert trades().count() == 1
        assert broken_invariants() == []


def test_a_sale_of_everything_sent_twice_trades_once(send, alice, hold):
    """The second sending finds nothing left to sell, and shows the first trade."""
    hold(alice, 5)
    operation, seen = str(uuid4()), str(Market.objects.get(pk="ocean").cash_micro)
    order = {"side": "sell", "shares": "5", "operation": operation, "seen_cash_micro": seen}

    first, second = send(**order), send(**order)

    assert "Sold 5.0000 shares" in html(first)
    assert "Sold 5.0000 shares" in html(second)
    assert trades().filter(kind="biome_sell").count() == 1


def test_pages_and_api_keep_each_others_ids(send, alice, hold, now):
    """A trade that was made elsewhere under the form's id counts as the form's trade."""
    hold(alice, 5)
    operation = uuid4()
    sell_shares(operation=operation, player_id=alice.pk, biome=Biome.OCEAN, shares_micro=2 * SHARE, now=now)

    assert "Sold 2.0000 shares" in html(send(side="sell", shares="2", operation=str(operation)))
    assert trades().filter(kind="biome_sell").count() == 1
