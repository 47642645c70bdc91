"""The order ticket where scripts do not run."""

from __future__ import annotations

from uuid import uuid4

import pytest

from trading.tests.order_tickets import PAGE, TRADE, codes, html

pytestmark = pytest.mark.usefixtures("markets")


class TestWithoutScripts:
    def test_a_trade_leads_to_a_page_that_shows_it(self, send, alices, alice, fund):
        fund(alice, 1_000)
        operation = uuid4()

        response = send(htmx=False, spend="100", operation=str(operation))

        assert response.status_code == 302
        assert response["Location"] == f"{PAGE}?side=buy&by=spend&tolerance=1.00&traded={operation}#ticket"
        page = alices.get(response["Location"])
        assert "Bought 0.9804 shares for 100.00 BDT" in html(page)
        assert "<h1" in html(page)

    def test_a_refusal_is_the_whole_page_with_what_was_typed(self, send, alice, fund):
        fund(alice, 10)

        response = send(htmx=False, spend="100")

        assert (response.status_code, codes(response)) == (409, ["insufficient_funds"])
        assert "<h1" in html(response)
        assert 'name="spend" value="100"' in html(response)

    def test_a_preview_quotes_and_trades_nothing(self, send, alice, fund, state):
        fund(alice, 1_000)
        before = state()

        response = send(htmx=False, spend="100", preview="1")

        assert response.status_code == 200
        assert 'value="0.980391" title="0.980391 shares"' in html(response)
        assert 'name="spend" value="100"' in html(response)
        assert state() == before

    def test_nobody_sees_anothers_trade(self, send, client, alice, bob, fund):
        fund(alice, 1_000)
        operation = uuid4()
        send(spend="100", operation=str(operation))
        client.force_login(bob)

        assert "Bought" not in html(client.get(f"{PAGE}?traded={operation}"))

    @pytest.mark.parametrize("traded", ["", "1", "nonsense", "%00"])
    def test_a_trade_that_never_was_is_not_shown(self, alices, traded):
        response = alices.get(f"{PAGE}?traded={traded}")

        assert response.status_code == 200
        assert "ticket-result" not in html(response)

    def test_the_address_of_orders_leads_to_the_market(self, alices):
        assert alices.get(TRADE)["Location"] == PAGE
