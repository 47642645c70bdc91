"""The trade panel's orders and refusals; a form trades once."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from django.test import Client

from attention.biomes import Biome
from core.errors import MarketBusy
from markets.economic_settings import change_settings
from markets.models import Market
from trading.invariants.rules import check_laws
from trading.models import Holding, Transaction, Wallet
from trading.orders.market_orders import sell_shares
from trading.tests.conftest import BDT, SHARE

pytestmark = pytest.mark.usefixtures("markets")

PAGE = "/biome-market/ocean/"
TRADE = "/biome-market/ocean/trade/"
OPENING_CASH_MICRO = 100_000_000 * BDT
HTMX = {"HX-Request": "true"}


@pytest.fixture
def alices(alice, client):
    """Return Alice's browser."""
    client.force_login(alice)
    return client


@pytest.fixture
def send(alices):
    """Return a function that sends the panel's form as a page with scripts does; any field may be given another
    value.
    """

    def post(*, htmx=True, **fields):
        form = {
            "side": "buy",
            "by": "spend",
            "tolerance": "1.00",
            "operation": str(uuid4()),
            "seen_cash_micro": str(OPENING_CASH_MICRO),
        } | fields
        return alices.post(TRADE, form, headers=HTMX if htmx else {})

    return post


def html(response):
    return response.content.decode()


def codes(response):
    """Return the codes of all errors in a panel, in order."""
    return re.findall(r'data-code="(\w+)"', html(response))


def trades():
    return Transaction.objects.filter(kind__in=("biome_buy", "biome_sell")).order_by("pk")


def operation_in(response):
    return UUID(re.search(r'name="operation" value="([^"]+)"', html(response))[1])


def broken_laws():
    return [law.name for law in check_laws(recomputed_cycles=1) if not law.holds]


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
        assert broken_laws() == []


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


class TestWithoutScripts:
    def test_a_trade_leads_to_a_page_that_shows_it(self, send, alices, alice, fund):
        fund(alice, 1_000)
        operation = uuid4()

        response = send(htmx=False, spend="100", operation=str(operation))

        assert response.status_code == 302
        assert response["Location"] == f"{PAGE}?side=buy&by=spend&tolerance=1.00&traded={operation}#panel"
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
        assert "panel-result" not in html(response)

    def test_the_address_of_orders_leads_to_the_market(self, alices):
        assert alices.get(TRADE)["Location"] == PAGE


def test_a_sale_of_everything_sent_twice_trades_once(send, alice, hold):
    """The second sending finds nothing left to sell, and shows the first trade."""
    hold(alice, 5)
    operation, seen = str(uuid4()), str(Market.objects.get(pk="ocean").cash_micro)
    order = {"side": "sell", "shares": "5", "operation": operation, "seen_cash_micro": seen}

    first, second = send(**order), send(**order)

    assert "Sold 5.0000 shares" in html(first)
    assert "Sold 5.0000 shares" in html(second)
    assert trades().filter(kind="biome_sell").count() == 1


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
    assert broken_laws() == []


def test_pages_and_api_keep_each_others_ids(send, alice, hold, now):
    """A trade that was made elsewhere under the form's id counts as the form's trade."""
    hold(alice, 5)
    operation = uuid4()
    sell_shares(operation=operation, player_id=alice.pk, biome=Biome.OCEAN, shares_micro=2 * SHARE, now=now)

    assert "Sold 2.0000 shares" in html(send(side="sell", shares="2", operation=str(operation)))
    assert trades().filter(kind="biome_sell").count() == 1
