"""The balance after each transaction is stored with the row, exact for both parties, and the same on every page."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from importlib import import_module
from io import StringIO
from itertools import pairwise
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection
from django.db.transaction import atomic

from attention.biomes import Biome
from trading.models import Kind, Transaction, Wallet
from trading.orders.market_orders import buy_shares, sell_shares
from trading.statements.history import movements_of
from trading.tests.conftest import BDT, SHARE
from trading.tests.movements import write_many
from trading.wallets.wallets import ensure_wallet, refund_transfer, transfer, withdraw

pytestmark = pytest.mark.usefixtures("markets")


@pytest.fixture
def story(alice, bob, fund, now):
    """Write a transaction of every kind that moves money without land."""
    fund(alice, 1_000)
    fund(bob, 50)
    trade = {"player_id": alice.pk, "biome": Biome.OCEAN, "shares_micro": 2 * SHARE, "now": now}
    buy_shares(operation=uuid4(), **trade)
    sell_shares(operation=uuid4(), **trade | {"shares_micro": SHARE})
    gave = transfer(operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=7 * BDT, reason="", now=now)
    refund_transfer(operation=uuid4(), administrator_id=bob.pk, transaction_id=gave.pk, reason="mistake", now=now)
    withdraw(operation=uuid4(), initiator_id=bob.pk, player_id=alice.pk, amount_micro=BDT, reason="out", now=now)


def balances(player) -> list[str]:
    return [movement.balance for movement in movements_of(player.pk)[:1000]]


def test_each_row_says_what_its_player_had_after_it(story, alice, bob):
    for player in (alice, bob):
        rows = movements_of(player.pk)[:100]
        for later, earlier in pairwise(rows):
            assert micro(later.balance) == micro(earlier.balance) + micro(later.change)
        assert micro(rows[-1].balance) == micro(rows[-1].change)
        assert micro(rows[0].balance) == Wallet.objects.get(pk=player.pk).balance_micro
    assert balances(bob) == ["50.00", "57.00", "50.00"]


def test_held_money_is_in_it_and_said(client, alice, fund, now):
    fund(alice, 100)
    Wallet.objects.filter(pk=alice.pk).update(balance_micro=70 * BDT, held_micro=30 * BDT)
    withdraw(operation=uuid4(), initiator_id=alice.pk, player_id=alice.pk, amount_micro=BDT, reason="out", now=now)
    client.force_login(alice)

    text = client.get("/transactions/").content.decode()

    assert balances(alice) == ["99.00", "100.00"]
    note = " ".join(re.sub("<[^>]+>", "", re.search(r'id="balance-note">(.*?)</p>', text, re.DOTALL)[1]).split())
    assert note.endswith("Now it is 99.00 BDT, of which 30.00 BDT are held and 69.00 BDT can be spent.")


def test_the_page_shows_change_and_balance(client, story, bob):
    client.force_login(bob)

    text = client.get("/transactions/").content.decode()

    head = [re.sub("<[^>]+>", "", cell).strip() for cell in re.findall(r"<th [^>]*>(.*?)</th>", text)]
    assert head[-2:] == ["Change BDT", "Balance BDT"]
    cells = re.findall(r'<td class="num( balance)?"><data[^>]* value="([^"]+)"', text)
    assert [value for _, value in cells] == ["-7.00", "50.00", "7.00", "57.00", "50.00", "50.00"]


def test_the_file_and_the_api_say_the_same(client, story, alice):
    client.force_login(alice)

    file = b"".join(client.get("/transactions/export/").streaming_content).decode("utf-8-sig")
    trail = client.get("/api/v1/marketplace/transactions/audit-trail").json()["results"]
    trades = client.get("/api/v1/biome-market/transactions").json()["results"]

    assert [row["balance_after"] for row in csv.DictReader(StringIO(file))] == balances(alice)
    assert [row["balance_after"] for row in trail] == balances(alice)
    by_id = {row["id"]: row for row in trail}
    shared = ("amount", "traded", "fee", "balance_change", "balance_after")
    assert [[trade[name] for name in shared] for trade in trades] == [
        [by_id[trade["id"]][name] for name in shared] for trade in trades
    ]
    assert len(trades) == 2


def test_among_everybodys_no_balance_is_told(story):
    assert {movement.balance for movement in movements_of(None)[:100]} == {None}


def test_pages_and_filters_leave_it_as_it_is(client, alice, now, assert_max_queries):
    write_many(alice, now, number=60)
    write_many(alice, now + timedelta(hours=1), Kind.WITHDRAWAL, number=40)
    client.force_login(alice)

    def shown(query: str) -> dict[str, str]:
        with assert_max_queries(12):
            text = client.get(f"/transactions/?{query}").content.decode()
        rows = re.findall(r'<tr data-id="(\d+)">(.*?)</tr>', text, re.DOTALL)
        return {number: re.findall(r'<data[^>]* value="([^"]+)"', row)[-1] for number, row in rows}

    everything = {str(row.pk): row.balance for row in movements_of(alice.pk)[:100]}
    assert list(everything.values())[:2] == ["2000.00", "2100.00"]
    for query in ("limit=10", "kind=topup", "kind=topup&limit=5", "role=buyer"):
        found = shown(query)
        assert found
        assert found.items() <= everything.items()


def test_a_deep_page_reads_no_more_than_a_first_one(alice, bob, now):
    write_many(alice, now, number=3_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE transactions")
    numbers = [movement.pk for movement in movements_of(alice.pk)[:3_000]]

    def page(before: int) -> list[str]:
        return [movement.balance for movement in movements_of(alice.pk).filter(pk__lt=str(before))[:3]]

    assert page(numbers[0]) == ["299900.00", "299800.00", "299700.00"]
    assert page(numbers[2_900]) == ["9900.00", "9800.00", "9700.00"]


def test_what_a_program_of_an_earlier_release_writes_is_filled_in(alice, bob, now):
    write_many(alice, now, number=2)
    write_many(alice, now, Kind.TRANSFER, number=1, payer=alice, payee=bob)
    row = Transaction.objects.latest("pk")
    assert (row.payer_balance_micro, row.payee_balance_micro) == (100 * BDT, 100 * BDT)


def test_rows_of_before_the_balances_are_filled_in(alice, bob, now):
    for player in (alice, bob):
        ensure_wallet(player_id=player.pk, now=now)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE transactions DISABLE TRIGGER transactions_balances_filled")
    old = [
        *write_many(alice, now, number=2),
        *write_many(alice, now, Kind.BIOME_BUY, number=1),
        *write_many(alice, now, Kind.TRANSFER, number=1, payer=alice, payee=bob),
        *write_many(alice, now, Kind.BIOME_SELL, number=1),
        *write_many(bob, now, Kind.WITHDRAWAL, number=1),
    ]
    said = write_many(alice, now, number=1, payee_balance_micro=199 * BDT)

    import_module("trading.migrations.0014_transaction_balances").fill(None, None)

    rows = Transaction.objects.filter(pk__in=[row.pk for row in old + said]).order_by("pk")
    assert list(rows.values_list("payer_balance_micro", "payee_balance_micro")) == [
        (None, 100 * BDT),
        (None, 200 * BDT),
        (100 * BDT, None),
        (0, 100 * BDT),
        (None, 98 * BDT),
        (0, None),
        (None, 199 * BDT),
    ]


@pytest.mark.parametrize("change", ["payer_balance_micro = 5", "payee_balance_micro = NULL", "payee_balance_micro = 1"])
def test_a_balance_that_was_said_is_never_changed(alice, now, change):
    write_many(alice, now, number=1)
    with pytest.raises(DatabaseError, match="never changed"), atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE transactions SET {change}, reason = reason")


@pytest.mark.django_db(transaction=True)
def test_rivals_leave_an_unbroken_row_of_balances(alice, bob, fund, now, run_together):
    fund(alice, 100)
    fund(bob, 100)

    def give(payer, payee):
        for _ in range(5):
            transfer(operation=uuid4(), player_id=payer.pk, payee_id=payee.pk, amount_micro=BDT, reason="", now=now)

    run_together([lambda: give(alice, bob), lambda: give(bob, alice)])

    for player in (alice, bob):
        rows = movements_of(player.pk)[:100]
        assert all(
            micro(later.balance) == micro(earlier.balance) + micro(later.change) for later, earlier in pairwise(rows)
        )
        assert rows[0].balance == "100.00"


def micro(text: str) -> int:
    whole, _, part = text.partition(".")
    sign = -1 if text.startswith("-") else 1
    return int(whole) * BDT + sign * int(part.ljust(6, "0"))
