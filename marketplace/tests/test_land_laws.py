"""Every invariant of money holds, whatever players do with land and the rest of their money."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from attention.biomes import Biome
from core.errors import DomainError
from marketplace.models import Bid, Land, Listing
from marketplace.sales.auctions import place_bid, settle_ended, settle_listing
from marketplace.sales.listings import Offer, cancel_listing, edit_price, open_listing, remove_listing
from marketplace.sales.ownership import buy_from_world, give_land
from marketplace.sales.purchases import buy_listing, refund
from marketplace.tests.conftest import BDT, DAY_SECS, broken_invariants
from trading.models import LAND_KINDS, Kind, Transaction, Wallet
from trading.orders.market_orders import buy_shares
from trading.wallets.wallets import transfer

pytestmark = pytest.mark.django_db(transaction=True)

PLAYERS = 3
PARCELS = 3

players = st.integers(0, PLAYERS - 1)
parcels = st.integers(0, PARCELS - 1)
amounts = st.one_of(st.integers(1, 400 * BDT), st.sampled_from([BDT, 100 * BDT, 200 * BDT]))
extras = st.one_of(st.none(), st.integers(1, 300 * BDT))
steps = st.one_of(
    st.tuples(st.just("buy from the world"), players, parcels, st.none(), st.none()),
    st.tuples(st.just("offer"), players, parcels, amounts, st.none()),
    st.tuples(st.just("auction"), players, parcels, amounts, st.tuples(extras, extras)),
    st.tuples(st.just("bid"), players, parcels, amounts, st.none()),
    st.tuples(st.just("buy"), players, parcels, st.none(), st.none()),
    st.tuples(st.just("edit"), players, parcels, amounts, st.none()),
    st.tuples(st.just("cancel"), players, parcels, st.none(), st.none()),
    st.tuples(st.just("remove"), players, parcels, st.none(), st.none()),
    st.tuples(st.just("give"), players, parcels, st.none(), players),
    st.tuples(st.just("refund"), players, st.integers(0, 5), st.none(), st.none()),
    st.tuples(st.just("buy shares"), players, parcels, amounts, st.none()),
    st.tuples(st.just("transfer"), players, parcels, amounts, players),
    st.tuples(st.just("wait"), players, parcels, st.integers(1, 3 * DAY_SECS), st.none()),
    st.tuples(st.just("look"), players, parcels, st.none(), st.none()),
)
Step = tuple[str, int, int, int | None, Any]


class Story:
    """A machine that executes random steps; refusals are expected. Listings are named by their parcel."""

    def __init__(self, now: datetime, administrator: User) -> None:
        self.now, self.administrator = now, administrator
        names = [uuid4().hex for _ in range(PLAYERS)]
        # Without wallets, which are opened, with the starting grant, by whatever they do first.
        self.players = [User.objects.create_user(name, f"{name}@example.com").pk for name in names]
        plains = Land.objects.first()
        assert plains is not None
        first = Land.objects.count()
        new = [
            Land(x=first + place, y=0, market_id=Biome.PLAINS, region=plains.region, elevation_m=0)
            for place in range(PARCELS)
        ]
        self.parcels = [parcel.pk for parcel in Land.objects.bulk_create(new)]

    def tell(self, step: Step) -> None:
        what, who, which, amount, more = step
        with suppress(DomainError, Listing.DoesNotExist, Transaction.DoesNotExist):
            getattr(self, what.replace(" ", "_"))(self.players[who], which, amount, more)

    def buy_from_the_world(self, player: int, which: int, _amount: None, _more: None) -> None:
        buy_from_world(operation=uuid4(), player_id=player, land_id=self.parcels[which], now=self.now)

    def offer(self, player: int, which: int, amount: int, _more: None) -> None:
        self._open(player, which, Offer(Listing.Kind.FIXED_PRICE, amount, "Story", DAY_SECS))

    def auction(self, player: int, which: int, amount: int, more: tuple[int | None, int | None]) -> None:
        reserve, buy_now = more
        least = amount + (reserve or 0)
        offer = Offer(
            kind=Listing.Kind.AUCTION,
            price_micro=amount,
            title="Story",
            lasts_secs=DAY_SECS,
            reserve_micro=reserve and least,
            buy_now_micro=buy_now and least + buy_now,
        )
        self._open(player, which, offer)

    def bid(self, player: int, which: int, amount: int, _more: None) -> None:
        place_bid(operation=uuid4(), listing_id=self._listing(which), bidder_id=player, max_micro=amount, now=self.now)

    def buy(self, player: int, which: int, _amount: None, _more: None) -> None:
        buy_listing(operation=uuid4(), listing_id=self._listing(which), buyer_id=player, now=self.now)

    def edit(self, player: int, which: int, amount: int, _more: None) -> None:
        edit_price(listing_id=self._listing(which), seller_id=player, price_micro=amount, now=self.now)

    def cancel(self, player: int, which: int, _amount: None, _more: None) -> None:
        cancel_listing(listing_id=self._listing(which), seller_id=player, now=self.now)

    def remove(self, _player: int, which: int, _amount: None, _more: None) -> None:
        remove_listing(listing_id=self._listing(which), administrator=self.administrator, reason="wrong", now=self.now)

    def give(self, player: int, which: int, _amount: None, receiver: int) -> None:
        give_land(
            operation=uuid4(), player_id=player, land_id=self.parcels[which], receiver_id=self.players[receiver],
            reason="", now=self.now,
        )  # fmt: skip

    def refund(self, _player: int, which: int, _amount: None, _more: None) -> None:
        newest = (
            Transaction.objects.filter(kind__in=[*LAND_KINDS, Kind.TRANSFER]).order_by("-pk")[which : which + 1].get()
        )
        refund(
            operation=uuid4(),
            administrator_id=self.administrator.pk,
            transaction_id=newest.pk,
            reason="wrong",
            now=self.now,
        )

    def buy_shares(self, player: int, _which: int, amount: int, _more: None) -> None:
        buy_shares(operation=uuid4(), player_id=player, biome=Biome.PLAINS, spend_micro=amount, now=self.now)

    def transfer(self, player: int, _which: int, amount: int, payee: int) -> None:
        transfer(
            operation=uuid4(), player_id=player, payee_id=self.players[payee], amount_micro=amount, reason="",
            now=self.now,
        )  # fmt: skip

    def wait(self, _player: int, _which: int, secs: int, _more: None) -> None:
        self.now += timedelta(seconds=secs)
        settle_ended(now=self.now, at_most=PARCELS)

    def look(self, _player: int, which: int, _amount: None, _more: None) -> None:
        settle_listing(listing_id=self._listing(which), now=self.now)

    def _open(self, player: int, which: int, offer: Offer) -> None:
        open_listing(operation=uuid4(), seller_id=player, land_id=self.parcels[which], offer=offer, now=self.now)

    def _listing(self, which: int) -> int:
        newest = Listing.objects.filter(land=self.parcels[which]).order_by("-pk").first()
        if newest is None:
            raise Listing.DoesNotExist
        return newest.pk


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=st.lists(steps, min_size=10, max_size=50))
def test_any_sequence_of_deals_leaves_every_invariant_whole(
    now: datetime, root: User, settings: Any, story: list[Step]
) -> None:
    settings.STARTING_GRANT_BDT = 500
    teller = Story(now, root)
    # Each has a parcel of their own to begin with.
    for number in range(PLAYERS):
        teller.tell(("buy from the world", number, number, None, None))

    for step in story:
        teller.tell(step)

    assert broken_invariants() == []
    assert not Wallet.objects.filter(balance_micro__lt=0).exists()


def test_a_story_reaches_every_kind_of_deal(now: datetime, root: User, settings: Any) -> None:
    """The control of the random steps: they are executed, and not all refused."""
    settings.STARTING_GRANT_BDT = 500
    teller = Story(now, root)
    for step in (
        ("buy from the world", 0, 0, None, None),
        ("offer", 0, 0, 100 * BDT, None),
        ("buy", 1, 0, None, None),
        ("auction", 1, 0, 50 * BDT, (10 * BDT, 40 * BDT)),
        ("buy", 2, 0, None, None),
        ("refund", 0, 0, None, None),
        ("auction", 1, 0, 50 * BDT, (None, None)),
        ("bid", 0, 0, 60 * BDT, None),
        ("wait", 0, 0, DAY_SECS, None),
        ("give", 0, 0, None, 2),
        ("offer", 2, 0, 100 * BDT, None),
        ("edit", 2, 0, 90 * BDT, None),
        ("cancel", 2, 0, None, None),
        ("offer", 2, 0, 80 * BDT, None),
        ("remove", 0, 0, None, None),
    ):
        teller.tell(step)

    kinds = Transaction.objects.filter(initiator__in=[*teller.players, root.pk]).exclude(kind=Kind.TOPUP)
    assert list(kinds.order_by("pk").values_list("kind", flat=True)) == [
        "fixed_price", "fixed_price", "buy_now", "refund", "refund", "auction", "gift",
    ]  # fmt: skip
    listings = Listing.objects.order_by("pk").values_list("status", "price_micro")
    assert list(listings)[-2:] == [("cancelled", 90 * BDT), ("cancelled", 80 * BDT)]
    assert Bid.objects.count() == 1
    assert broken_invariants() == []
