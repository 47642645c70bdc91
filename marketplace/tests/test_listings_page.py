"""The marketplace's page: its results, orders, pages and refusals."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from attention.biomes import Biome
from marketplace.models import Land, Listing, Region
from marketplace.tests.conftest import BDT, DAY_SECS
from marketplace.tests.pages import HTMX, MOST_QUERIES, html, rows

PAGE = "/marketplace/"


@pytest.fixture
def now() -> datetime:
    """Use the real time, as the pages and the API do."""
    return timezone.now()


@pytest.fixture
def listed(alice, now):
    """Return a function that lists parcels of Alice's, each by itself; the newest last."""

    def make(count=1, *, biome=Biome.OCEAN, kind="fixed_price", region=1, days=1, **fields):
        place = Region.objects.create(market_id=biome, parcels=region)
        row = Land.objects.count() + 10
        lands = Land.objects.bulk_create(
            Land(x=x, y=row, market_id=biome, region=place, elevation_m=0) for x in range(count)
        )
        listings = [
            Listing(
                land=land, market_id=biome, region_parcels=region, seller=alice, operation=uuid4(),
                request_digest=uuid4(), kind=kind, opened_at=now - timedelta(days=2),
                ends_at=now + timedelta(days=days), latest_end_at=now + timedelta(days=days),
                **{"title": "A parcel", "price_micro": 100 * BDT} | fields,
            )
            for land in lands
        ]  # fmt: skip
        made = Listing.objects.bulk_create(listings)
        return made[0].pk if count == 1 else [listing.pk for listing in made]

    return make


def test_everyone_sees_what_is_on_sale(client, listed):
    sea = listed(title="<b>By</b> the sea")
    listed(status="cancelled", closed_at=timezone.now())
    listed(days=-1)

    response = client.get(PAGE)

    assert (response.status_code, rows(response)) == (200, [sea])
    assert "&lt;b&gt;By&lt;/b&gt; the sea" in response.content.decode()
    assert "region of 1 · by alice" in html(response)
    assert re.search(r"data-ends[^>]*>23 h 59 min<", html(response))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("biome=ocean", ["wide", "cheap"]),
        ("biome=desert", ["auction"]),
        ("kind=auction", ["auction"]),
        ("least=100", ["auction", "wide"]),
        ("most=50", ["cheap"]),
        ("least=60&most=100", ["wide"]),
        ("least_region=50", ["wide"]),
        ("order=ending", ["auction", "cheap", "wide"]),
        ("order=cheapest", ["cheap", "wide", "auction"]),
        ("order=dearest", ["auction", "wide", "cheap"]),
        ("order=newest&biome=&least=", ["auction", "wide", "cheap"]),
        ("biome=snow", []),
    ],
)
def test_the_search(client, listed, query, found):
    numbers = {
        "cheap": listed(price_micro=50 * BDT, days=3),
        "wide": listed(region=60, days=4),
        "auction": listed(kind="auction", biome=Biome.DESERT, price_micro=200 * BDT),
    }

    assert rows(client.get(f"{PAGE}?{query}")) == [numbers[name] for name in found]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("biome=moon", "not one of the available choices"),
        ("kind=gift", "not one of the available choices"),
        ("least=-1", "without a minus"),
        ("most=many", "Write a number in digits"),
        ("least=5&most=4", "below the lowest price"),
        ("least_region=3", "not one of the available choices"),
        ("order=random", "not one of the available choices"),
        ("cursor=nonsense", "no such page"),
    ],
)
def test_what_cannot_be_searched_is_said(client, listed, query, says):
    listed()

    response = client.get(f"{PAGE}?{query}")

    assert response.status_code == 400
    assert says in html(response)
    assert rows(response) == []


@pytest.mark.parametrize("order", ["newest", "ending", "cheapest", "dearest"])
def test_pages_show_each_listing_once(client, listed, order, assert_max_queries):
    numbers = listed(60)

    seen, url = [], f"{PAGE}?order={order}"
    while url:
        with assert_max_queries(MOST_QUERIES):
            response = client.get(url)
        seen += rows(response)
        url = next(iter(re.findall(r'id="further" rel="next" href="([^"]+)"', html(response))), None)

    assert sorted(seen) == sorted(numbers)
    assert len(seen) == 60


def test_htmx_gets_the_list_alone(client, listed):
    listed()

    response = client.get(PAGE, headers=HTMX)

    assert html(response).lstrip().startswith('<div class="stack" id="found"')


def test_where_nothing_is_sold_the_page_leads_on(client, alice):
    client.force_login(alice)

    assert "Nobody sells land now" in html(client.get(PAGE))
    assert "No listing matches" in html(client.get(f"{PAGE}?biome=snow"))


def test_the_marketplace_is_a_tab(client):
    assert re.search(r'<a href="/marketplace/" aria-current="page"', html(client.get(PAGE)))


def test_the_days_of_a_listing_are_short():
    from marketplace.templatetags.listings import left_text

    secs = [0, -5, 42, 60, 249, 3600, 18_420, DAY_SECS, 3 * DAY_SECS + 4 * 3600]
    assert [left_text(left) for left in secs] == [
        "Ended", "Ended", "42 s", "1 min 00 s", "4 min 09 s", "1 h 00 min", "5 h 07 min", "1 d 00 h", "3 d 04 h",
    ]  # fmt: skip
