"""Administrators view land, remove offers, undo sales and transfers, and review flags."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from marketplace.models import Bid, Flag, Land, Listing, World
from marketplace.sales.purchases import buy_listing
from marketplace.tests.conftest import BDT, Fund, Offering, State, broken_invariants, money
from markets.economic_settings import current_settings
from trading.models import Kind, Transaction
from trading.wallets.wallets import transfer

pytestmark = pytest.mark.django_db(transaction=True)

ADMIN = "/admin/marketplace"
REFUSED, FOUND, OK, NOT_FOUND = 403, 302, 200, 404
LISTS = ("listing", "hold", "bid", "flag", "land", "region", "world", "dailysummary")


@pytest.fixture
def auction(offered: Offering, fund: Fund, bob: User, bid: Callable[..., Bid]) -> Listing:
    """Open Alice's auction, led by bob with 200 BDT held."""
    fund(500, bob)
    listing = offered()
    bid(listing, bob, 200)
    return listing


@pytest.fixture
def flagged(offered: Offering, fund: Fund, bob: User, now: datetime) -> Transaction:
    """Sell a parcel far above comparable prices."""
    fund(10_000, bob)
    listing = offered(Listing.Kind.FIXED_PRICE, price_micro=5_000 * BDT)
    return buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now)


def test_lists_and_rows_open_with_few_queries(
    administrator: Client, auction: Listing, now: datetime, assert_max_queries: Callable[[int], Any]
) -> None:
    World.objects.create(pk=1, seed=7, side_parcels=3, made_at=now)
    for name in LISTS:
        with assert_max_queries(12):
            page = administrator.get(f"{ADMIN}/{name}/")
        assert page.status_code == OK
        for row in page.context["cl"].result_list:
            with assert_max_queries(12):
                assert administrator.get(f"{ADMIN}/{name}/{row.pk}/change/").status_code == OK


def test_a_clerk_looks_and_does_nothing(clerk: Client, auction: Listing) -> None:
    for name in LISTS:
        assert clerk.get(f"{ADMIN}/{name}/").status_code == OK
    page = clerk.get(f"{ADMIN}/listing/{auction.pk}/change/").content.decode()
    assert "/remove/" not in page
    number = Transaction.objects.latest("pk").pk
    for address in (f"{ADMIN}/listing/{auction.pk}/remove/", f"/admin/trading/transaction/{number}/refund/"):
        assert clerk.get(address).status_code == REFUSED
        assert clerk.post(address, {"reason": "x", "_confirmed": "1"}).status_code == REFUSED
    for address in ("add/", f"{auction.pk}/change/", f"{auction.pk}/delete/"):
        assert clerk.post(f"{ADMIN}/listing/{address}", {"post": "yes"}).status_code == REFUSED
    auction.refresh_from_db()
    assert auction.status == Listing.Status.ACTIVE


@pytest.mark.parametrize(
    ("name", "sought", "found"),
    [
        ("listing", {"q": "ALICE"}, 1),
        ("listing", {"q": "bob"}, 0),
        ("listing", {"status__exact": "sold"}, 0),
        ("listing", {"market__biome__exact": "plains"}, 1),
        ("hold", {"q": "bob"}, 1),
        ("hold", {"q": "alice"}, 0),
        ("bid", {"q": "bob"}, 1),
        ("land", {"q": "alice"}, 1),
        ("land", {"q": "1, 0"}, 1),
        ("land", {"q": "9,x"}, 0),
        ("land", {"q": "nobody"}, 0),
    ],
)
def test_rows_are_found(administrator: Client, auction: Listing, name: str, sought: dict[str, str], found: int) -> None:
    assert len(administrator.get(f"{ADMIN}/{name}/", sought).context["cl"].result_list) == found


def test_a_hold_says_whose_it_is_and_for_what(administrator: Client, auction: Listing) -> None:
    text = administrator.get(f"{ADMIN}/hold/").content.decode()
    assert "200.000000" in text
    assert "bob" in text
    assert f"{ADMIN}/listing/{auction.pk}/change/" in text


def test_an_offer_is_removed_for_a_reason(
    administrator: Client, auction: Listing, root: User, bob: User, state: State
) -> None:
    address = f"{ADMIN}/listing/{auction.pk}/remove/"
    assert "bob has 200.000000 BDT held" in administrator.get(address).content.decode()
    before = state()
    assert administrator.post(address, {"reason": ""}).status_code == OK
    assert state() == before
    assert administrator.post(address, {"reason": "rude words"}).status_code == FOUND
    auction.refresh_from_db()
    assert (auction.status, auction.removed_by, auction.removed_reason) == ("cancelled", root, "rude words")
    assert money(bob) == (500, 0)
    assert "rude words" in LogEntry.objects.get().get_change_message()
    again = administrator.post(address, {"reason": "again"})
    assert "Nothing was done" in again.content.decode()
    assert administrator.get(f"{ADMIN}/listing/999999/remove/").status_code == NOT_FOUND
    assert broken_invariants() == []


def test_a_sale_is_refunded_after_a_review_and_once(
    administrator: Client, flagged: Transaction, alice: User, bob: User, land: Land
) -> None:
    address = f"/admin/trading/transaction/{flagged.pk}/refund/"
    assert address in administrator.get(f"/admin/trading/transaction/{flagged.pk}/change/").content.decode()
    form = administrator.get(address).context["form"]
    sent = {"reason": "fraud", "operation": str(form["operation"].value())}
    review = administrator.post(address, sent).context["review"]
    assert review == [
        ("Transaction", f"{flagged.pk}, land at a fixed price"),
        ("Gets back", "bob, 5,000.000000 BDT"),
        ("Gives back", "alice, the fee of 250.000000 BDT aside"),
        ("Parcel", f"{land.pk} goes back to alice"),
        ("Reason", "fraud"),
    ]
    for _ in range(2):
        assert administrator.post(address, sent | {"_confirmed": "1"}).status_code == FOUND
    land.refresh_from_db()
    assert (land.owner, money(alice), money(bob)) == (alice, (0, 0), (10_000, 0))
    assert (Transaction.objects.filter(kind=Kind.REFUND).count(), LogEntry.objects.count()) == (2, 1)
    assert broken_invariants() == []


def test_a_transfer_is_refunded(administrator: Client, fund: Fund, alice: User, bob: User, now: datetime) -> None:
    fund(10, alice)
    sent = transfer(operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=BDT, reason="", now=now)
    address = f"/admin/trading/transaction/{sent.pk}/refund/"
    asked = {"reason": "stolen", "operation": str(uuid4()), "_confirmed": "1"}
    assert administrator.post(address, asked).status_code == FOUND
    assert (money(alice), money(bob)) == ((10, 0), (0, 0))
    refused = administrator.post(address, asked | {"operation": str(uuid4())})
    assert "cannot be refunded, or was refunded already" in refused.content.decode()


def test_other_kinds_have_no_refund(administrator: Client, fund: Fund, alice: User) -> None:
    fund(10, alice)
    number = Transaction.objects.get().pk
    assert "/refund/" not in administrator.get(f"/admin/trading/transaction/{number}/change/").content.decode()
    asked = {"reason": "x", "operation": str(uuid4()), "_confirmed": "1"}
    refused = administrator.post(f"/admin/trading/transaction/{number}/refund/", asked)
    assert "cannot be refunded" in refused.content.decode()
    assert administrator.get("/admin/trading/transaction/999999/refund/").status_code == NOT_FOUND


def test_flags_are_reviewed(administrator: Client, flagged: Transaction, root: User) -> None:
    asked = {"action": "review", "_selected_action": [str(flagged.pk)]}
    assert administrator.post(f"{ADMIN}/flag/", asked).status_code == FOUND
    flag = Flag.objects.get()
    assert (flag.reviewed_by, flag.reviewed_at is not None) == (root, True)
    reviewed_at = flag.reviewed_at
    administrator.post(f"{ADMIN}/flag/", asked)
    flag.refresh_from_db()
    assert flag.reviewed_at == reviewed_at
    assert len(administrator.get(f"{ADMIN}/flag/?reviewed_at__isempty=1").context["cl"].result_list) == 0


def test_a_clerk_reviews_no_flags(clerk: Client, flagged: Transaction) -> None:
    clerk.post(f"{ADMIN}/flag/", {"action": "review", "_selected_action": [str(flagged.pk)]})
    assert Flag.objects.get().reviewed_at is None


def test_staff_who_may_refund_refund(client: Client, flagged: Transaction) -> None:
    keeper = User.objects.create_user("keeper", "keeper@example.com", is_staff=True)
    keeper.user_permissions.set(Permission.objects.filter(codename="refund"))
    client.force_login(keeper)
    assert client.get(f"/admin/trading/transaction/{flagged.pk}/refund/").status_code == OK


def test_the_marketplace_is_paused_from_its_list(administrator: Client, auction: Listing) -> None:
    pause = "/admin/markets/economicsettings/pause-marketplace/"
    page = administrator.get(f"{ADMIN}/listing/").content.decode()
    assert "the marketplace runs" in page
    assert pause in page
    assert administrator.post(pause, {"reason": "Fraud"}).status_code == FOUND
    assert current_settings().marketplace_paused
    assert "the marketplace is paused" in administrator.get(f"{ADMIN}/listing/").content.decode()
