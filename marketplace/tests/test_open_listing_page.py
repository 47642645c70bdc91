"""The page to list a parcel: its initial values, its result, and its refusals."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from marketplace.models import Listing
from marketplace.tests.conftest import BDT
from marketplace.tests.pages import MOST_QUERIES, codes, html


@pytest.fixture
def now() -> datetime:
    """Use the real time, as the pages and the API do."""
    return timezone.now()


@pytest.fixture
def send(client, alice, land, own):
    """Return a function by which Alice, who owns the parcel, sends the form; any field may be given another value."""
    own(alice, land)
    client.force_login(alice)

    def post(**fields):
        form = {
            "kind": "fixed_price", "price": "200", "lasts_secs": "86400", "title": "A field", "operation": str(uuid4()),
        }  # fmt: skip
        return client.post(f"/land/{land.pk}/list/", form | fields)

    return post


def test_the_page_tells_the_comparable_price_and_the_fee(client, send, land, assert_max_queries):
    with assert_max_queries(MOST_QUERIES):
        response = client.get(f"/land/{land.pk}/list/")

    assert response.status_code == 200
    assert 'goes for about <span class="num">150.00</span> BDT' in html(response)
    assert '<span class="num">142.50</span> BDT' in html(response)
    assert "<dd>5.00 <small>%" in html(response)


def test_a_parcel_is_listed_at_a_fixed_price(send, alice, land):
    # What a fixed price hides is not meant.
    response = send(title="  A\u202e  field ", words="One\r\n\r\n\r\n\r\nTwo", reserve="5", buy_now="1")

    listing = Listing.objects.get()
    assert response["Location"] == f"/marketplace/{listing.pk}/"
    assert (listing.seller, listing.land, listing.kind, listing.price_micro) == (alice, land, "fixed_price", 200 * BDT)
    assert (listing.title, listing.words) == ("A field", "One\n\nTwo")
    assert (listing.buy_now_micro, listing.reserve_micro) == (None, None)
    assert listing.ends_at - listing.opened_at == timedelta(days=1)


def test_an_auction_has_a_reserve_and_a_buy_now_price(send):
    send(kind="auction", price="100", reserve="150", buy_now="300", lasts_secs="3600")

    listing = Listing.objects.get()
    assert (listing.reserve_micro, listing.buy_now_micro) == (150 * BDT, 300 * BDT)


def test_sent_twice_it_is_listed_once(send):
    once = str(uuid4())

    assert send(operation=once)["Location"] == send(operation=once)["Location"]

    assert Listing.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"price": "0"}, "min_value", "id_price"),
        ({"price": ""}, "required", "id_price"),
        ({"title": ""}, "required", "id_title"),
        ({"title": "\u202e"}, "invalid", "id_title"),
        ({"title": "x" * 81}, "max_length", "id_title"),
        ({"lasts_secs": "5"}, "invalid_choice", "id_lasts_secs"),
        ({"kind": "gift"}, "invalid_choice", "id_kind"),
        ({"kind": "auction", "reserve": "100"}, "invalid", "id_reserve"),
        ({"kind": "auction", "buy_now": "200"}, "invalid", "id_buy_now"),
        ({"kind": "auction", "buy_now": "much"}, "invalid", "id_buy_now"),
        ({"operation": "none"}, "invalid", ""),
    ],
)
def test_what_contradicts_itself_is_said_beside_the_field(send, state, fields, code, field):
    before = state()

    response = send(words="Kept", **fields)

    assert (response.status_code, codes(response)) == (400, [code])
    assert field in html(response)
    assert "Kept" in html(response)
    assert state() == before


def test_anothers_parcel_cannot_be_listed(client, send, fund, bob, land, state):
    fund(1, bob)
    client.force_login(bob)
    before = state()

    assert client.get(f"/land/{land.pk}/list/").status_code == 403
    assert (send().status_code, codes(send())) == (403, ["not_land_owner"])
    assert state() == before


def test_a_listed_parcel_leads_to_its_listing(client, send, land):
    made = send()["Location"]

    assert client.get(f"/land/{land.pk}/list/")["Location"] == made
    assert codes(send()) == ["land_listed"]


def test_no_parcel_no_page(client, send):
    assert client.get("/land/999999/list/").status_code == 404


def test_a_guest_signs_in_first(client, send, land):
    client.logout()

    assert client.get(f"/land/{land.pk}/list/")["Location"].startswith("/sign-in/?next=")
