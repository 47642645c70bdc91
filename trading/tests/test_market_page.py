"""The page of one biome's market, and the fragments that it fetches again."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from attention.biomes import Biome
from markets.history.candles import update_candles
from markets.history.price_attribution import Move
from markets.models import Market
from markets.tests.cycles import write_cycle
from trading.orders.market_orders import buy_shares
from trading.tests.conftest import BDT
from trading.views.market import verdict_of

pytestmark = pytest.mark.usefixtures("markets")

OCEAN = "/biome-market/ocean/"
GONE_BY = timedelta(minutes=90)


@pytest.fixture
def history(alice, fund, hold):
    """Write an hour and a half of cycles, half a minute apart, until now, and thirty trades."""
    now = timezone.now()
    for number in range(180):
        at = now - GONE_BY + number * timedelta(seconds=30)
        write_cycle(at, 100_000_000_000_000 + number * 10**10, attention=5, moved=10**10)
    update_candles()
    cash = 100_000_000_000_000 + 179 * 10**10
    Market.objects.update(cash_micro=cash, bar_open_micro=cash, bar_low_micro=cash, bar_high_micro=cash)
    hold(alice, 10)
    fund(alice, 10_000)
    for biome in (Biome.OCEAN, Biome.SNOW) * 15:
        buy_shares(operation=uuid4(), player_id=alice.pk, biome=biome, spend_micro=50 * BDT, now=now)


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


@pytest.mark.parametrize("biome", Biome)
def test_every_biome_has_a_page(client, biome):
    page = html(client.get(reverse("market", args=[biome])))
    assert f"<title>{biome.label} · Biome Exchange</title>" in page
    assert 'data-live="price" value="100.00"' in page


@pytest.mark.parametrize("biome", ["lake", "OCEAN", "all", "%00", "ocean%20"])
@pytest.mark.parametrize("part", ["", "why/", "trades/"])
def test_an_unknown_biome_has_none(client, biome, part):
    html(client.get(f"/biome-market/{biome}/{part}"), 404)


@pytest.mark.parametrize("key", ["2h", "", "1H", "\0"])
def test_an_unknown_range_has_none(client, key):
    html(client.get(OCEAN, {"range": key}), 404)


@pytest.mark.parametrize("part", ["", "why/", "trades/"])
def test_it_is_only_read(client, part):
    html(client.post(OCEAN + part), 405)


def test_a_market_without_a_past_says_so(client):
    page = html(client.get(OCEAN))
    assert "There are no prices yet" in page
    assert "Nothing is known of the last hour yet" in page
    assert "No trades lately" in page


@pytest.mark.parametrize("key", ["live", "15m", "1h", "1d", "1w", "all"])
def test_the_chosen_range_is_drawn_without_javascript(client, history, key):
    page = html(client.get(OCEAN, {"range": key}))
    [chosen] = re.findall(r'<a href="([^"]*)" [^>]*aria-current="true">', page)
    assert chosen == f"{OCEAN}?range={key}"
    assert re.search(r'<path d="M0\.0 [\d.]+L', page)
    assert "the price opened at" in page


def test_a_range_keeps_what_else_the_address_says(client):
    assert f'"{OCEAN}?side=sell&amp;range=1w"' in html(client.get(OCEAN, {"side": "sell"}))


def test_it_says_why_the_price_moved(client, history):
    why = html(client.get(f"{OCEAN}why/"))
    assert "Mostly attention: players looked here more than the price stood for." in why
    assert why in html(client.get(OCEAN))
    attention, trades, together = re.findall(r'<td class="num">.*?value="([-\d.]+)" title="[-\d.]+ BDT"', why)[1::2]
    # Sixty minutes and the one under way, two cycles each or one; the trades came after the last.
    assert 1_180_000 <= float(attention) <= 1_220_000
    assert float(together) == float(attention) + float(trades)


@pytest.mark.parametrize(
    ("attention", "change", "verdict"),
    [
        (0, 0, "Nothing moved it: no attention counted, and nobody traded."),
        (5, 7, "Mostly attention: players looked here more than the price stood for."),
        (-5, -5, "Mostly attention: players looked elsewhere more than the price stood for."),
        (2, 7, "Mostly trades: players bought more than they sold."),
        (0, -1, "Mostly trades: players sold more than they bought."),
    ],
)
def test_the_larger_part_is_named(now, attention, change, verdict):
    assert verdict_of(Move(now, 100, 100 + change, 1, attention)) == verdict


def test_it_lists_the_newest_trades_of_this_market(client, history):
    trades = html(client.get(f"{OCEAN}trades/"))
    assert trades.count("<tr data-trade=") == 16
    assert trades.count("▲ Buy") == 16
    assert trades in html(client.get(OCEAN))


def test_guests_are_told_what_signing_in_is_for(client):
    page = html(client.get(OCEAN))
    assert 'id="attention"' not in page
    assert f"/sign-in/?next={OCEAN.replace('/', '%2F')}" in page


def test_players_see_what_they_give(client, alice):
    client.force_login(alice)
    assert 'id="attention" data-budget="10"' in html(client.get(OCEAN))


def test_a_page_asks_the_database_at_most_twelve_times(client, alice, history, assert_max_queries):
    client.force_login(alice)
    client.get(OCEAN)
    with assert_max_queries(12):
        html(client.get(OCEAN))


@pytest.mark.parametrize(("part", "queries"), [("why/", 1), ("trades/", 1)])
def test_a_fragment_asks_once(client, history, assert_max_queries, part, queries):
    with assert_max_queries(queries):
        html(client.get(OCEAN + part))


@pytest.mark.parametrize(("kept", "shown"), [("live", "live"), ("1w", "1w"), ("2h", "1h"), ("", "1h")])
def test_the_range_that_was_shown_last_is_shown_again(client, kept, shown):
    client.cookies["chart_range"] = kept
    assert re.search(rf'data-range="{shown}"[^>]* aria-current="true"', html(client.get(OCEAN)))
    assert re.search(r'data-range="1d"[^>]* aria-current="true"', html(client.get(OCEAN, {"range": "1d"})))


def test_a_player_finds_what_the_own_shares_cost_on_the_chart(client, alice, history):
    assert "data-average-cost" not in html(client.get(OCEAN))
    client.force_login(alice)
    [cost] = re.findall(r'data-average-cost="([\d.]+)"', html(client.get(OCEAN)))
    assert float(cost) > 0
