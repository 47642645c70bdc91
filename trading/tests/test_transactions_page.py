"""The page of a player's transactions: its access, its filters, its pages, and its refusals."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest

from attention.biomes import Biome
from trading.models import Kind
from trading.orders.market_orders import buy_shares
from trading.tests.conftest import BDT
from trading.tests.movements import write, write_many
from trading.wallets.wallets import transfer

pytestmark = pytest.mark.usefixtures("markets")

PAGE = "/transactions/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def shown(response) -> list[int]:
    """Return the transactions on a page, from its top."""
    return [int(number) for number in re.findall(r'<tr data-id="(\d+)"', response.content.decode())]


def link(response, name: str) -> str:
    """Return the address of the link with this id."""
    [href] = re.findall(rf'<a [^>]*id="{name}"[^>]* href="([^"]+)"', response.content.decode())
    return unescape(href)


def test_a_guest_is_asked_to_sign_in(client):
    for path in (PAGE, "/transactions/1/", "/transactions/export/"):
        response = client.get(path)
        assert (response.status_code, response["Location"]) == (302, f"/sign-in/?next={path}")


def test_everything_of_the_player_and_nothing_of_others(browser, alice, bob, fund, now):
    fund(alice, 1_000)
    fund(bob, 10)
    buy_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.SNOW, spend_micro=100 * BDT, now=now)
    transfer(
        operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=3 * BDT, reason="<b>lunch</b>", now=now
    )

    page = browser.get(PAGE)
    text = page.content.decode()

    assert len(shown(page)) == 3
    assert "<bdi>to bob</bdi> · <bdi>&lt;b&gt;lunch&lt;/b&gt;</bdi>" in text
    assert "Snow market" in text
    assert '<data value="-99.999932" title="-99.999932 BDT">\u2212100.00</data>' in text
    assert '<data data-direction="up" value="1000.00" title="1000.00 BDT">+1,000.00</data>' in text
    assert '<data value="100.00005" title="100.00005 BDT a share">100.00</data>' in text
    assert page["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert {"HX-Request", "Cookie"} <= set(page["Vary"].split(", "))


def test_without_any_it_leads_to_the_markets(browser):
    text = browser.get(PAGE).content.decode()

    assert "No transactions yet" in text
    assert 'href="/biome-market/"' in text
    assert "Download CSV" not in text


def test_filters(browser, alice, now):
    bought = write(alice, now, Kind.BIOME_BUY)
    sold = write(alice, now + timedelta(days=1), Kind.BIOME_SELL, market_id="snow")
    got = write(alice, now + timedelta(days=2))

    def found(query):
        return shown(browser.get(f"{PAGE}?{query}"))

    assert found("kind=&biome=&since=&until=") == [got.pk, sold.pk, bought.pk]
    assert found("kind=biome_buy") == [bought.pk]
    assert found("kind=biome") == [sold.pk, bought.pk]
    assert found("kind=wallet") == [got.pk]
    assert found("biome=snow") == [sold.pk]
    assert found("role=buyer") == [bought.pk]
    assert found("role=seller&kind=biome") == [sold.pk]
    assert found("land=1") == []
    assert found("since=2026-01-02&until=2026-01-02") == [sold.pk]
    assert found("until=2026-01-01") == [bought.pk]
    assert found("since=0001-01-01&until=9999-12-31") == [got.pk, sold.pk, bought.pk]


def test_days_are_whole_days_in_utc(browser, alice, now):
    midnight = now.replace(hour=0)
    write(alice, midnight - timedelta(microseconds=1))
    first, last = write(alice, midnight), write(alice, midnight + timedelta(days=1, microseconds=-1))
    write(alice, midnight + timedelta(days=1))

    assert shown(browser.get(f"{PAGE}?since=2026-01-01&until=2026-01-01")) == [last.pk, first.pk]


def test_days_are_those_of_the_players_zone(browser, alice, now):
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    midnight = now.replace(hour=15)  # in Tokyo, of the second of January
    write(alice, midnight - timedelta(microseconds=1))
    first = write(alice, midnight)

    page = browser.get(f"{PAGE}?since=2026-01-02&until=2026-01-02")

    assert shown(page) == [first.pk]
    assert "Days are those of <span data-zone-name>Asia/Tokyo</span>" in page.content.decode()


def test_where_nothing_matches_the_filters_can_be_cleared(browser, alice, now):
    write(alice, now)

    text = browser.get(f"{PAGE}?kind=auction").content.decode()

    assert "No transaction matches" in text
    assert "Clear the filters" in text
    assert '<option value="auction" selected>Land auction</option>' in text


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("since=yesterday", "Enter a valid date."),
        ("since=2026-02-30", "Enter a valid date."),
        ("until=%00", "Enter a valid date."),
        ("since=2026-01-02&until=2026-01-01", "This is before the first day."),
        ("kind=theft", "Select a valid choice. theft is not one of the available choices."),
        ("role=thief", "Select a valid choice. thief is not one of the available choices."),
        ("land=here", "Enter a whole number."),
        ("biome=lava", "Select a valid choice. lava is not one of the available choices."),
        ("cursor=nonsense", "There is no such page of the list"),
        ("cursor=cD1hYmM%3D", "There is no such page of the list"),
        ("limit=0", "There is no such page of the list"),
        ("limit=1000000", "There is no such page of the list"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_what_cannot_be_meant_is_refused(browser, alice, now, query, message, headers):
    write(alice, now)

    response = browser.get(f"{PAGE}?{query}", headers=headers)

    assert response.status_code == 400
    assert message in response.content.decode()
    assert shown(response) == []


def test_a_cursor_beyond_all_numbers_is_the_end(browser, alice, now):
    write(alice, now)

    # p=-1, and p=10^30
    assert "No older ones" in browser.get(f"{PAGE}?cursor=cD0tMQ%3D%3D").content.decode()
    assert len(shown(browser.get(f"{PAGE}?cursor=cD0xMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"))) == 1


def test_pages_are_stable_while_rows_are_added(browser, alice, now):
    written = [each.pk for each in write_many(alice, now, number=120)][::-1]

    first = browser.get(f"{PAGE}?kind=topup")
    write(alice, now)
    second = browser.get(link(first, "older"))
    third = browser.get(link(second, "older"))
    back = browser.get(link(third, "newer"))

    assert [shown(page) for page in (first, second, third)] == [written[:50], written[50:100], written[100:]]
    assert shown(back) == shown(second)
    assert "kind=topup" in link(first, "older")
    assert link(second, "newest") == f"{PAGE}?kind=topup"
    assert "data-is-newest" in first.content.decode()
    assert "data-is-newest" not in second.content.decode()


def test_htmx_gets_the_filters_and_the_list_alone(browser, alice, now):
    written = write(alice, now)

    fragment = browser.get(PAGE, headers=HTMX)
    restored = browser.get(PAGE, headers=HTMX | {"HX-History-Restore-Request": "true"})

    assert shown(fragment) == [written.pk]
    assert fragment.content.decode().strip().startswith('<div class="stack" id="history"')
    assert "<html" in restored.content.decode()


def test_a_page_asks_the_database_little_however_much_there_is(
    browser, alice, bob, fund, now, django_assert_max_num_queries
):
    def everything(number):
        write_many(alice, now, Kind.BIOME_BUY, number=number)
        write_many(alice, now, Kind.TRANSFER, number=number, payer=alice, payee=bob)

    fund(alice, 1)
    everything(5)
    with django_assert_max_num_queries(12):
        assert len(shown(browser.get(PAGE))) == 11
    everything(300)
    with django_assert_max_num_queries(12):
        assert len(shown(browser.get(f"{PAGE}?limit=500"))) == 500


def test_it_takes_no_other_method(browser):
    assert browser.post(PAGE).status_code == 405


def test_one_transaction_in_full(browser, alice, fund, now, django_assert_max_num_queries):
    fund(alice, 1_000)
    bought = buy_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.SNOW, spend_micro=100 * BDT, now=now)

    with django_assert_max_num_queries(12):
        page = browser.get(f"{PAGE}{bought.pk}/")
    text = page.content.decode()

    for exact in ("-99.999932", "98.039149", "1.960783", "0.980391", "100.00005", "100.000098"):
        assert f'value="{exact}"' in text
    assert str(bought.operation) in text
    assert "1 Jan 2026, 12:00:00 UTC" in text


def test_who_asked_for_it_and_what_it_corrects_are_told(browser, alice, root, now):
    first = write(alice, now)
    correction = write(alice, now, Kind.ADJUSTMENT, payer=alice, initiator=root, corrects=first, reason="typed twice")

    text = browser.get(f"{PAGE}{correction.pk}/").content.decode()

    assert "<dd><bdi>root</bdi></dd>" in text
    assert f'<a href="{PAGE}{first.pk}/">' in text
    assert "typed twice" in text


def test_land_is_linked(browser, alice, bob, now, land_seven):
    sale = write(alice, now, Kind.BUY_NOW, payer=alice, payee=bob, land_id=7, listing_id=8)

    for page in (PAGE, f"{PAGE}{sale.pk}/"):
        text = browser.get(page).content.decode().lower()
        assert "parcel 7" in text
        assert "listing 8" in text


def test_administrators_read_anybodys_and_everybodys(administrator, alice, bob, now):
    sent = write(alice, now, Kind.TRANSFER, payer=alice, payee=bob)
    got = write(bob, now)

    assert shown(administrator.get(PAGE)) == []
    assert shown(administrator.get(f"{PAGE}?player=ALICE")) == [sent.pk]
    everyone = administrator.get(f"{PAGE}?everyone=on&since=2026-01-01")
    assert shown(everyone) == [got.pk, sent.pk]
    text = everyone.content.decode()
    assert "alice to bob" in text
    assert "the outside to bob" in text
    assert "data-is-newest" not in text
    assert administrator.get(f"{PAGE}{sent.pk}/").status_code == 200
    rows = b"".join(administrator.get(f"{PAGE}export/?everyone=on")).decode().splitlines()
    assert rows[2].endswith(",wallet,alice,bob,100.00,,,,")
    unknown = administrator.get(f"{PAGE}?player=nobody")
    assert unknown.status_code == 400
    assert "There is no such player." in unknown.content.decode()


def test_players_do_not_read_others(browser, bob, now):
    write(bob, now)

    for query in ("player=bob", "everyone=on", "player=%00"):
        for page in (PAGE, f"{PAGE}export/"):
            assert browser.get(f"{page}?{query}").status_code == 403
    assert "Everyone" not in browser.get(PAGE).content.decode()


def test_what_is_not_the_players_is_not_found(browser, bob, now):
    others = write(bob, now).pk

    for number in (others, others + 1, 2**80):
        assert browser.get(f"{PAGE}{number}/").status_code == 404
