"""The worth of land is the world's asking price, to the unit, in every place that computes it, and so is its gain."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib import import_module
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.equity.snapshots import snapshot_worth
from analytics.leaderboard.rankings import rebuild_standings
from attention.biomes import Biome
from marketplace.models import GiftValue, Land, LandAccount, Listing
from marketplace.pricing.land_prices import base_price
from marketplace.sales.auctions import settle_listing
from marketplace.sales.listings import remove_listing
from marketplace.sales.ownership import buy_from_world, give_land
from marketplace.sales.purchases import buy_listing, refund
from marketplace.tests.conftest import BDT
from marketplace.tests.pages import MOST_QUERIES, html
from markets.economic_settings import current_settings
from markets.models import EconomicSettings, Market
from markets.templatetags.amounts import EN_DASH
from trading.models import Standing, Transaction, WorthSnapshot
from trading.positions import portfolio_of
from trading.wallets.wallets import ensure_wallet, transfer

pytestmark = pytest.mark.django_db

PAGE = "/portfolio/"


@pytest.fixture
def owned(alice):
    return lambda player=alice: portfolio_of(player_id=player.pk)


def price(biome, bdt):
    """Set the price of a share in BDT."""
    cash = {"cash_micro": bdt * 10**12, "bar_low_micro": bdt * 10**12, "bar_high_micro": bdt * 10**12}
    Market.objects.filter(pk=biome).update(**cash)


def give(player, receiver, land, now):
    return give_land(
        operation=uuid4(), player_id=player.pk, land_id=land.pk, receiver_id=receiver.pk, reason="", now=now
    )


@given(
    cash=st.integers(1, 10**17),
    total=st.integers(10**9, 10**15),
    factor=st.integers(1, 10**6),
    slope=st.integers(0, 100_000),
    heights=st.lists(st.integers(-11_000, 9_000), min_size=1, max_size=4),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_sql_and_python_ask_the_same_to_the_unit(alice, bob, land, now, cash, total, factor, slope, heights):
    bars = {"bar_low_micro": cash, "bar_high_micro": cash}
    Market.objects.filter(pk=Biome.PLAINS).update(cash_micro=cash, total_shares_micro=total, **bars)
    EconomicSettings.objects.update(plains_land_bps=factor, land_elevation_bps=slope)
    market = Market.objects.select_related("settings").get(pk=Biome.PLAINS)
    for place, height in enumerate(heights):
        Land.objects.filter(y=0, x=place % 3).update(elevation_m=height, owner=alice, owned_since=now)
    lands = list(Land.objects.filter(owner=alice))

    asked = [base_price(market=market, version=market.settings, elevation_m=each.elevation_m) for each in lands]

    assert portfolio_of_new(alice, now).land_micro == sum(asked)
    # And as the database values a gift.
    Transaction.objects.create(
        at=now, kind="gift", initiator=alice, operation=uuid4(), request_digest=uuid4(), payer=bob, payee=alice,
        amount_micro=0, land_id=lands[0].pk,
    )  # fmt: skip
    Land.objects.filter(pk=lands[0].pk).update(owner=bob)
    assert GiftValue.objects.latest("pk").value_micro == asked[0]
    Land.objects.update(owner=None, owned_since=None)


def portfolio_of_new(player, now):
    ensure_wallet(player_id=player.pk, now=now)
    return portfolio_of(player_id=player.pk)


def test_a_parcel_bought_from_the_world_changes_no_worth(alice, land, fund, owned, now):
    fund(1_005, alice)
    buy_from_world(operation=uuid4(), player_id=alice.pk, land_id=land.pk, now=now)

    found = owned()

    assert (found.money_micro, found.land_micro, found.worth_micro, found.gain_micro) == (
        855 * BDT, 150 * BDT, 1_005 * BDT, 0,
    )  # fmt: skip


def test_land_gains_with_its_biomes_price_listed_or_not(alice, offered, owned):
    offered()
    price(Biome.PLAINS, 120)

    assert (owned().land_micro, owned().land_gain_micro, owned().gain_micro) == (180 * BDT, 30 * BDT, 30 * BDT)


def test_a_sale_gains_its_price_without_the_fee_less_the_cost(alice, bob, offered, fund, owned, now):
    listing = offered(Listing.Kind.FIXED_PRICE, price_micro=300 * BDT)
    fund(300, bob)
    buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now)

    # A fee of 5 %: 285 for what cost 150. Who bought it owns what the world sells for 150.
    assert (owned().gain_micro, owned().worth_micro) == (135 * BDT, 285 * BDT)
    assert (owned(bob).gain_micro, owned(bob).worth_micro) == (-150 * BDT, 150 * BDT)


def test_an_auction_that_ends_is_a_sale(alice, bob, offered, fund, bid, owned, now):
    fund(400, bob)
    listing = offered(price_micro=200 * BDT)
    bid(listing, bob, 250)
    assert (owned(bob).worth_micro, owned(bob).wallet.held_micro) == (400 * BDT, 250 * BDT)
    settle_listing(listing_id=listing.pk, now=listing.ends_at)

    assert (owned().gain_micro, owned(bob).gain_micro) == (40 * BDT, -50 * BDT)


@pytest.mark.usefixtures("no_land_fee")
def test_a_gift_is_no_gain_and_no_loss(alice, bob, land, own, owned, now):
    own(alice, land)
    price(Biome.PLAINS, 120)
    give(alice, bob, land, now)

    # The 30 that it gained stay who owned it then.
    assert (owned().worth_micro, owned().gain_micro) == (0, 30 * BDT)
    assert (owned(bob).worth_micro, owned(bob).gain_micro) == (180 * BDT, 0)
    price(Biome.PLAINS, 100)
    assert (owned().gain_micro, owned(bob).gain_micro) == (30 * BDT, -30 * BDT)


def test_what_is_refunded_never_happened(alice, bob, root, offered, fund, owned, now):
    listing = offered(Listing.Kind.FIXED_PRICE, price_micro=300 * BDT)
    fund(300, bob)
    sold = buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now)
    refund(operation=uuid4(), administrator_id=root.pk, transaction_id=sold.pk, reason="odd", now=now)

    assert (owned().worth_micro, owned().gain_micro) == (150 * BDT, 0)
    assert (owned(bob).worth_micro, owned(bob).gain_micro) == (300 * BDT, 0)


def test_a_removed_listing_leaves_its_parcel_and_frees_what_was_held(alice, bob, root, offered, fund, bid, owned, now):
    fund(400, bob)
    listing = offered()
    bid(listing, bob, 250)
    remove_listing(listing_id=listing.pk, administrator=root, reason="odd", now=now)

    assert (owned().land_micro, owned(bob).wallet.balance_micro, owned(bob).worth_micro) == (
        150 * BDT, 400 * BDT, 400 * BDT,
    )  # fmt: skip


def test_money_sent_away_is_no_loss_of_the_leaderboard(alice, bob, land, own, fund, now):
    own(alice, land)
    fund(500, alice)
    price(Biome.PLAINS, 120)
    transfer(operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=500 * BDT, reason="", now=now)
    rebuild_standings(now=now)

    # Who gained by land alone has a place; who was only sent money has none.
    told = list(Standing.objects.order_by("period").values_list("player__username", "gain_micro", "volume_micro"))
    assert told == [("alice", 30 * BDT, 0)] * 3


def test_a_day_counts_from_the_snapshot_with_land(alice, land, own, now):
    own(alice, land)
    snapshot_worth(now=now)
    WorthSnapshot.objects.create(
        player=alice, at=now + timedelta(minutes=1), worth_micro=0, gain_micro=-7, volume_micro=0, land_micro=None
    )
    price(Biome.PLAINS, 120)
    rebuild_standings(now=now + timedelta(days=1, minutes=2))

    assert Standing.objects.get(period=Standing.Period.DAY).gain_micro == 30 * BDT


def test_land_is_in_the_snapshot_and_only_where_it_changed(alice, land, own, now):
    own(alice, land)
    for minutes in (0, 1, 2):
        if minutes == 2:
            price(Biome.PLAINS, 120)
        snapshot_worth(now=now + timedelta(minutes=minutes))

    told = list(WorthSnapshot.objects.order_by("at").values_list("worth_micro", "land_micro", "gain_micro"))
    assert told == [(150 * BDT, 150 * BDT, 0), (180 * BDT, 180 * BDT, 30 * BDT)]


def test_the_page_of_who_owns_land_alone_says_so(alice, land, own, fund, client, assert_max_queries):
    fund(50, alice)
    own(alice, land)
    client.force_login(alice)
    client.get(PAGE)

    with assert_max_queries(MOST_QUERIES):
        text = text_of(client.get(PAGE))

    assert "You own land, but no shares" in text
    assert "You own no shares yet" not in text
    assert (
        "Your 1 parcel of land counts in your total value, at what the world would ask now. You have 50.00 BDT" in text
    )
    assert f"Total value 200.00 BDT {EN_DASH} 0.00 {EN_DASH} 0.00 %" in text
    assert "land at what the world would ask for it now" in text
    assert f"Land 150.00 BDT Gain by land {EN_DASH} 0.00" in text
    assert "Cash 50.00 25.0 % Land 150.00 75.0 %" in text


@pytest.mark.usefixtures("no_land_fee")
def test_the_page_without_money_tells_of_the_land(alice, bob, land, own, bid, fund, offered, client):
    own(bob, land)
    give(bob, alice, land, timezone.now())
    client.force_login(alice)

    assert "Your wallet is empty Your 1 parcel of land counts in your total value" in text_of(client.get(PAGE))


def test_money_that_is_all_held_is_not_called_none(alice, bob, offered, fund, bid, client):
    fund(200, bob)
    bid(offered(), bob, 200)
    client.force_login(bob)

    assert "All your money is held for bids" in text_of(client.get(PAGE))


def text_of(response):
    markup = re.sub(r"<(script|style).*?</\1>", " ", html(response), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))


@pytest.mark.usefixtures("no_land_fee")
def test_the_upgrade_counts_land_in_what_was_recorded_and_back(alice, bob, root, land, own, fund, now):
    """The migrations add land to snapshots of the version before, without accounts, and can be reversed."""
    minute = timedelta(minutes=1)
    own(alice, land)
    fund(100, bob)
    before(alice, now, worth=0, gain=0)
    give(alice, bob, land, now + minute)
    before(alice, now + minute, worth=0, gain=0)
    before(bob, now + minute, worth=100, gain=0)
    before(root, now, worth=5, gain=3)
    price(Biome.PLAINS, 120)
    GiftValue.objects.all().delete()
    LandAccount.objects.all().delete()
    accounts, snapshots = (
        import_module(f"marketplace.migrations.{name}") for name in ("0006_land_accounts", "0007_land_in_earlier_worth")
    )

    run(accounts.EARLIER_GIFTS, accounts.EARLIER_ACCOUNTS, snapshots.COUNT_LAND)

    # A parcel of the past counts at what it is worth now, 180, so the gain of who bought it is one from the beginning.
    assert list(LandAccount.objects.order_by("player").values_list("net_micro", flat=True)) == [30 * BDT, -180 * BDT]
    assert told(alice) == [(180, 180, 30), (0, 0, 30)]
    assert told(bob) == [(280, 180, 0)]
    assert told(root) == [(5, 0, 3)]
    assert portfolio_of(player_id=alice.pk).gain_micro == 30 * BDT

    run(snapshots.LEAVE_LAND_OUT)

    assert (told(alice), told(bob), told(root)) == ([(0, 0, 0), (0, 0, 0)], [(100, 0, 0)], [(5, 0, 3)])


def before(player, at, *, worth, gain):
    WorthSnapshot.objects.create(
        player=player, at=at, worth_micro=worth * BDT, gain_micro=gain * BDT, volume_micro=0, land_micro=0
    )


def told(player):
    rows = WorthSnapshot.objects.filter(player=player).order_by("at")
    return [tuple(micro // BDT for micro in row) for row in rows.values_list("worth_micro", "land_micro", "gain_micro")]


def run(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_the_settings_price_land_as_the_world_does(alice, land, own, owned):
    own(alice, land)
    market = Market.objects.get(pk=Biome.PLAINS)

    assert owned().land_micro == base_price(market=market, version=current_settings(), elevation_m=0)
