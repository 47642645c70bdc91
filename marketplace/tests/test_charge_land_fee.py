"""A parcel sold for nothing, or for far less than the world asks, pays the fee of the world's price.

The parcel's base price is 150 BDT, so that fee is 7.5 BDT; far below is less than a fifth of it, 30 BDT.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from core.errors import InsufficientFunds
from marketplace.models import Flag, LandAccount, Listing
from marketplace.sales.auctions import place_bid, settle_listing
from marketplace.sales.ownership import give_land
from marketplace.sales.purchases import SellerCannotPay, buy_listing, refund
from marketplace.tests.conftest import BDT
from trading.invariants.rules import check_invariants
from trading.models import Transaction, Wallet

FIXED, AUCTION = Listing.Kind.FIXED_PRICE, Listing.Kind.AUCTION
FEE = 7_500_000

# The invariants are looked at in a transaction of their own.
pytestmark = pytest.mark.django_db(transaction=True)


def balance(player) -> int:
    return Wallet.objects.get(pk=player.pk).balance_micro


def lawful() -> bool:
    return all(invariant.holds for invariant in check_invariants(recomputed_cycles=0))


def give(alice, bob, land, now):
    return give_land(operation=uuid4(), player_id=alice.pk, land_id=land.pk, receiver_id=bob.pk, reason="", now=now)


def buy(listing, bob, now):
    return buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now)


def test_a_gift_pays_the_fee_of_the_base_price_and_is_flagged(alice, bob, land, own, fund, now):
    own(alice, land)
    fund(10, alice)

    gift = give(alice, bob, land, now)

    assert (gift.amount_micro, gift.fee_micro) == (0, FEE)
    assert (balance(alice), balance(bob)) == (10 * BDT - FEE, 0)
    assert Flag.objects.get(pk=gift.pk).comparable_micro == 150 * BDT
    assert LandAccount.objects.get(pk=alice.pk).net_micro == -FEE
    assert lawful()


def test_who_cannot_pay_it_gives_nothing(alice, bob, land, own, fund, now):
    own(alice, land)
    fund(7, alice)

    with pytest.raises(InsufficientFunds):
        give(alice, bob, land, now)

    land.refresh_from_db()
    assert (land.owner_id, balance(alice)) == (alice.pk, 7 * BDT)
    assert not Flag.objects.exists()


@pytest.mark.parametrize(
    ("price_micro", "fee_micro", "flags"),
    [(1, FEE, 1), (30 * BDT - 1, FEE, 1), (30 * BDT, 1_500_000, 0), (150 * BDT, FEE, 0), (700 * BDT, 35 * BDT, 0)],
)
def test_a_price_far_below_the_base_price_pays_the_fee_of_that(
    alice, bob, offered, fund, now, price_micro, fee_micro, flags
):
    listing = offered(FIXED, price_micro=price_micro)
    fund(10, alice)
    fund(700, bob)

    sale = buy(listing, bob, now)

    assert (sale.amount_micro, sale.fee_micro) == (price_micro, fee_micro)
    assert balance(alice) == 10 * BDT + price_micro - fee_micro
    assert Flag.objects.count() == flags
    assert lawful()


def test_nothing_is_sold_while_the_seller_cannot_pay(alice, bob, offered, fund, now):
    listing = offered(FIXED, price_micro=BDT)
    fund(6, alice)
    fund(10, bob)

    with pytest.raises(SellerCannotPay) as refusal:
        buy(listing, bob, now)

    assert refusal.value.code == "insufficient_funds"
    listing.refresh_from_db()
    assert (listing.status, balance(alice), balance(bob)) == ("active", 6 * BDT, 10 * BDT)


def test_an_auction_whose_seller_cannot_pay_ends_without_a_sale(alice, bob, offered, fund, now):
    listing = offered(AUCTION, price_micro=1)
    fund(10, bob)
    place_bid(operation=uuid4(), listing_id=listing.pk, bidder_id=bob.pk, max_micro=2 * BDT, now=now)

    ended = settle_listing(listing_id=listing.pk, now=listing.latest_end_at)

    assert (ended.status, balance(bob), Wallet.objects.get(pk=bob.pk).held_micro) == ("expired", 10 * BDT, 0)
    assert lawful()


def test_an_auction_that_ends_far_below_pays_it(alice, bob, offered, fund, now):
    listing = offered(AUCTION, price_micro=1)
    fund(10, alice, bob)
    place_bid(operation=uuid4(), listing_id=listing.pk, bidder_id=bob.pk, max_micro=2 * BDT, now=now)

    settle_listing(listing_id=listing.pk, now=listing.latest_end_at)

    sale = Transaction.objects.get(kind="auction")
    assert (sale.amount_micro, sale.fee_micro, balance(alice)) == (1, FEE, 10 * BDT + 1 - FEE)


def test_a_refund_gives_each_back_what_it_cost(alice, bob, root, offered, fund, now):
    listing = offered(FIXED, price_micro=BDT)
    fund(10, alice, bob)
    sale = buy(listing, bob, now)

    refund(operation=uuid4(), administrator_id=root.pk, transaction_id=sale.pk, reason="a mistake", now=now)

    assert (balance(alice), balance(bob)) == (10 * BDT, 10 * BDT)
    assert LandAccount.objects.get(pk=bob.pk).net_micro == 0
    assert lawful()


def test_a_transfer_and_a_gift_cost_no_less_than_a_sale(alice, bob, land, own, fund, now):
    """A transfer of the price and a gift of the parcel pay the platform no less than a sale."""
    from trading.wallets.wallets import transfer

    own(alice, land)
    fund(200, alice, bob)
    transfer(operation=uuid4(), player_id=bob.pk, payee_id=alice.pk, amount_micro=150 * BDT, reason="", now=now)
    give(alice, bob, land, now)

    assert (balance(alice), balance(bob)) == (350 * BDT - FEE, 50 * BDT)


@pytest.mark.parametrize("path", ["lands/{land}/buy", "listings/{listing}/buy"])
def test_the_api_asks_for_the_highest_price(client, alice, bob, land, offered, fund, now, path):
    listing = offered(FIXED)
    fund(500, bob)
    client.force_login(bob)
    before = Transaction.objects.count()

    address = f"/api/v1/marketplace/{path.format(land=land.pk + 1, listing=listing.pk)}"
    reply = client.post(address, {}, content_type="application/json")

    assert reply.status_code == 400
    assert [(error["code"], error["attr"]) for error in reply.json()["errors"]] == [("required", "most")]
    assert Transaction.objects.count() == before


def test_the_pages_say_so_before_it_is_done(client, alice, land, offered, own, now):
    listing = offered(FIXED, price_micro=BDT)
    listing.ends_at = listing.latest_end_at = timezone.now() + timedelta(days=1)
    listing.save()
    client.force_login(alice)

    seller = client.get(f"/marketplace/{listing.pk}/").content.decode()
    listing.status, listing.closed_at = Listing.Status.CANCELLED, now
    listing.save()
    parcel = client.get(f"/land/{land.pk}/").content.decode()
    offer = client.get(f"/land/{land.pk}/list/").content.decode()

    assert "you pay the rest of the fee yourself" in seller
    assert "A gift costs you the land fee" in parcel
    assert '<data value="7.50">' in parcel
    assert "less than 1/5 of what the world asks" in offer
