"""The ticket before the order: the quote while typing, parts of the player's property, and links that fill it in."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape

import pytest

from attention.biomes import Biome
from markets.economic_settings import change_settings
from markets.models import Market
from trading.models import Transaction, Wallet
from trading.tests.conftest import BDT, SHARE

pytestmark = pytest.mark.usefixtures("markets")

PAGE = "/biome-market/ocean/"
QUOTE = "/biome-market/ocean/quote/"
#: A page is rendered with at most so many queries.
MOST_QUERIES = 12


@pytest.fixture
def alices(alice, client):
    """Return Alice's browser."""
    client.force_login(alice)
    return client


def html(response):
    return unescape(response.content.decode())


def codes(response):
    return re.findall(r'data-code="(\w+)"', html(response))


def exact(response):
    """Return the exact figures of the quote, from top to bottom."""
    [ledger] = re.findall(r'id="quote".*?</dl>', html(response), re.DOTALL)
    return re.findall(r'title="([^"]+)"', ledger)


def value_of(response, field):
    return re.search(rf'name="{field}" value="([^"]*)"', html(response))[1]


def fill_of(response):
    return re.search(r'data-fill="([^"]*)"', html(response))[1]


class TestFollow:
    def test_a_buy_by_bdt(self, alices, alice, fund):
        fund(alice, 1_000)

        response = alices.get(QUOTE, {"side": "buy", "by": "spend", "spend": "100", "tolerance": "1"})

        assert response.status_code == 200
        assert exact(response) == [
            "0.980391 shares",
            "99.999932 BDT",
            "1.960783 BDT",
            "100.00005 BDT a share",
            "0.000098 %",
            "100.000098 BDT a share",
            "900.000068 BDT",
        ]
        assert 'for less than <data value="0.970684" title="0.970684 shares">0.9707</data> shares' in html(response)
        assert value_of(response, "seen_cash_micro") == str(100_000_000 * BDT)
        assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"

    def test_a_buy_by_shares(self, alices, alice, fund):
        fund(alice, 1_000)

        response = alices.get(QUOTE, {"side": "buy", "by": "shares", "shares": "5", "tolerance": "1"})

        assert exact(response)[:2] == ["5.00 shares", "510.001277 BDT"]
        assert 'above an average of <data value="101.000253"' in html(response)

    def test_a_sale(self, alices, alice, hold):
        hold(alice, 5)

        response = alices.get(QUOTE, {"side": "sell", "shares": "5", "tolerance": "1"})

        assert exact(response) == [
            "490.001225 BDT",
            "-20.000052 BDT",
            "10.000025 BDT",
            "100.00025 BDT a share",
            "-0.0005 %",
            "100.00 BDT a share",
            "529.999948 BDT",
        ]
        assert 'for less than <data value="485.101212"' in html(response)

    def test_nothing_typed_is_no_error(self, alices, alice):
        response = alices.get(QUOTE, {"side": "buy", "by": "spend", "spend": "", "tolerance": "1"})

        assert (response.status_code, codes(response), exact(response)) == (200, [], [])

    def test_a_guest_gets_a_quote_too(self, client):
        response = client.get(QUOTE, {"side": "buy", "spend": "100", "tolerance": "1"})

        assert response.status_code == 200
        assert exact(response)[0] == "0.980391 shares"
        assert "Balance after" not in html(response)

    @pytest.mark.parametrize(
        ("asked", "status", "code", "is_quoted"),
        [
            ({"spend": "1000.01"}, 409, "insufficient_funds", True),
            ({"spend": "99000000"}, 409, "insufficient_funds", False),
            ({"spend": "0.000001"}, 409, "amount_too_small", False),
            ({"side": "sell", "shares": "5.1"}, 409, "insufficient_shares", False),
            ({"spend": "abc"}, 400, "invalid", False),
            ({"spend": "1e400"}, 400, "invalid", False),
            ({"shares": "NaN"}, 400, "invalid", False),
            ({"spend": "1", "tolerance": "101"}, 400, "max_value", True),
            ({"spend": "1", "part": "33"}, 400, "", True),
            ({"spend": "1", "side": "hold"}, 400, "", False),
        ],
    )
    def test_what_is_wrong_is_told_with_its_status(self, alices, alice, hold, asked, status, code, is_quoted):
        hold(alice, 5)
        Wallet.objects.update(balance_micro=1_000 * BDT)

        response = alices.get(QUOTE, {"tolerance": "1"} | asked)

        assert (response.status_code, codes(response)) == (status, [code] if code else [])
        assert bool(exact(response)) is is_quoted

    def test_too_large_a_trade_is_told_how_large_it_may_be(self, alices, alice, fund):
        fund(alice, 50_000_000)

        for asked, most in (
            ({"spend": "20000000"}, "At most 10,200,000.00 BDT in one trade."),
            ({"by": "shares", "shares": "100000"}, "At most 95,310.1798 shares in one trade."),
        ):
            response = alices.get(QUOTE, {"tolerance": "1"} | asked)
            assert codes(response) == ["trade_too_large"]
            assert most in html(response)

    def test_a_large_impact_is_told(self, alices, alice, fund):
        fund(alice, 5_000_000)

        assert "data-large-impact" not in html(alices.get(QUOTE, {"spend": "2000000", "tolerance": "1"}))
        assert "moves the price by 2.06 %" in html(alices.get(QUOTE, {"spend": "2100000", "tolerance": "1"}))

    def test_that_trading_is_paused_is_told(self, alices, alice, fund, now):
        fund(alice, 1_000)
        change_settings(changed_by=None, reason="for the story", now=now, trading_paused=True)

        response = alices.get(QUOTE, {"spend": "100", "tolerance": "1"})

        assert response.status_code == 409
        assert "Trading is paused." in html(response)


class TestParts:
    @pytest.mark.parametrize(
        ("asked", "percent", "fill"),
        [
            ({"side": "buy", "by": "spend"}, 25, "250.00"),
            ({"side": "buy", "by": "spend"}, 100, "1000.00"),
            ({"side": "buy", "by": "shares"}, 50, "4.9019"),
            ({"side": "sell"}, 75, "3.75"),
            ({"side": "sell"}, 100, "5.00"),
        ],
    )
    def test_of_what_there_is(self, alices, alice, hold, asked, percent, fill):
        hold(alice, 5)
        Wallet.objects.update(balance_micro=1_000 * BDT)

        response = alices.get(QUOTE, asked | {"part": str(percent), "tolerance": "1", "spend": "abc", "shares": "abc"})

        assert response.status_code == 200
        assert fill_of(response) == fill

    def test_of_a_balance_that_is_not_round_is_what_can_be_shown(self, alices, alice, fund):
        fund(alice, 1_000)
        Wallet.objects.update(balance_micro=900_000_030)

        response = alices.get(QUOTE, {"side": "buy", "by": "spend", "part": "100", "tolerance": "1"})

        assert fill_of(response) == "900.00"

    @pytest.mark.parametrize("by", ["spend", "shares"])
    @pytest.mark.parametrize("balance_bdt", [1, 1_000, 40_000_000])
    def test_all_of_it_can_be_bought(self, alices, alice, fund, by, balance_bdt):
        """A buy of all of 40,000,000 BDT is limited to what one trade allows."""
        fund(alice, balance_bdt)
        quoted = alices.get(QUOTE, {"side": "buy", "by": by, "part": "100", "tolerance": "0"})

        response = alices.post(
            f"{PAGE}trade/",
            {
                "side": "buy",
                "by": by,
                by: fill_of(quoted),
                "tolerance": "0",
                "operation": "6f0f3ac4-2b1c-4f8e-8c51-0a4ab0b3b4a5",
                "seen_cash_micro": value_of(quoted, "seen_cash_micro"),
                "confirmed": "on",
            },
            headers={"HX-Request": "true"},
        )

        assert response.status_code == 200
        trade = Transaction.objects.get(kind="biome_buy")
        left_micro = Wallet.objects.get(pk=alice.pk).balance_micro
        # What is left buys nothing that can be shown, unless the trade was the largest there may be.
        step_micro = {"spend": 110, "shares": 11_000}[by]
        assert left_micro < step_micro or trade.shares_micro // 100 == 953_101_798

    def test_all_that_is_held_can_be_sold(self, alices, alice, hold):
        hold(alice, 5)
        quoted = alices.get(QUOTE, {"side": "sell", "part": "100", "tolerance": "0"})

        response = alices.post(
            f"{PAGE}trade/",
            {
                "side": "sell",
                "shares": fill_of(quoted),
                "tolerance": "0",
                "operation": "6f0f3ac4-2b1c-4f8e-8c51-0a4ab0b3b4a5",
                "seen_cash_micro": value_of(quoted, "seen_cash_micro"),
            },
            headers={"HX-Request": "true"},
        )

        assert response.status_code == 200
        assert alice.holdings.get().shares_micro == 0

    @pytest.mark.parametrize(("side", "code"), [("buy", "insufficient_funds"), ("sell", "insufficient_shares")])
    def test_of_nothing(self, alices, alice, side, code):
        response = alices.get(QUOTE, {"side": side, "part": "100", "tolerance": "1"})

        assert (response.status_code, codes(response), fill_of(response)) == (409, [code], "")


class TestTolerance:
    @pytest.mark.parametrize(
        ("own_bps", "values", "chosen"),
        [
            (2_000, ["5", "10", "20", "any"], "20"),
            (500, ["5", "10", "20", "any"], "5"),
            (250, ["2.50", "5", "10", "20", "any"], "2.50"),
        ],
    )
    def test_can_be_chosen_and_begins_with_the_players_own(self, alices, alice, own_bps, values, chosen):
        alice.default_tolerance_bps = own_bps
        alice.save()

        page = html(alices.get(PAGE))

        assert re.findall(r'name="tolerance" value="([^"]+)"', page) == values
        assert re.findall(r'name="tolerance" value="([^"]+)" checked', page) == [chosen]

    def test_is_by_default_above_what_two_cycles_can_do(self, client, alice):
        two_cycles_bps = 10_000 * (1 + Decimal("0.05")) ** 2 - 10_000

        assert alice.default_tolerance_bps > two_cycles_bps
        assert 'name="tolerance" value="20" checked' in html(client.get(PAGE))


class TestLinks:
    def test_to_sell_all(self, alices, alice, hold):
        hold(alice, 5)

        response = alices.get(PAGE, {"side": "sell", "shares": "all"})

        assert response.status_code == 200
        assert 'value="sell" checked' in html(response)
        assert (value_of(response, "shares"), value_of(response, "part")) == ("5.00", "100")
        assert exact(response)[0] == "490.001225 BDT"

    def test_to_buy_for_an_amount(self, alices, alice, fund):
        fund(alice, 1_000)

        response = alices.get(PAGE, {"spend": "250"})

        assert (value_of(response, "spend"), value_of(response, "shares")) == ("250", "")
        assert exact(response)[0] == "2.450977 shares"

    def test_to_buy_shares(self, alices, alice, fund):
        fund(alice, 1_000)

        response = alices.get(PAGE, {"shares": "2.5"})

        assert re.search(r'value="shares" checked', html(response))
        assert exact(response)[0] == "2.50 shares"

    def test_without_any_the_ticket_is_empty_and_has_the_players_tolerance(self, alices, alice):
        alice.default_tolerance_bps = 250
        alice.save()

        response = alices.get(PAGE)

        assert (value_of(response, "spend"), value_of(response, "tolerance")) == ("", "2.50")
        assert exact(response) == []

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("side=hold", "invalid"),
            ("side=sell&shares=1e400", "invalid"),
            ("spend=%00", "null_characters_not_allowed"),
            ("spend=<script>alert(1)</script>", "invalid"),
            ("side=sell&shares=all", "insufficient_shares"),
            ("spend=5", "insufficient_funds"),
            ("part=7", "invalid"),
            ("tolerance=x", "invalid"),
        ],
    )
    def test_that_ask_for_nonsense_say_so(self, alices, alice, query, code):
        response = alices.get(f"{PAGE}?{query}")

        assert response.status_code == 200
        assert code in codes(response)
        assert "<script>alert" not in response.content.decode()


class TestGuest:
    def test_is_invited(self, client):
        response = client.get(PAGE)

        assert response.status_code == 200
        assert 'href="/register/?next=' in html(response)
        assert 'href="/sign-in/?next=' in html(response)
        assert 'name="spend"' in html(response)
        assert "You can spend" not in html(response)

    def test_has_no_parts(self, client):
        assert "data-part=" not in html(client.get(PAGE))


class TestQueries:
    @pytest.fixture
    def many_rows(self, alice, bob, hold):
        """Write trades of both players in all markets."""
        for player in (alice, bob):
            for biome in Biome:
                for _ in range(3):
                    hold(player, 1, biome)

    def test_of_the_page(self, alices, many_rows, django_assert_max_num_queries):
        with django_assert_max_num_queries(MOST_QUERIES):
            alices.get(PAGE, {"side": "sell", "shares": "all"})

    def test_of_a_quote(self, alices, many_rows, django_assert_num_queries):
        # Session, player, market, holding, wallet.
        with django_assert_num_queries(5):
            alices.get(QUOTE, {"side": "buy", "spend": "10", "tolerance": "1"})

    def test_of_an_order(self, alices, many_rows, django_assert_max_num_queries):
        with django_assert_max_num_queries(MOST_QUERIES):
            response = alices.post(
                f"{PAGE}trade/",
                {
                    "side": "sell",
                    "shares": "1",
                    "tolerance": "1",
                    "operation": "6f0f3ac4-2b1c-4f8e-8c51-0a4ab0b3b4a5",
                    "seen_cash_micro": str(Market.objects.get(pk="ocean").cash_micro),
                },
                headers={"HX-Request": "true"},
            )
        assert response.status_code == 200
        assert Transaction.objects.last().shares_micro == SHARE
