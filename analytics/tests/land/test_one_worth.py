"""The worth is the same everywhere: after an hour of random actions, every place shows the sum computed by hand."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User
from analytics.equity.snapshots import snapshot_worth
from analytics.leaderboard.rankings import rebuild_standings
from attention.biomes import Biome
from attention.meter import give_attention
from core.errors import DomainError
from marketplace.models import Land, Listing, Region
from marketplace.pricing.land_prices import base_price
from marketplace.sales.auctions import place_bid, settle_ended
from marketplace.sales.listings import Offer, cancel_listing, open_listing, remove_listing
from marketplace.sales.ownership import buy_from_world, give_land
from marketplace.sales.purchases import buy_listing, refund
from marketplace.tests.conftest import BDT, broken_invariants
from markets.economic_settings import current_settings
from markets.models import Cycle, Market
from markets.money import micro_text, to_micro
from markets.redistribution.cycle import run_cycle
from trading.models import Holding, Kind, Standing, Transaction, Wallet, WorthSnapshot
from trading.orders.market_orders import buy_shares, sell_shares
from trading.wallets.wallets import top_up, transfer, withdraw

pytestmark = pytest.mark.django_db(transaction=True)

PLAYERS, PARCELS, MINUTES, STEPS = 10, 28, 60, 6
#: Kinds that somebody carries out; nobody writes adjustments yet.
KINDS = set(Kind.values) - {Kind.ADJUSTMENT}


class Hour:
    """An hour of random actions by players and administrators; refusals are expected."""

    def __init__(self, administrator: User, began: datetime) -> None:
        self.administrator, self.now, self.rng = administrator, began, Random(11)
        names = [f"player-{place}" for place in range(PLAYERS)]
        self.players = [User.objects.create_user(name, f"{name}@example.com").pk for name in names]
        self.parcels = [land.pk for land in _parcels()]
        #: By transaction: what a parcel was worth when it was given away.
        self.gift_values: dict[int, int] = {}
        for player in self.players:
            self.top_up(player, 2_000 * BDT)

    def live(self) -> None:
        deeds = [
            self.buy, self.sell, self.buy_parcel, self.offer, self.auction, self.auction, self.bid, self.bid, self.bid,
            self.buy_offered, self.cancel, self.remove, self.give, self.send, self.top_up, self.withdraw, self.refund,
        ]  # fmt: skip
        for _ in range(MINUTES):
            for _ in range(STEPS):
                with suppress(DomainError):
                    self.rng.choice(deeds)(self.rng.choice(self.players), self.amount())
            self.cycle()
            snapshot_worth(now=self.now)
            self.now += timedelta(minutes=1)
        self.hold_some()

    def hold_some(self) -> None:
        """End with money that a bid holds."""
        seller = Land.objects.exclude(owner=None).exclude(listings__status="active").values_list("owner", flat=True)[0]
        self.auction(seller, BDT)
        bidder = Wallet.objects.exclude(pk=seller).order_by("-balance_micro").values_list("pk", flat=True)[0]
        listing = Listing.objects.latest("pk")
        place_bid(operation=uuid4(), listing_id=listing.pk, bidder_id=bidder, max_micro=7 * BDT, now=self.now)

    def amount(self) -> int:
        return self.rng.randrange(1, 300 * BDT)

    def cycle(self) -> None:
        for player in self.rng.sample(self.players, 3):
            give_attention(player_id=player, points={self.rng.choice(list(Biome)): 5}, budget_points=10)
        run_cycle(number=Cycle.objects.count() + 1, now=self.now)

    def buy(self, player: int, amount: int) -> None:
        biome = self.rng.choice(list(Biome))
        buy_shares(operation=uuid4(), player_id=player, biome=biome, spend_micro=amount, now=self.now)

    def sell(self, player: int, amount: int) -> None:
        holding = self.chosen(list(Holding.objects.filter(player=player, shares_micro__gt=0).order_by("pk")))
        shares_micro = min(amount // 200 + 1, holding.shares_micro)
        sell_shares(
            operation=uuid4(), player_id=player, biome=Biome(holding.market_id), shares_micro=shares_micro,
            now=self.now,
        )  # fmt: skip

    def buy_parcel(self, player: int, _: int) -> None:
        buy_from_world(operation=uuid4(), player_id=player, land_id=self.rng.choice(self.parcels), now=self.now)

    def offer(self, player: int, amount: int, kind: Listing.Kind = Listing.Kind.FIXED_PRICE, **terms: int) -> None:
        offer = Offer(kind=kind, price_micro=amount, title="Land", lasts_secs=3600, **terms)
        open_listing(operation=uuid4(), seller_id=player, land_id=self.own(player), offer=offer, now=self.now)

    def auction(self, player: int, amount: int) -> None:
        self.offer(player, amount, Listing.Kind.AUCTION, buy_now_micro=2 * amount + BDT)

    def bid(self, player: int, amount: int) -> None:
        listing = self.listed(kind=Listing.Kind.AUCTION)
        place_bid(
            operation=uuid4(), listing_id=listing.pk, bidder_id=player, max_micro=listing.price_micro + amount,
            now=self.now,
        )  # fmt: skip
        if self.rng.random() < 0.5:
            Listing.objects.filter(pk=listing.pk).update(ends_at=self.now + timedelta(seconds=1))
            settle_ended(now=self.now + timedelta(seconds=2), at_most=100)

    def buy_offered(self, player: int, _: int) -> None:
        buy_listing(operation=uuid4(), listing_id=self.listed().pk, buyer_id=player, now=self.now)

    def cancel(self, _: int, __: int) -> None:
        listing = self.listed()
        cancel_listing(listing_id=listing.pk, seller_id=listing.seller_id, now=self.now)

    def remove(self, _: int, __: int) -> None:
        remove_listing(listing_id=self.listed().pk, administrator=self.administrator, reason="odd", now=self.now)

    def give(self, player: int, _: int) -> None:
        land = Land.objects.get(pk=self.own(player))
        value = _asked(land)
        receiver = self.rng.choice([other for other in self.players if other != player])
        given = give_land(
            operation=uuid4(), player_id=player, land_id=land.pk, receiver_id=receiver, reason="", now=self.now
        )
        self.gift_values[given.pk] = value

    def send(self, player: int, amount: int) -> None:
        payee = self.rng.choice(self.players)
        transfer(operation=uuid4(), player_id=player, payee_id=payee, amount_micro=amount, reason="", now=self.now)

    def top_up(self, player: int, amount: int) -> None:
        top_up(
            operation=uuid4(), initiator_id=self.administrator.pk, player_id=player, amount_micro=amount,
            reason="in", now=self.now,
        )  # fmt: skip

    def withdraw(self, player: int, amount: int) -> None:
        withdraw(
            operation=uuid4(), initiator_id=self.administrator.pk, player_id=player, amount_micro=amount,
            reason="out", now=self.now,
        )  # fmt: skip

    def refund(self, _: int, __: int) -> None:
        kinds = (Kind.TRANSFER, Kind.FIXED_PRICE, Kind.AUCTION, Kind.BUY_NOW)
        done = Transaction.objects.filter(kind__in=kinds).order_by("-pk").values_list("pk", flat=True)[:8]
        number = self.rng.choice([*done] or [0])
        with suppress(Transaction.DoesNotExist):
            refund(
                operation=uuid4(), administrator_id=self.administrator.pk, transaction_id=number, reason="odd",
                now=self.now,
            )  # fmt: skip

    def own(self, player: int) -> int:
        return self.chosen(
            list(
                Land.objects.filter(owner=player)
                .exclude(listings__status="active")
                .order_by("pk")
                .values_list("pk", flat=True)
            )
        )

    def listed(self, **lookups: str) -> Listing:
        return self.chosen(list(Listing.objects.filter(status=Listing.Status.ACTIVE, **lookups).order_by("pk")))

    def chosen(self, among):
        if not among:
            raise DomainError
        return self.rng.choice(among)


def _parcels() -> list[Land]:
    regions = {biome: Region.objects.create(market_id=biome, parcels=4) for biome in Biome}
    heights = (-3_701, -1, 0, 2_333)
    return Land.objects.bulk_create(
        Land(x=place % 7, y=1 + place // 7, market_id=biome, region=regions[biome], elevation_m=heights[place // 7])
        for place, biome in enumerate(list(Biome) * 4)
    )


def _asked(land: Land) -> int:
    market = Market.objects.get(pk=land.market_id)
    return base_price(market=market, version=current_settings(), elevation_m=land.elevation_m)


class ByHand:
    """A player's property and gains, added up from the transactions one by one."""

    def __init__(self, player: int, gift_values: dict[int, int]) -> None:
        self.money, self.flows = 0, 0
        self.shares: dict[str, int] = {}
        self.lands: set[int] = set()
        self.player, self.gift_values = player, gift_values
        for row in Transaction.objects.select_related("corrects").order_by("pk"):
            self.take(row)

    def take(self, row: Transaction) -> None:
        change = 0
        if row.payer_id == self.player:
            change -= row.amount_micro
        if row.payee_id == self.player:
            change += row.amount_micro - row.fee_micro
        self.money += change
        undone = row.corrects
        if row.kind in (Kind.TOPUP, Kind.WITHDRAWAL, Kind.TRANSFER) or (undone and undone.kind == Kind.TRANSFER):
            self.flows += change
        elif undone is not None:
            self.hand_over(undone, back=True)
        elif row.market_id is not None and row.initiator_id == self.player:
            sign = 1 if row.kind == Kind.BIOME_BUY else -1
            self.shares[row.market_id] = self.shares.get(row.market_id, 0) + sign * (row.shares_micro or 0)
        elif row.land_id is not None:
            self.hand_over(row)
            if row.kind == Kind.GIFT:
                value = self.gift_values[row.pk]
                self.flows += value * ((row.payer_id == self.player) - (row.payee_id == self.player))

    def hand_over(self, row: Transaction, *, back: bool = False) -> None:
        assert row.land_id is not None
        giver, getter = (row.payer_id, row.payee_id) if back else (row.payee_id, row.payer_id)
        if giver == self.player:
            self.lands.discard(row.land_id)
        if getter == self.player:
            self.lands.add(row.land_id)

    @property
    def worth(self) -> int:
        markets = Market.objects.in_bulk()
        marks = sum(
            shares * markets[biome].cash_micro // markets[biome].total_shares_micro
            for biome, shares in self.shares.items()
        )
        return self.money + marks + sum(_asked(land) for land in Land.objects.filter(pk__in=self.lands))

    @property
    def gain(self) -> int:
        return self.worth - self.flows


@pytest.fixture
def hour(root: User) -> Hour:
    lived = Hour(root, timezone.now() - timedelta(minutes=MINUTES + 1))
    lived.live()
    return lived


def api(player: User):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(player)}")
    return client.get("/api/v1/biome-market/portfolio").json()


def page(client, player: User) -> dict[str, str]:
    """Return the numbers of the portfolio's page, as decimal strings."""
    client.force_login(player)
    markup = client.get("/portfolio/?range=all").content.decode()
    told = {
        name: re.search(rf'data-total="{name}"[^>]*><data[^>]* title="(\S+) BDT"', markup)
        for name in ("worth", "gain", "land", "land-gain", "shares")
    }
    points = json.loads(re.search(r'<script id="worth-points"[^>]*>(.*?)</script>', markup)[1])
    parts = re.findall(r'<li[^>]* data-share="\w+">.*?<data value="(\S+)"', markup)
    return {name: found[1] for name, found in told.items() if found} | {
        "last point": points[-1][1],
        "parts": micro_text(sum(map(to_micro_text, parts))),
    }


def to_micro_text(text: str) -> int:
    return to_micro(Decimal(text))


def test_after_an_hour_of_everything_all_tell_the_same(hour, client):
    assert set(Transaction.objects.values_list("kind", flat=True)) == KINDS
    assert Land.objects.exclude(owner=None).count() > 5
    assert Listing.objects.filter(status=Listing.Status.ACTIVE).exists()
    assert Wallet.objects.filter(held_micro__gt=0).exists()

    snapshot_worth(now=hour.now)
    rebuild_standings(now=hour.now)

    for player in User.objects.filter(pk__in=hour.players):
        by_hand = ByHand(player.pk, hour.gift_values)
        worth, gain = micro_text(by_hand.worth), micro_text(by_hand.gain)
        told = api(player)
        assert (told["worth"], told["gain"], told["land_parcels"]) == (worth, gain, len(by_hand.lands))
        shown = page(client, player)
        assert (shown["worth"], shown["gain"], shown["last point"], shown["parts"]) == (worth, gain, worth, worth)
        assert shown["shares"] == told["mark_value"]
        last = WorthSnapshot.objects.filter(player=player).latest("at")
        assert (last.worth_micro, last.gain_micro) == (by_hand.worth, by_hand.gain)
        assert last.land_micro == to_micro_text(told["land_value"])
        ranked = dict(Standing.objects.filter(player=player).values_list("period", "gain_micro"))
        assert ranked == dict.fromkeys(Standing.Period.values, by_hand.gain)

    assert broken_invariants() == []
