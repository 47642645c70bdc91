"""The audit trail over the API: transactions of every kind, filtered, for those who may read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from attention.biomes import Biome
from marketplace.models import Land, Listing
from marketplace.sales.purchases import buy_listing, refund_sale
from marketplace.tests.conftest import BDT, Fund, Offering
from marketplace.tests.test_marketplace_api import code, of
from trading.models import Kind, Transaction
from trading.orders.market_orders import buy_shares
from trading.tests.movements import write_many
from trading.wallets.wallets import transfer

pytestmark = pytest.mark.django_db(transaction=True)

TRAIL = "/api/v1/marketplace/transactions/audit-trail"


@pytest.fixture
def auditor(db: None) -> User:
    """Create staff who may view all transactions."""
    player = User.objects.create_user("auditor", "auditor@example.com", is_staff=True)
    player.user_permissions.set(Permission.objects.filter(codename="view_transaction"))
    return player


@pytest.fixture
def story(offered: Offering, fund: Fund, alice: User, bob: User, root: User, now: datetime) -> dict[str, Transaction]:
    """Have Bob buy alice's land, send her money, buy shares, and have the sale refunded; each a day later."""
    fund(1000, bob)
    listing = offered(Listing.Kind.FIXED_PRICE)
    day = timedelta(days=1)
    sale = buy_listing(operation=uuid4(), listing_id=listing.pk, buyer_id=bob.pk, now=now)
    sent = transfer(
        operation=uuid4(), player_id=bob.pk, payee_id=alice.pk, amount_micro=BDT, reason="hi", now=now + day
    )
    shares = buy_shares(operation=uuid4(), player_id=bob.pk, biome=Biome.SNOW, spend_micro=100 * BDT, now=now + 2 * day)
    refund_sale(operation=uuid4(), administrator_id=root.pk, transaction_id=sale.pk, reason="fraud", now=now + 3 * day)
    return {"sale": sale, "sent": sent, "shares": shares}


def kinds(player: User | None, query: str = "") -> list[str]:
    reply = of(player).get(f"{TRAIL}{query}")
    assert reply.status_code == 200, reply.content
    return [row["kind"] for row in reply.json()["results"]]


def test_both_sides_find_a_sale(story: dict[str, Transaction], alice: User, bob: User, land: Land) -> None:
    sale = story["sale"]
    [bought] = of(bob).get(f"{TRAIL}?source=marketplace").json()["results"]
    [sold] = of(alice).get(f"{TRAIL}?source=marketplace&role=seller").json()["results"]
    told_one = {"role", "balance_change", "balance_after"}
    assert {name: value for name, value in bought.items() if name not in told_one} == {
        name: value for name, value in sold.items() if name not in told_one
    }
    assert (bought["role"], bought["balance_change"], bought["balance_after"]) == ("buyer", "-100.00", "900.00")
    assert sold == {
        "id": sale.pk, "operation": str(sale.operation), "at": "2026-01-01T12:00:00Z", "source": "marketplace",
        "kind": "fixed_price", "role": "seller", "initiator": "bob", "payer": "bob", "payee": "alice",
        "amount": "100.00", "traded": None, "fee": "5.00",
        "balance_change": "95.00", "balance_after": "95.00", "biome": None, "shares": None,
        "average_price": None, "land": land.pk,
        "listing": sale.listing_id, "corrects": None, "reason": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["refund", "refund", "biome_buy", "transfer", "fixed_price", "topup"]),
        ("?source=biome", ["biome_buy"]),
        ("?source=wallet", ["refund", "refund", "transfer", "topup"]),
        ("?source=wallet&kind=topup", ["topup"]),
        ("?role=buyer", ["biome_buy", "transfer", "fixed_price"]),
        ("?role=seller", ["refund", "refund", "topup"]),
        ("?role=seller&kind=refund", ["refund", "refund"]),
        ("?biome=snow", ["biome_buy"]),
        ("?biome=ocean", []),
        ("?since=2026-01-02T00:00:00Z&until=2026-01-03T12:00:00Z", ["biome_buy", "transfer"]),
        ("?until=2026-01-01T12:00:00Z&source=marketplace", ["fixed_price"]),
        ("?since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z&kind=transfer", ["transfer"]),
        ("?player=BOB&kind=transfer", ["transfer"]),
        ("?land={land}", ["fixed_price"]),
        ("?land=9999999999", []),
    ],
)
def test_filters_hold_together(
    story: dict[str, Transaction], bob: User, auditor: User, land: Land, query: str, found: list[str]
) -> None:
    query = query.format(land=land.pk)
    assert kinds(bob, query) == found
    if "player" not in query:
        assert kinds(auditor, f"{query or '?'}&player=bob") == found


def test_administrators_read_everyones(story: dict[str, Transaction], auditor: User, land: Land) -> None:
    everything = Transaction.objects.order_by("-pk").values_list("kind", flat=True)
    assert kinds(auditor, "?everyone=true") == list(everything)
    assert kinds(auditor) == []
    assert kinds(auditor, f"?everyone=true&land={land.pk}") == ["fixed_price", "fixed_price"]
    period = "since=2026-01-02T00:00:00Z&until=2026-01-03T12:00:00Z"
    assert kinds(auditor, f"?everyone=true&{period}") == ["biome_buy", "transfer"]
    assert kinds(auditor, f"?everyone=true&{period}&source=wallet") == ["transfer"]
    assert kinds(auditor, "?everyone=true&since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z") == list(everything)
    [row] = of(auditor).get(f"{TRAIL}?everyone=true&kind=transfer").json()["results"]
    assert (row["role"], row["payer"], row["payee"], row["amount"]) == (None, "bob", "alice", "1.00")


def test_others_read_their_own_alone(story: dict[str, Transaction], alice: User, root: User, auditor: User) -> None:
    auditor.is_staff = False
    auditor.save()
    for player in (alice, auditor):
        for query in ("?player=bob", "?everyone=true", "?player=nobody"):
            assert code(of(player).get(TRAIL + query))[:2] == (403, "permission_denied")
    assert code(of(None).get(TRAIL))[:2] == (401, "not_authenticated")
    assert code(of(root).get(f"{TRAIL}?player=nobody")) == (404, "unknown_player", "player")


@pytest.mark.parametrize(
    ("query", "attr"),
    [
        ("?source=casino", "source"),
        ("?kind=theft", "kind"),
        ("?kind=topup&source=biome", "kind"),
        ("?role=thief", "role"),
        ("?biome=lava", "biome"),
        ("?land=0", "land"),
        ("?land=9223372036854775808", "land"),
        ("?since=yesterday", "since"),
        ("?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "until"),
        ("?everyone=perhaps", "everyone"),
        ("?everyone=true&role=buyer", "role"),
        ("?everyone=true&player=bob", "player"),
        ("?player=%00", "player"),
        ("?cursor=nonsense", "cursor"),
        ("?limit=0", "limit"),
    ],
)
def test_what_cannot_be_meant_is_refused(root: User, query: str, attr: str) -> None:
    reply = of(root).get(TRAIL + query)
    assert (reply.status_code, reply.json()["errors"][0]["attr"]) == (400, attr)


def test_it_is_paged_and_polled_cheaply(alice: User, now: datetime, assert_max_queries: Callable[[int], Any]) -> None:
    written = [each.pk for each in write_many(alice, now, number=130)][::-1]
    first = of(alice).get(f"{TRAIL}?kind=topup&limit=100")
    write_many(alice, now, number=1)
    with assert_max_queries(12):
        second = of(alice).get(first.json()["next"])
    assert [row["id"] for page in (first, second) for row in page.json()["results"]] == written
    again = of(alice).get(first.json()["next"], headers={"If-None-Match": second["ETag"]})
    assert (again.status_code, again["Cache-Control"]) == (304, "private, no-cache")


def test_a_period_is_found_among_rows_that_were_out_of_order(root: User, alice: User, now: datetime) -> None:
    hours = [0, 2, 1.5, 4, 3.5, 6, 8]
    for hour in hours:
        write_many(alice, now + timedelta(hours=hour), Kind.TOPUP, number=1)
    period = {"since": (now + timedelta(hours=1.5)).isoformat(), "until": (now + timedelta(hours=3.5)).isoformat()}
    found = of(root).get(TRAIL, period | {"everyone": "true"}).json()["results"]
    assert [row["at"][11:16] for row in found] == ["15:30", "13:30", "14:00"]
