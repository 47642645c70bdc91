"""A listing's page: bidding, buying, the seller's actions, and the end; with scripts and without."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from marketplace.models import Bid, Land, Listing
from marketplace.sales.auctions import settle_ended
from marketplace.sales.listings import edit_price
from marketplace.tests.conftest import BDT, broken_invariants, money
from marketplace.tests.pages import HTMX, MOST_QUERIES, codes, html

FIXED = Listing.Kind.FIXED_PRICE

# The invariants are checked in a transaction of their own.
in_real_transactions = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now() -> datetime:
    """Use the real time, as the pages and the API do."""
    return timezone.now()


@pytest.fixture
def act(client):
    """Return a function that sends one of a listing's forms as a player, by HTMX unless told otherwise."""

    def post(player, listing, what, *, htmx=True, **fields):
        if player is not None:
            client.force_login(player)
        form = {"operation": str(uuid4())} | fields
        return client.post(f"/marketplace/{listing.pk}/{what}/", form, headers=HTMX if htmx else {})

    return post


def page(client, listing, player=None, **query):
    client.logout()
    if player is not None:
        client.force_login(player)
    return client.get(f"/marketplace/{listing.pk}/", query)


def operation(response):
    return re.findall(r'name="operation" value="([^"]+)"', html(response))


def move_end(listing, now):
    """Set the listing's end to a second ago, without settling it."""
    ended = now - timedelta(seconds=1)
    Listing.objects.filter(pk=listing.pk).update(
        opened_at=ended - timedelta(days=1), ends_at=ended, latest_end_at=ended
    )


def test_a_guest_sees_it_and_is_asked_to_join(client, offered):
    listing = offered(FIXED, title="A <i>bay</i>", words="Two lines\n\nof words & more")

    response = page(client, listing)

    assert response.status_code == 200
    assert "A &lt;i&gt;bay&lt;/i&gt;" in response.content.decode()
    assert "Two lines\n\nof words &amp; more" in response.content.decode()
    assert "Join to buy" in html(response)
    assert operation(response) == []


@pytest.mark.parametrize("number", ["999999", "9" * 30])
def test_there_is_no_such_listing(client, alice, number):
    client.force_login(alice)
    assert client.get(f"/marketplace/{number}/").status_code == 404
    assert client.post(f"/marketplace/{number}/bid/", {"max": "5", "operation": str(uuid4())}).status_code == 404


@in_real_transactions
def test_a_bid_leads_and_only_its_bidder_sees_the_maximum(client, act, offered, fund, bob, carol):
    listing = offered()
    fund(500, bob)

    response = act(bob, listing, "bid", max="321.5")

    assert response.status_code == 200
    assert "You lead. Your maximum of 321.50 BDT is held" in re.sub("<[^>]+>", "", html(response))
    assert html(response).lstrip().startswith("<article")
    assert (money(bob), broken_invariants()) == ((178, 321), [])
    assert "bob leads" in html(page(client, listing, carol))
    assert "321" not in html(page(client, listing, carol))


def test_who_is_outbid_is_told_and_has_the_money_back(client, act, offered, fund, bob, carol):
    listing = offered()
    fund(500, bob, carol)
    act(bob, listing, "bid", max="200")

    act(carol, listing, "bid", max="300")

    response = page(client, listing, bob)
    assert "You were outbid." in html(response)
    assert 'data-standing="outbid"' in html(response)
    assert 'data-value="220.50"' in html(response)
    assert (money(bob), money(carol)) == ((500, 0), (200, 300))


@pytest.mark.parametrize(
    ("typed", "code", "status", "says"),
    [
        ("99.99", "bid_too_low", 409, "Bid at least 100.00 BDT."),
        ("501", "insufficient_funds", 409, "does not hold enough"),
        ("-5", "invalid", 400, "without a minus"),
        ("", "required", 400, "required"),
    ],
)
def test_a_refused_bid_is_said_beside_the_field_and_keeps_what_was_typed(
    act, offered, fund, bob, state, typed, code, status, says
):
    listing = offered()
    fund(500, bob)
    before, sent = state(), str(uuid4())

    response = act(bob, listing, "bid", max=typed, operation=sent)

    assert (response.status_code, codes(response)) == (status, [code])
    assert says in html(response)
    assert re.search(rf'id="id_max" name="max" value="{typed}".*aria-invalid="true"', html(response))
    assert operation(response)[0] == sent
    assert state() == before


def test_the_leader_raises_the_own_maximum_only(act, offered, fund, bob):
    listing = offered()
    fund(500, bob)
    act(bob, listing, "bid", max="200")

    response = act(bob, listing, "bid", max="200")

    assert codes(response) == ["bid_too_low"]
    assert "only more than your maximum of 200.00 BDT counts" in html(response)
    assert act(bob, listing, "bid", max="250").status_code == 200
    assert money(bob) == (250, 250)


def test_a_double_click_bids_once(act, offered, fund, bob):
    listing = offered()
    fund(500, bob)
    once = str(uuid4())

    for _ in range(2):
        assert act(bob, listing, "bid", max="200", operation=once).status_code == 200
    assert codes(act(bob, listing, "bid", max="210", operation=once)) == ["idempotency_conflict"]

    assert (Bid.objects.count(), money(bob)) == (1, (300, 200))


def test_without_scripts_a_bid_leads_back_to_the_listing(client, act, offered, fund, bob):
    listing = offered()
    fund(500, bob)

    response = act(bob, listing, "bid", htmx=False, max="200")
    refused = act(bob, listing, "bid", htmx=False, max="3")

    assert (response.status_code, response["Location"]) == (302, f"/marketplace/{listing.pk}/")
    assert refused.status_code == 409
    assert "<title>By the river" in html(refused)
    assert client.get(f"/marketplace/{listing.pk}/bid/")["Location"] == f"/marketplace/{listing.pk}/"


def test_a_guest_signs_in_first(act, offered, state):
    listing = offered()
    before = state()

    response = act(None, listing, "bid", htmx=False, max="200")

    assert response["Location"] == f"/sign-in/?next=/marketplace/{listing.pk}/"
    assert state() == before


def test_the_seller_cannot_bid(act, alice, offered, fund, state):
    listing = offered()
    fund(500, alice)
    before = state()

    assert codes(act(alice, listing, "bid", max="200")) == []  # no form is shown: it says why there is none
    assert state() == before


@in_real_transactions
def test_buying_at_the_price_that_was_shown(client, act, offered, fund, bob, land):
    listing = offered(FIXED)
    fund(500, bob)
    assert "400.00" in html(page(client, listing, bob))

    response = act(bob, listing, "buy", most="100.00")

    sale = re.findall(r'<a href="/transactions/(\d+)/">', html(response))
    assert "The parcel is yours." in html(response)
    assert (len(sale), Land.objects.get(pk=land.pk).owner, money(bob), broken_invariants()) == (1, bob, (400, 0), [])
    assert client.get(f"/transactions/{sale[0]}/").status_code == 200


def test_a_raised_price_is_not_paid_unseen(act, alice, offered, fund, bob, now, state):
    listing = offered(FIXED)
    fund(500, bob)
    edit_price(listing_id=listing.pk, seller_id=alice.pk, price_micro=120 * BDT, now=now)
    before = state()

    response = act(bob, listing, "buy", most="100.00")

    assert (response.status_code, codes(response)) == (409, ["price_moved"])
    assert "Buy for 120.00 BDT" in html(response)
    assert 'name="most" value="120.00"' in html(response)
    assert state() == before


@in_real_transactions
def test_buy_now_ends_the_auction_and_frees_the_leader(client, act, offered, fund, bob, carol):
    listing = offered(buy_now_micro=300 * BDT)
    fund(500, bob, carol)
    act(bob, listing, "bid", max="200")
    assert "Buy now for 300.00 BDT" in html(page(client, listing, carol))

    # It ends the auction, so it is asked once more.
    assert codes(act(carol, listing, "buy", most="300.00")) == ["large_purchase"]
    assert money(carol) == (500, 0)
    act(carol, listing, "buy", most="300.00", confirmed="on")

    assert (money(bob), money(carol), broken_invariants()) == ((500, 0), (200, 0), [])
    assert "carol bought it, and what was held for your bid is free again" in html(page(client, listing, bob))


@pytest.mark.parametrize(("funds", "is_asked"), [(400, True), (401, False)])
def test_a_large_part_of_the_balance_is_asked_for_once_more(act, offered, fund, bob, state, funds, is_asked):
    listing = offered(FIXED)
    fund(funds, bob)
    before = state()

    first = act(bob, listing, "buy", most="100.00")

    assert codes(first) == (["large_purchase"] if is_asked else [])
    assert (state() == before) is is_asked
    assert codes(act(bob, listing, "buy", most="100.00", confirmed="on")) == []
    assert money(bob) == (funds - 100, 0)


def test_too_poor_to_buy_is_said_before_and_after(client, act, offered, fund, bob, state):
    listing = offered(FIXED)
    fund(60, bob)
    before = state()

    shown = html(page(client, listing, bob))
    assert "40.00 too little" in re.sub("<[^>]+>", "", shown)
    assert 'aria-describedby="buy-means" disabled>Buy for 100.00 BDT</button>' in shown
    assert codes(act(bob, listing, "buy", most="100.00")) == ["insufficient_funds"]
    assert state() == before


def test_the_seller_changes_the_price_and_takes_it_back(client, act, alice, offered):
    listing = offered(FIXED)
    assert "you would get 95.00 BDT" in re.sub("<[^>]+>", "", html(page(client, listing, alice)))

    changed = act(alice, listing, "price", price="140")
    refused = act(alice, listing, "price", price="0")
    cancelled = act(alice, listing, "cancel")

    assert 'value="140.00"' in html(changed)
    assert (refused.status_code, codes(refused)) == (400, ["min_value"])
    assert "The offer was taken back." in html(cancelled)
    assert "List it again" in html(cancelled)
    assert Listing.objects.get().status == "cancelled"


def test_nobody_else_changes_it(act, offered, fund, bob, state):
    listing = offered(FIXED)
    fund(1, bob)
    before = state()

    assert act(bob, listing, "price", price="1").status_code == 403
    assert act(bob, listing, "cancel").status_code == 403
    assert state() == before


def test_with_bids_it_cannot_be_taken_back(client, act, alice, offered, fund, bob):
    listing = offered()
    fund(500, bob)
    act(bob, listing, "bid", max="200")

    response = act(alice, listing, "cancel")

    assert (response.status_code, codes(response)) == (409, ["listing_has_bids"])
    assert "Take the offer back" not in html(page(client, listing, alice))


@in_real_transactions
def test_it_is_shown_as_ended_before_it_is_settled(client, act, offered, fund, alice, bob, carol, now, land):
    listing = offered()
    fund(500, bob, carol)
    act(bob, listing, "bid", max="200")
    act(carol, listing, "bid", max="150")
    move_end(listing, now)

    for player in (None, alice, carol):
        shown = html(page(client, listing, player))
        assert "The time has run out. The result follows within seconds." in shown
        assert 'name="max"' not in shown
    assert Listing.objects.get(pk=listing.pk).status == Listing.Status.ACTIVE
    settle_ended(now=timezone.now(), at_most=1)
    assert "bob bought it" in html(page(client, listing))

    assert (Land.objects.get(pk=land.pk).owner, money(bob), broken_invariants()) == (bob, (342, 0), [])
    assert "The parcel is yours." in html(page(client, listing, bob))
    lost = page(client, listing, carol)
    assert "bob bought it" in html(lost)
    assert "/transactions/" not in html(lost).split("<article")[1]


def test_the_reserve_is_known_and_its_height_is_not(client, act, offered, fund, bob, now):
    listing = offered(reserve_micro=333_333 * BDT)
    fund(500, bob)
    act(bob, listing, "bid", max="200")

    assert "Reserve not met" in html(page(client, listing))
    assert re.findall("333,?333", html(page(client, listing))) == []
    move_end(listing, now)
    settle_ended(now=timezone.now(), at_most=1)
    assert "Ended without a sale: the reserve was not met" in html(page(client, listing, bob))
    assert money(bob) == (500, 0)


def test_the_bids_come_in_pages(client, act, offered, fund, bob, carol, assert_max_queries):
    listing = offered()
    fund(100_000, bob, carol)
    for number in range(24):
        act((bob, carol)[number % 2], listing, "bid", max=str(100 * 1.2**number)[:8])

    client.force_login(bob)
    with assert_max_queries(MOST_QUERIES):
        first = client.get(f"/marketplace/{listing.pk}/")
    older = client.get(re.findall(r'rel="next" href="([^"]+)"', html(first))[0])

    assert [len(re.findall(r'<tr data-bid="', html(shown))) for shown in (first, older)] == [20, 4]
    assert 'data-is-first-page="no"' in html(older)
    assert client.get(f"/marketplace/{listing.pk}/?cursor=nonsense").status_code == 400
