"""The portfolio's page and the two parts of it that are fetched again."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from analytics.equity.snapshots import snapshot_worth
from attention.biomes import Biome
from core.database import transactions
from markets.economic_settings import change_settings
from markets.templatetags.amounts import EN_DASH, MINUS
from trading.models import Transaction, Wallet, WorthSnapshot
from trading.orders.market_orders import sell_shares
from trading.tests.conftest import SHARE
from trading.wallets.wallets import ensure_wallet

pytestmark = pytest.mark.usefixtures("markets")

PAGE, WORTH, OWNED = "/portfolio/", "/portfolio/worth/", "/portfolio/owned/"


@pytest.fixture
def page(alice, client):
    """Return a function that reads a page in Alice's browser: its text without markup, and its markup."""
    client.force_login(alice)

    def get(url=PAGE, status=200):
        reply = client.get(url)
        assert reply.status_code == status
        markup = reply.content.decode()
        text = re.sub(r"\s+", " ", re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", markup, flags=re.DOTALL))
        return text.replace(MINUS, "-").replace(EN_DASH, "-"), markup

    return get


def sell(player, shares, now, biome=Biome.OCEAN):
    sell_shares(operation=uuid4(), player_id=player.pk, biome=biome, shares_micro=shares * SHARE, now=now)


@pytest.mark.parametrize("url", [PAGE, WORTH, OWNED])
def test_guests_are_asked_to_sign_in(client, url):
    reply = client.get(url)

    assert (reply.status_code, reply["Location"]) == (302, f"{reverse('sign-in')}?next={url}")


@pytest.mark.parametrize("url", [PAGE, WORTH, OWNED])
def test_nothing_can_be_sent_to_it(alice, client, url):
    client.force_login(alice)

    assert client.post(url).status_code == 405


def test_the_portfolio_is_a_tab_and_the_purse_leads_to_it(page):
    _, markup = page("/")

    assert '<a href="/portfolio/">' in markup
    assert 'class="purse" href="/portfolio/"' in markup


def test_a_new_player_is_led_to_a_first_trade(page, alice, fund):
    fund(alice, 100)

    text, markup = page()

    assert "You own no shares yet" in text
    assert "You have 100.00 BDT to spend" in text
    assert all(f'href="/biome-market/{biome}/?side=buy"' in markup for biome in Biome)


def test_without_money_nobody_is_told_to_buy(page, alice, now):
    ensure_wallet(player_id=alice.pk, now=now)

    text, markup = page()

    assert "Your wallet is empty" in text
    assert "?side=buy" not in markup


def test_a_player_without_a_wallet_gets_one(page):
    assert "Your wallet is empty" in page()[0]


def test_a_holding_is_told_with_cost_value_and_gains(page, alice, hold):
    hold(alice, 5)

    text, markup = page()

    # 5 shares for 510.001277 BDT, now at 100.000500001251 BDT; a sale pays 490.001225 BDT.
    assert "Ocean 5.0000 102.00 100.00 500.00 490.00 ▼ -20.00 ▼ -3.92 % - 0.00 -" in text
    assert 'title="102.000255 BDT a share"' in markup
    assert 'title="-20.000052 BDT"' in markup
    assert 'data-shares="5.00" data-cost="510.001277"' in markup


def test_a_holding_is_sold_from_its_row(page, alice, hold):
    hold(alice, 5)

    assert 'href="/biome-market/ocean/?side=sell&amp;shares=all">Sell' in page()[1]


def test_realised_gains_are_told_in_percent_of_what_was_sold(page, alice, hold, now):
    hold(alice, 5)
    sell(alice, 2, now)

    # 204.000510 BDT of cost for 196.000784 BDT.
    assert "▼ -8.00 ▼ -3.92 % Sell" in page()[0]


def test_what_is_sold_out_is_told_apart(page, alice, hold, now):
    hold(alice, 5)
    sell(alice, 5, now)

    text, markup = page()

    assert "You hold no shares right now" in text
    assert "Sold out What all sales gained or lost, in BDT. Ocean ▼ -20.00 ▼ -3.92 % Buy" in text
    assert "Sell" not in text
    assert "data-shares" not in markup


def test_the_whole_is_told_with_its_parts(page, alice, hold):
    hold(alice, 5)

    text, _ = page()

    assert "Total value 540.00 BDT ▼ -10.00 ▼ -1.82 % in the last hour" in text
    assert "Balance 40.00 BDT Held for bids 0.00 BDT" in text
    assert "Shares at their price 500.00 BDT Shares if sold now 490.00 BDT" in text
    assert "Cash 40.00 7.4 % Ocean 500.00 92.6 %" in text


def test_other_players_are_not_told_of(page, alice, bob, hold, fund):
    hold(bob, 5)
    fund(alice, 1)

    assert "Ocean 5.0000" not in page()[0]


def test_before_the_first_snapshot_the_line_is_promised(page, alice, fund):
    fund(alice, 1)

    text, markup = page()

    assert "The line begins in a moment" in text
    assert "<figure" not in markup


def test_the_worth_is_drawn_and_told(page, alice, hold, now):
    hold(alice, 5)
    snapshot_worth(now=now)

    text, markup = page()

    assert "It began at 540.00 BDT; the lowest was 540.00, the highest 540.00." in text
    assert re.search(r"Time Total value \(BDT\) Gain so far \(BDT\) \d+ \w+, \d\d:\d\d UTC 540\.00 ▼ -10\.00 ", text)
    assert re.search(r'<path class="chart-line" d="M0 [\d.]+L', markup)


def test_ranges_are_links_that_work_without_scripts(page, alice, hold, now):
    hold(alice, 5)
    snapshot_worth(now=now)

    _, markup = page("/portfolio/?range=7d")

    assert '<a id="range-1h" href="/portfolio/?range=1h"' in markup
    assert re.search(r'<a id="range-7d" href="/portfolio/\?range=7d"[^>]* aria-current="true">7 d</a>', markup)


@pytest.mark.parametrize("range_key", ["1h", "24h", "7d", "30d", "all"])
def test_every_range_is_there_before_it_is_of_use(page, alice, fund, range_key):
    fund(alice, 1)

    page(f"{PAGE}?range={range_key}")
    page(f"{WORTH}?range={range_key}")


@pytest.mark.parametrize("range_key", ["", "2h", "all'--", "٢٤h", "\x00", "9" * 5000])
@pytest.mark.parametrize("url", [PAGE, WORTH])
def test_an_unknown_range_is_refused(page, alice, fund, url, range_key):
    fund(alice, 1)

    page(f"{url}?range={range_key}", status=400)


def test_the_parts_are_fragments(page, alice, hold):
    hold(alice, 5)

    for url, begin in ((WORTH, '<section class="card worth" id="worth"'), (OWNED, '<div class="owned" id="owned"')):
        markup = page(url)[1]
        assert markup.strip().startswith(begin)
        assert "<html" not in markup


def test_a_paused_market_is_told(page, alice, hold, root, now):
    hold(alice, 5)
    change_settings(changed_by=root, reason="storm", now=now, trading_paused=True)

    assert "Trading is paused: nothing can be sold for now." in page()[0]


def test_looking_changes_nothing(page, alice, hold, state):
    hold(alice, 5)
    before = state()

    for url in (PAGE, WORTH, OWNED):
        page(url)

    assert state() == before
    assert not WorthSnapshot.objects.exists()


def test_however_much_there_is_it_takes_few_queries(page, alice, hold, now, django_assert_max_num_queries, monkeypatch):
    for biome in Biome:
        hold(alice, 2, biome)
    for biome in (Biome.SNOW, Biome.OCEAN):
        sell(alice, 2, now, biome)
    WorthSnapshot.objects.bulk_create(
        WorthSnapshot(
            player=alice, at=now - timedelta(minutes=n), worth_micro=n, gain_micro=0, volume_micro=0, land_micro=0
        )
        for n in range(1, 2000)
    )
    assert Transaction.objects.count() == 16
    prepared = []
    for module in ("trading.positions", "markets.snapshot"):
        monkeypatch.setattr(
            f"{module}.prepared_rows", lambda *args: prepared.append(args) or transactions.prepared_rows(*args)
        )

    # The session, the player, the wallet in the bar, and two for the line.
    with django_assert_max_num_queries(5):
        page()
    assert len(prepared) == 2


def test_a_page_that_refuses_opens_no_wallet(alice, client):
    client.force_login(alice)

    for url, status in (("/nowhere/", 404), (f"{PAGE}?range=2h", 400)):
        assert client.get(url).status_code == status
    assert list(Wallet.objects.values_list("player__username", flat=True)) == []
