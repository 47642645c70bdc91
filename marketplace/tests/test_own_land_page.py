"""The page My land: parcels, listings, and bids with the money held for each."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from attention.biomes import Biome
from marketplace.models import Land, Listing, Region
from marketplace.sales.auctions import settle_listing
from marketplace.sales.purchases import buy_listing
from marketplace.tests.conftest import BDT
from marketplace.tests.pages import MOST_QUERIES, html, rows

PAGE = "/marketplace/own/"


@pytest.fixture
def now() -> datetime:
    """Use the real time, as the pages and the API do."""
    return timezone.now()


def page(client, player, show="parcels"):
    client.force_login(player)
    return client.get(PAGE, {"show": show})


def states(response):
    return re.findall(r'data-state="(\w+)" data-field="stands"', html(response))


def test_where_there_is_nothing_the_page_leads_on(client, bob):
    for show, leads_to in (("parcels", "/marketplace/"), ("listings", PAGE), ("bids", "?kind=auction")):
        response = page(client, bob, show)
        assert response.status_code == 200
        assert leads_to in html(response).split('class="card empty"')[1]


def test_parcels_with_what_they_are_offered_for(client, alice, offered, land, own):
    listing = offered(price_micro=123 * BDT)
    own(alice, Land.objects.exclude(pk=land.pk).first())

    response = page(client, alice)

    assert rows(response) == [listing.pk]
    assert "123.00" in html(response)
    assert len(re.findall(r'href="/land/\d+/list/"', html(response))) == 1
    assert rows(page(client, alice, "listings")) == [listing.pk]


def test_bids_with_what_is_held_for_each(client, offered, bid, fund, bob, carol, now):
    listing = offered(buy_now_micro=900 * BDT)
    fund(1000, bob, carol)
    bid(listing, bob, 200)
    bid(listing, bob, 250)
    assert states(page(client, bob, "bids")) == ["leading"]
    assert 'title="250.00 BDT"' in html(page(client, bob, "bids"))

    bid(listing, carol, 400)
    assert states(page(client, bob, "bids")) == ["outbid"]
    assert states(page(client, carol, "bids")) == ["leading"]

    buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now)
    assert states(page(client, bob, "bids")) == ["won"]
    assert states(page(client, carol, "bids")) == ["lost"]


def test_what_nobody_got_has_ended(client, offered, bid, fund, bob, now):
    listing = offered(reserve_micro=500 * BDT)
    fund(1000, bob)
    bid(listing, bob, 200)
    settle_listing(listing_id=listing.pk, now=now + timedelta(days=2))

    assert states(page(client, bob, "bids")) == ["ended"]


@pytest.mark.parametrize("show", ["parcels", "listings", "bids"])
def test_many_rows_few_queries(client, alice, bob, now, show, assert_max_queries):
    region = Region.objects.create(market_id=Biome.SNOW, parcels=60)
    lands = Land.objects.bulk_create(
        Land(x=x, y=9, market_id=Biome.SNOW, region=region, elevation_m=0, owner=alice, owned_since=now)
        for x in range(60)
    )
    listings = Listing.objects.bulk_create(
        Listing(
            land=land, market_id=Biome.SNOW, region_parcels=60, seller=alice, operation=uuid4(), request_digest=uuid4(),
            kind="auction", title="Ice", price_micro=BDT, opened_at=now, ends_at=now + timedelta(days=1),
            latest_end_at=now + timedelta(days=1), bids_count=1,
        )
        for land in lands
    )  # fmt: skip
    for listing in listings:
        listing.bids.create(
            bidder=bob, operation=uuid4(), request_digest=uuid4(), at=now, max_micro=BDT, price_micro=BDT,
            is_leading=False,
        )  # fmt: skip
    player = bob if show == "bids" else alice
    page(client, player, show)

    with assert_max_queries(MOST_QUERIES):
        first = client.get(PAGE, {"show": show})
    further = re.findall(r'rel="next" href="([^"]+)"', html(first))[0]

    assert (len(rows(first)), len(rows(client.get(further)))) == (25, 25)


@pytest.mark.parametrize("query", [{"show": "all"}, {"cursor": "x"}])
def test_what_is_no_list_is_said(client, bob, query):
    client.force_login(bob)
    assert client.get(PAGE, query).status_code == 400


def test_a_guest_signs_in_first(client):
    assert client.get(PAGE)["Location"].startswith("/sign-in/")


def test_held_money_leads_to_the_bids(client, alice):
    client.force_login(alice)
    assert f'href="{PAGE}?show=bids"' in html(client.get("/portfolio/"))
