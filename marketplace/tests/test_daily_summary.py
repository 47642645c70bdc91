"""The daily summary for administrators: flows, safeguards, moves, circles; made again as often as needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from marketplace.daily_summary import summarise_day
from marketplace.models import DailySummary, Land, Listing
from marketplace.sales.listings import Offer, open_listing, remove_listing
from marketplace.sales.ownership import give_land
from marketplace.sales.purchases import buy_listing, refund_sale
from marketplace.tests.conftest import BDT, DAY_SECS, Fund, Offering
from markets.models import Candle
from trading.models import Transaction
from trading.wallets.wallets import transfer

pytestmark = pytest.mark.django_db(transaction=True)

DAY = date(2026, 1, 1)
LATER = datetime(2026, 1, 2, 0, 20, tzinfo=UTC)


@pytest.fixture
def send(now: datetime) -> Callable[..., Transaction]:
    """Return a function that transfers BDT from one player to another."""

    def give(payer: User, payee: User, amount_bdt: int, at: datetime = now) -> Transaction:
        amount_micro = amount_bdt * BDT
        return transfer(
            operation=uuid4(), player_id=payer.pk, payee_id=payee.pk, amount_micro=amount_micro, reason="", now=at
        )

    return give


def test_an_empty_day_is_empty() -> None:
    summary = summarise_day(day=DAY, now=LATER)
    assert (summary.flows, summary.moves, summary.circles, summary.stars) == ([], [], [], [])
    assert summary.safeguards == {"flagged": [], "removed": [], "refunded": []}


def test_flows_and_safeguards(
    offered: Offering, fund: Fund, alice: User, bob: User, root: User, land: Land, now: datetime
) -> None:
    fund(10_000, bob)
    listing = offered(Listing.Kind.FIXED_PRICE, price_micro=5_000 * BDT)
    sale = buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now)
    refund_sale(operation=uuid4(), administrator_id=root.pk, transaction_id=sale.pk, reason="fraud", now=now)
    offer = Offer(kind=Listing.Kind.FIXED_PRICE, price_micro=BDT, title="Again", lasts_secs=DAY_SECS)
    rude = open_listing(operation=uuid4(), seller_id=alice.pk, land_id=land.pk, offer=offer, now=now)
    remove_listing(listing_id=rude.pk, administrator=root, reason="rude", now=now)

    summary = summarise_day(day=DAY, now=LATER)

    flows = [(each["source"], each["kind"], each["count"], each["amount_micro"] // BDT) for each in summary.flows]
    assert flows == [
        ("marketplace", "fixed_price", 2, 5_150), ("wallet", "refund", 2, 5_000), ("wallet", "topup", 2, 10_150),
    ]  # fmt: skip
    assert sum(each["fee_micro"] for each in summary.flows) == 250 * BDT
    assert summary.safeguards == {
        "flagged": [sale.pk],
        "removed": [{"id": rude.pk, "removed_reason": "rude"}],
        "refunded": [sale.pk],
    }


def test_only_the_day_counts(
    fund: Fund, alice: User, bob: User, send: Callable[..., Transaction], now: datetime
) -> None:
    midnight = datetime.combine(DAY, time.min, UTC)
    fund(100, alice)
    for at in (midnight - timedelta(microseconds=1), midnight, midnight + timedelta(days=1, microseconds=-1)):
        send(alice, bob, 1, at)
    send(alice, bob, 1, midnight + timedelta(days=1))

    [_, transfers] = sorted(summarise_day(day=DAY, now=LATER).flows, key=lambda flow: flow["kind"] == "transfer")

    assert (transfers["kind"], transfers["count"]) == ("transfer", 2)


def test_circles_of_two_and_of_three(
    fund: Fund, own: Callable[..., None], alice: User, bob: User, carol: User, land: Land,
    send: Callable[..., Transaction], now: datetime,
) -> None:  # fmt: skip
    fund(100, alice, bob, carol)
    send(alice, bob, 5)
    send(bob, carol, 4)
    assert summarise_day(day=DAY, now=LATER).circles == []
    send(carol, alice, 3)
    own(bob, land)
    give_land(operation=uuid4(), player_id=bob.pk, land_id=land.pk, receiver_id=alice.pk, reason="", now=now)

    circles = summarise_day(day=DAY, now=LATER).circles

    assert circles == [
        {"players": ["alice", "bob", "carol"], "times": 3, "amount_micro": 12 * BDT},
        {"players": ["alice", "bob"], "times": 2, "amount_micro": 5 * BDT},
    ]


def test_a_star_of_gifts_names_its_accounts(fund: Fund, alice: User, bob: User, now: datetime, settings: Any) -> None:
    """Thirty accounts that move their grants to one are a star; four are none, and old accounts are none either."""
    farm = [User.objects.create_user(f"farm-{number:02}", f"{number}@example.com") for number in range(30)]
    fund(100, *farm)
    for player in farm:
        moved = {"player_id": player.pk, "amount_micro": 100 * BDT, "reason": ""}
        transfer(operation=uuid4(), payee_id=alice.pk, now=now, **moved)
    fund(1, *farm[:4])
    for player in farm[:4]:
        transfer(operation=uuid4(), player_id=player.pk, payee_id=bob.pk, amount_micro=BDT, reason="", now=now)

    summary = summarise_day(day=DAY, now=LATER)

    givers = [player.username for player in farm]
    assert summary.stars == [{"taker": "alice", "givers": givers, "times": 30, "amount_micro": 3_000 * BDT}]
    assert summary.circles == []
    User.objects.filter(username__startswith="farm").update(date_joined=now - timedelta(days=7))
    assert summarise_day(day=DAY, now=LATER).stars == []


def test_the_largest_move_is_first() -> None:
    opened_at = datetime.combine(DAY, time.min, UTC)
    for biome, close in (("ocean", 110), ("snow", 75)):
        Candle.objects.create(
            market_id=biome, interval="1d", opened_at=opened_at, open_micro=100 * BDT, high_micro=120 * BDT,
            low_micro=70 * BDT, close_micro=close * BDT, volume_micro=0, total_shares_micro=BDT,
        )  # fmt: skip
    moves = summarise_day(day=DAY, now=LATER).moves
    assert [(move["biome"], move["percent"]) for move in moves] == [("snow", "-25.00"), ("ocean", "+10.00")]
    assert {name: moves[0][name] for name in ("open", "high", "low", "close")} == {
        "open": "100.00", "high": "120.00", "low": "70.00", "close": "75.00",
    }  # fmt: skip


def test_it_is_written_anew_and_not_for_days_to_come(fund: Fund, alice: User) -> None:
    summarise_day(day=DAY, now=LATER)
    fund(1, alice)
    summarise_day(day=DAY, now=LATER + timedelta(hours=1))
    [summary] = DailySummary.objects.all()
    assert (len(summary.flows), summary.made_at) == (1, LATER + timedelta(hours=1))
    with pytest.raises(ValueError, match="has not begun"):
        summarise_day(day=date(2026, 1, 3), now=LATER)


def test_the_command_prints_it(fund: Fund, alice: User) -> None:
    fund(1, alice)
    out = StringIO()
    call_command("daily_summary", "--date", "2026-01-01", stdout=out)
    assert out.getvalue().splitlines()[:2] == [
        "2026-01-01", "wallet, topup: 1 of 1.000000 BDT, fees 0.000000",
    ]  # fmt: skip
    with pytest.raises(CommandError, match="has not begun"):
        call_command("daily_summary", "--date", "9000-01-01")


def test_administrators_read_it(
    clerk: Client, fund: Fund, alice: User, bob: User, send: Callable[..., Transaction],
    assert_max_queries: Callable[[int], Any],
) -> None:  # fmt: skip
    fund(100, alice, bob)
    send(alice, bob, 5)
    send(bob, alice, 4)
    summarise_day(day=DAY, now=LATER)
    with assert_max_queries(12):
        page = clerk.get("/admin/marketplace/dailysummary/2026-01-01/change/").content.decode()
    assert "transfer" in page
    assert '<data value="9.00" title="9.00 BDT">9.00</data>' in page
    assert clerk.get("/admin/marketplace/dailysummary/").status_code == 200
