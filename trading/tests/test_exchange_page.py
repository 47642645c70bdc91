"""The exchange's page shows the markets in their orders, the pool, the player's holdings, and the first steps."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from attention.biomes import Biome
from attention.meter import give_attention
from markets.history.candles import update_candles
from markets.models import Market
from markets.redistribution.cycle import run_cycle
from markets.templatetags.amounts import EN_DASH, MINUS
from markets.tests.cycles import write_cycle
from trading.orders.market_orders import sell_shares

pytestmark = pytest.mark.usefixtures("markets")

EXCHANGE = "/biome-market/"
INTRO = "/intro/"
MOST_QUERIES = 12
SORTS = ["price", "5m", "1h", "24h", "attention", "cycle", "holding"]


@pytest.fixture
def player(client, alice):
    client.force_login(alice)
    return client


def text_of(page):
    return page.content.decode()


def biomes_of(page):
    return re.findall(r'<tr role="row" data-biome="(\w+)">', text_of(page))


def row_of(page, biome):
    return re.search(rf'<tr role="row" data-biome="{biome}">.*?</tr>', text_of(page), re.DOTALL)[0]


def set_price(biome, price):
    Market.objects.filter(pk=biome).update(
        cash_micro=price * 10**12, bar_high_micro=10**18, bar_low_micro=1, bar_open_micro=price * 10**12
    )


@pytest.mark.parametrize("path", ["/", EXCHANGE])
def test_it_is_home_and_has_an_address(client, path):
    page = client.get(path)
    assert page.status_code == 200
    assert biomes_of(page) == list(Biome)
    assert "<h1>Biome markets</h1>" in text_of(page)
    assert '<a href="/biome-market/" aria-current="page">' in text_of(page)


def test_a_market_is_told_with_its_price_and_link_and_no_price_times_a_million(client):
    set_price("snow", 123)
    row = row_of(client.get(EXCHANGE), "snow")
    assert 'data-live="price" value="123.00" title="123.00 BDT a share">123.00</data>' in row
    assert "123,000,000.00" not in row
    assert f'href="{reverse("market", args=["snow"])}"' in row


def test_changes_are_told_with_the_price_that_they_go_by(client):
    now = timezone.now()
    write_cycle(now - timedelta(hours=2), 80 * 10**12)
    write_cycle(now - timedelta(minutes=30), 125 * 10**12)
    row = row_of(client.get(EXCHANGE), "ocean")
    assert f'data-age="5m" data-from="125.00">▼ {MINUS}20.00 %' in row
    assert 'data-age="1h" data-from="80.00">▲ +25.00 %' in row
    assert f'data-age="24h" data-from="">{EN_DASH}' in row


def test_the_last_hour_is_drawn_and_told(client):
    write_cycle(timezone.now() - timedelta(minutes=30), 125 * 10**12)
    update_candles()
    row = row_of(client.get(EXCHANGE), "ocean")
    assert 'aria-label="Between 100.00 and 125.00 BDT"' in row
    assert ",125.0000 " in re.search(r'data-points="([^"]*)"', row)[1]


def test_the_last_cycle_is_told(client, alice):
    give_attention(player_id=alice.pk, points={Biome.OCEAN: 8, Biome.FOREST: 2}, budget_points=10)
    run_cycle(number=1, now=timezone.now())
    page = client.get(EXCHANGE)
    row = row_of(page, "ocean")
    assert '<span data-live="attention">80.0 %</span>' in row
    assert 'transform="scale(0.80 1)"' in row
    assert 'value="5.00" title="5.00 %" data-live="added-percent">▲ +5.00 %</data>' in row
    assert 'id="pooled" value="175000000.00"' in text_of(page)
    assert 'id="moved" value="10000000.00"' in text_of(page)


def test_where_prices_are_heading_is_told_beside_them(client, alice):
    give_attention(player_id=alice.pk, points={Biome.OCEAN: 8, Biome.FOREST: 2}, budget_points=10)
    run_cycle(number=1, now=timezone.now())
    # 80 % of all market cash, 700 million, over a million shares.
    row = row_of(client.get(EXCHANGE), "ocean")
    assert 'data-live="heading" value="560.00" title="560.00 BDT a share">560.00</data>' in row


def test_before_any_cycle_nothing_is_made_up(client):
    row = row_of(client.get(EXCHANGE), "ocean")
    assert f'data-live="heading" value="">{EN_DASH}</data>' in row
    assert f'<span data-live="attention">{EN_DASH}</span>' in row
    assert f'data-live="added-percent">{EN_DASH}</data>' in row


def test_before_the_markets_are_open_it_says_so(client):
    Market.objects.all().delete()
    assert client.get(EXCHANGE).status_code == 503


def test_the_markets_come_first(client):
    page = text_of(client.get(EXCHANGE))
    places = [page.index(f'id="{name}"') for name in ("market-list", "intro", "compare", "pool")]
    assert places == sorted(places)


def test_all_are_compared_over_ranges_that_the_api_can_answer(client):
    page = text_of(client.get(EXCHANGE))
    told = re.findall(r'data-biome="(\w+)" data-candles-url="([^"]+)"', page)
    assert [biome for biome, _ in told] == list(Biome)
    for interval, candles in re.findall(r'data-interval="(\w+)" data-candles="(\d+)"', page):
        assert client.get(told[0][1], {"interval": interval, "limit": candles}).status_code == 200


# --- Orders -----------------------------------------------------------------------------------------------------------


def test_the_largest_first_or_the_smallest(client):
    set_price("desert", 300)
    set_price("beach", 50)
    others = ["ocean", "plains", "forest", "mountain", "snow"]
    assert biomes_of(client.get(EXCHANGE, {"sort": "-price"})) == ["desert", *others, "beach"]
    assert biomes_of(client.get(EXCHANGE, {"sort": "price"})) == ["beach", *others, "desert"]


def test_what_is_not_known_comes_last(player, alice, hold):
    hold(alice, 5, Biome.SNOW)
    hold(alice, 9, Biome.PLAINS)
    others = ["ocean", "beach", "forest", "desert", "mountain"]
    assert biomes_of(player.get(EXCHANGE, {"sort": "-holding"})) == ["plains", "snow", *others]
    assert biomes_of(player.get(EXCHANGE, {"sort": "holding"})) == ["snow", "plains", *others]


@pytest.mark.parametrize("name", SORTS)
def test_every_order_can_be_asked_for_and_turned(player, name):
    page = player.get(EXCHANGE, {"sort": f"-{name}"})
    assert f'aria-sort="descending"><a id="sort-{name}" href="?sort={name}"' in text_of(page)
    page = player.get(EXCHANGE, {"sort": name})
    assert f'aria-sort="ascending"><a id="sort-{name}" href="?sort=-{name}"' in text_of(page)


@pytest.mark.parametrize("sort", ["cash", "--price", "-", "price,1h", "<b>", "\x00"])
def test_an_unknown_order_is_refused(client, sort):
    assert client.get(EXCHANGE, {"sort": sort}).status_code == 400


def test_the_list_alone_is_fetched_in_another_order(client):
    page = client.get(EXCHANGE, {"sort": "-price"}, headers={"HX-Request": "true", "HX-Target": "market-list"})
    assert text_of(page).lstrip().startswith('<section class="market-list" id="market-list"')
    assert "<html" not in text_of(page)
    assert {"HX-Request", "HX-Target"} <= {name.strip() for name in page["Vary"].split(",")}


def test_a_page_of_the_version_before_loads_itself_again(client):
    page = client.get(EXCHANGE, {"sort": "-price"}, headers={"HX-Request": "true", "HX-Target": "board"})
    assert page["HX-Refresh"] == "true"
    page = client.get(EXCHANGE, {"sort": "-price"}, headers={"HX-Request": "true", "HX-Target": "market-list"})
    assert "HX-Refresh" not in page


# --- What the player holds --------------------------------------------------------------------------------------------


def test_a_holding_is_told_in_shares_and_value(player, alice, hold):
    hold(alice, 5, Biome.SNOW)
    set_price("snow", 200)
    page = player.get(EXCHANGE)
    row = row_of(page, "snow")
    assert 'class="held" data-shares="5.00">' in row
    assert 'title="5.00 shares">5.0000</data>' in row
    assert 'title="1000.00 BDT">1,000.00</data>' in row
    assert 'href="/biome-market/snow/?side=buy">Buy<' in row
    assert 'class="held" data-shares="0.00" hidden>' in row_of(page, "ocean")


def test_what_was_sold_is_held_no_more(player, alice, hold, now):
    hold(alice, 5, Biome.SNOW)
    sell_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.SNOW, shares_micro=5_000_000, now=now)
    assert 'class="held" data-shares="0.00" hidden>' in row_of(player.get(EXCHANGE), "snow")


def test_a_player_without_a_wallet_holds_nothing(player):
    assert "Make your first trade" in text_of(player.get(EXCHANGE))


def test_who_traded_before_is_not_led_to_a_first_trade(player, alice, hold):
    hold(alice, 5)
    assert "Make your first trade" not in text_of(player.get(EXCHANGE))


def test_the_first_trade_is_where_most_look(player, alice):
    give_attention(player_id=alice.pk, points={Biome.DESERT: 8, Biome.FOREST: 2}, budget_points=10)
    run_cycle(number=1, now=timezone.now())
    first = 'href="/biome-market/desert/?side=buy&amp;spend=20&amp;first-steps=1">Make your first trade'
    assert first in text_of(player.get(EXCHANGE))


def test_guests_are_invited(client, settings):
    settings.STARTING_GRANT_BDT = 1000
    page = client.get(EXCHANGE, {"sort": "-price"})
    assert "You are watching as a guest." in text_of(page)
    assert "Join and get 1,000 BDT" in text_of(page)
    assert f'href="{reverse("register")}?next=%2Fbiome-market%2F%3Fsort%3D-price"' in text_of(page)
    assert 'class="held"' not in text_of(page)
    assert "sort=-holding" not in text_of(page)


def test_players_are_not_invited(player):
    assert "You are watching as a guest." not in text_of(player.get(EXCHANGE))


# --- The first steps -------------------------------------------------------------------------------------------------


def test_it_is_shown_until_it_is_hidden_and_can_be_brought_back(client):
    assert "Look at a biome." in text_of(client.get(EXCHANGE))

    page = client.post(INTRO, {"intro": "hidden"}, follow=True)
    assert page.redirect_chain == [(EXCHANGE, 302)]
    assert "Look at a biome." not in text_of(page)
    assert "First steps: how do prices move?" in text_of(page)

    page = client.post(INTRO, {"intro": "shown"}, follow=True)
    assert "Look at a biome." in text_of(page)


def test_they_are_folded_away_for_who_has_traded_and_the_foot_leads_to_them(player, alice, hold):
    assert "Look at a biome." in text_of(player.get(EXCHANGE))
    hold(alice, 5)
    page = text_of(player.get(EXCHANGE))
    assert "Look at a biome." not in page
    assert '<a href="/biome-market/?first-steps=1#intro">First steps</a>' in page
    page = text_of(player.get(EXCHANGE, {"first-steps": "1"}))
    assert re.findall(r'<li data-state="(\w+)">', page) == ["done", "done", "done"]


def test_who_skipped_them_finds_them_again(client):
    client.post(INTRO, {"intro": "hidden"})
    assert "Look at a biome." in text_of(client.get(EXCHANGE, {"first-steps": "1"}))


def test_a_guest_joins_on_the_way_to_the_first_buy(client):
    page = text_of(client.get(EXCHANGE))
    buy = "%2Fbiome-market%2Focean%2F%3Fside%3Dbuy%26spend%3D20%26first-steps%3D1"
    assert f'href="/register/?next={buy}">Join' in page


@pytest.mark.parametrize(
    ("path", "states"),
    [("/biome-market/snow/", ["done", "current", "next"]), ("/portfolio/", ["done", "done", "done"])],
)
def test_they_go_along_where_the_address_asks_for_them(player, path, states):
    assert 'id="first-steps"' not in text_of(player.get(path))
    page = text_of(player.get(path, {"first-steps": "1"}))
    assert re.findall(r'<li data-state="(\w+)">', page) == states


def test_it_is_remembered_for_a_year_and_no_script_reads_it(client):
    cookie = client.post(INTRO, {"intro": "hidden"}).cookies["intro"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (31_536_000, True, "Lax")


def test_htmx_gets_it_alone_with_the_focus_on_the_other_button(client):
    asked = {"HX-Request": "true", "HX-Target": "intro"}
    page = client.post(INTRO, {"intro": "hidden"}, headers=asked, follow=True)
    assert text_of(page).lstrip().startswith('<section id="intro"')
    assert 'value="shown" autofocus' in text_of(page)
    assert "<table" not in text_of(page)


@pytest.mark.parametrize("sent", [{}, {"intro": ""}, {"intro": "gone"}, {"intro": "\x00"}])
def test_anything_else_is_refused_and_nothing_remembered(client, sent):
    reply = client.post(INTRO, sent)
    assert (reply.status_code, "intro" in reply.cookies) == (400, False)


def test_it_is_changed_by_a_form_only(client):
    assert client.get(INTRO).status_code == 405


# --- Cost -------------------------------------------------------------------------------------------------------------


def test_a_page_asks_the_database_few_times_however_much_there_is(player, alice, hold, assert_max_queries):
    now = timezone.now()
    for minutes in range(90, 0, -1):
        write_cycle(now - timedelta(minutes=minutes), 80 * 10**12)
    update_candles()
    run_cycle(number=91, now=now)
    for biome in Biome:
        hold(alice, 1, biome)
    with assert_max_queries(MOST_QUERIES):
        assert len(biomes_of(player.get(EXCHANGE))) == 7
