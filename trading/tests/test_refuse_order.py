"""Refusals of the order ticket: each beside its field, and nothing changes."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client

from core.errors import MarketBusy
from markets.economic_settings import change_settings
from markets.management.opening import OPENING_CASH_MICRO
from trading.models import Wallet
from trading.tests.conftest import BDT
from trading.tests.order_tickets import TRADE, codes, html, operation_in

pytestmark = pytest.mark.usefixtures("markets")


class TestRefusals:
    @pytest.mark.parametrize(
        ("order", "status", "code"),
        [
            ({"spend": "1000.000001"}, 409, "insufficient_funds"),
            ({"spend": "0.000001"}, 409, "amount_too_small"),
            ({"by": "shares", "shares": "1000001"}, 409, "sold_out"),
            ({"by": "shares", "shares": "200000"}, 409, "trade_too_large"),
            ({"side": "sell", "shares": "5.000001"}, 409, "insufficient_shares"),
            ({"spend": ""}, 400, "required"),
            ({"side": "sell", "spend": "1"}, 400, "required"),
        ],
    )
    def test_stand_beside_the_amount_and_change_nothing(self, send, alice, hold, fund, state, order, status, code):
        hold(alice, 5)
        Wallet.objects.filter(pk=alice.pk).update(balance_micro=1_000 * BDT)
        before = state()

        response = send(**order)

        assert (response.status_code, codes(response)) == (status, [code])
        field = order.get("by", "shares" if order.get("side") == "sell" else "spend")
        assert re.search(rf'id="{field}" [^>]*aria-invalid="true"', html(response))
        assert state() == before

    @pytest.mark.parametrize(
        "typed",
        ["1e400", "1e3", "NaN", "Infinity", "-1", "++1", "1\u0663", "0.0000001", "1,500", "1 2", "0x10", "1_0",
         "\x00", "<script>alert(1)</script>", "9" * 400, "1000000001", "0"],
    )  # fmt: skip
    def test_of_hostile_amounts(self, send, alice, fund, state, typed):
        fund(alice, 1_000)
        before = state()

        for order in ({"spend": typed}, {"by": "shares", "shares": typed}, {"side": "sell", "shares": typed}):
            response = send(**order)
            assert response.status_code == 400
            assert len(codes(response)) == 1
            assert "<script>alert" not in html(response)
        assert state() == before

    @pytest.mark.parametrize(
        "hostile",
        [
            {"tolerance": "-1"},
            {"tolerance": "100.01"},
            {"tolerance": "1e400"},
            {"tolerance": ""},
            {"tolerance": "NaN"},
            {"side": "hold"},
            {"side": ""},
            {"by": "kilo"},
            {"part": "33"},
            {"operation": ""},
            {"operation": "1"},
            {"seen_cash_micro": ""},
            {"seen_cash_micro": "0"},
            {"seen_cash_micro": "-5"},
            {"seen_cash_micro": "1e400"},
            {"seen_cash_micro": "9" * 30},
        ],
    )
    def test_of_the_forms_other_fields(self, send, alice, fund, state, hostile):
        fund(alice, 1_000)
        before = state()

        response = send(**{"spend": "100"} | hostile)

        assert response.status_code == 400
        assert 'data-code="' in html(response)
        assert 'name="spend" value="100"' in html(response)
        assert state() == before

    def test_of_a_price_that_was_never_seen(self, send, alice, fund, state):
        fund(alice, 1_000)
        before = state()

        assert codes(send(spend="100", seen_cash_micro="1")) == ["sold_out"]
        assert state() == before

    def test_when_trading_is_paused(self, send, alice, fund, state, now):
        fund(alice, 1_000)
        change_settings(changed_by=None, reason="for the story", now=now, trading_paused=True)
        before = state()

        response = send(spend="100")

        assert (response.status_code, codes(response)) == (409, ["trading_paused"])
        assert "Trading is paused." in html(response)
        assert state() == before

    def test_when_the_market_is_busy_the_same_form_may_be_sent_again(self, send, alice, fund, monkeypatch):
        fund(alice, 1_000)
        operation = uuid4()

        def busy(**order):
            raise MarketBusy

        with monkeypatch.context() as patch:
            patch.setattr("trading.views.trade.buy_shares", busy)
            response = send(spend="100", operation=str(operation))

        assert (response.status_code, response["Retry-After"], codes(response)) == (503, "1", ["market_busy"])
        assert operation_in(response) == operation
        assert send(spend="100", operation=str(operation)).status_code == 200

    def test_a_guest_is_asked_to_sign_in(self, client, state):
        before = state()

        response = client.post(TRADE, {"side": "buy", "spend": "1"})

        assert response.status_code == 302
        assert response["Location"] == "/sign-in/?next=/biome-market/ocean/"
        assert state() == before

    def test_a_form_from_elsewhere_is_refused(self, alice, fund, state):
        fund(alice, 1_000)
        before = state()
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(alice)

        form = {"side": "buy", "spend": "100", "tolerance": "1", "operation": str(uuid4())}
        response = browser.post(TRADE, form | {"seen_cash_micro": str(OPENING_CASH_MICRO)})

        assert response.status_code == 403
        assert state() == before

    def test_an_unknown_biome_is_not_found(self, alices):
        assert alices.post("/biome-market/lava/trade/", {}).status_code == 404
        assert alices.get("/biome-market/lava/quote/").status_code == 404
