"""A player's transactions as payer and payee, filtered, in pages, each with its effect on the balance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attention.biomes import Biome
from trading.models import BIOME_KINDS, Kind
from trading.orders.market_orders import buy_shares, sell_shares
from trading.statements.history import movement_of, movements_of
from trading.tests.conftest import BDT, SHARE
from trading.tests.movements import write, write_many
from trading.wallets.wallets import transfer, withdraw

pytestmark = pytest.mark.usefixtures("markets")


def numbers(movements) -> list[int]:
    return [movement.pk for movement in movements]


def test_it_is_what_the_player_paid_and_got_newest_first(alice, bob, now):
    got, paid = write(alice, now), write(alice, now, Kind.WITHDRAWAL)
    write(bob, now)
    sent = write(alice, now, Kind.TRANSFER, payer=alice, payee=bob)
    received = write(bob, now, Kind.TRANSFER, payer=bob, payee=alice)

    assert numbers(movements_of(alice.pk)[0:10]) == [received.pk, sent.pk, paid.pk, got.pk]


def test_a_page_is_a_slice(alice, bob, now):
    written = [write(alice, now, Kind.TRANSFER, **pair).pk for pair in [{"payer": alice, "payee": bob}] * 3]
    written += [write(bob, now, Kind.TRANSFER, payer=bob, payee=alice).pk for _ in range(3)]
    newest_first = written[::-1]
    movements = movements_of(alice.pk)

    assert numbers(movements[1:4]) == newest_first[1:4]
    assert numbers(movements.order_by("pk")[0:2]) == written[:2]
    assert numbers(movements.filter(pk__lt=str(written[3]))[0:10]) == newest_first[3:]
    assert numbers(movements.order_by("pk").filter(pk__gt=str(written[3]))[0:10]) == written[4:]


def test_filters_are_all_of_them_together(alice, now):
    day = timedelta(days=1)
    ocean = write(alice, now, Kind.BIOME_BUY)
    sold = write(alice, now + day, Kind.BIOME_SELL)
    snow = write(alice, now + day, Kind.BIOME_BUY, market_id="snow")
    write(alice, now + day)

    def found(**filters):
        return numbers(movements_of(alice.pk, **filters)[0:10])

    assert found(kinds=(Kind.BIOME_BUY,)) == [snow.pk, ocean.pk]
    assert found(kinds=BIOME_KINDS) == [snow.pk, sold.pk, ocean.pk]
    assert found(biome=Biome.OCEAN) == [sold.pk, ocean.pk]
    assert found(kinds=(Kind.BIOME_BUY,), biome=Biome.SNOW, since=now + day, until=now + day) == [snow.pk]
    assert found(since=now + day, kinds=BIOME_KINDS) == [snow.pk, sold.pk]
    assert found(until=now) == [ocean.pk]
    assert found(kinds=(Kind.AUCTION,)) == []


def test_what_comes_in_meanwhile_is_in_no_later_chunk(alice, now):
    written = [transaction.pk for transaction in write_many(alice, now, number=5)]
    chunks = movements_of(alice.pk).in_chunks(rows=2, most=100)

    assert numbers(next(chunks)) == written[:-3:-1]
    write(alice, now)
    assert [number for chunk in chunks for number in numbers(chunk)] == written[-3::-1]


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_there_are_no_more_in_chunks_than_asked_for(alice, now, most):
    write_many(alice, now, number=4)

    assert sum(map(len, movements_of(alice.pk).in_chunks(rows=2, most=most))) == most


def test_a_purchase(alice, fund, now):
    fund(alice, 1_000)
    buy_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.OCEAN, spend_micro=100 * BDT, now=now)

    [bought] = movements_of(alice.pk, kinds=(Kind.BIOME_BUY,))[0:1]

    assert (bought.label, bought.counterparty, bought.is_incoming) == ("Bought", "Ocean market", False)
    assert (bought.change, bought.traded, bought.fee) == ("-99.999932", "98.039149", "1.960783")
    assert (bought.shares, bought.average_price) == ("0.980391", "100.00005")
    assert (bought.price_before, bought.price_after) == ("100.00", "100.000098")
    assert (bought.basis, bought.realised_gain) == (None, None)


def test_a_sale(alice, hold, now):
    hold(alice, 5)
    sell_shares(operation=uuid4(), player_id=alice.pk, biome=Biome.OCEAN, shares_micro=5 * SHARE, now=now)

    [sold] = movements_of(alice.pk, kinds=(Kind.BIOME_SELL,))[0:1]

    assert (sold.label, sold.counterparty, sold.is_incoming) == ("Sold", "Ocean market", True)
    assert (sold.change, sold.traded, sold.fee) == ("490.001225", "500.00125", "10.000025")
    assert (sold.basis, sold.realised_gain) == ("510.001277", "-20.000052")


def test_a_transfer_has_two_sides(alice, bob, fund, now):
    fund(alice, 10)
    transfer(operation=uuid4(), player_id=alice.pk, payee_id=bob.pk, amount_micro=3 * BDT, reason="lunch", now=now)

    [paid], [got] = (movements_of(player.pk, kinds=(Kind.TRANSFER,))[0:1] for player in (alice, bob))

    assert (paid.change, paid.counterparty, paid.is_asked_by_another) == ("-3.00", "bob", False)
    assert (got.change, got.counterparty, got.is_asked_by_another, got.initiator_name) == (
        "3.00",
        "alice",
        True,
        "alice",
    )
    assert (got.shares, got.average_price, got.price_before, got.reason) == (None, None, None, "lunch")


def test_money_from_and_to_the_outside(alice, fund, now):
    fund(alice, 10)
    withdraw(
        operation=uuid4(), initiator_id=alice.pk, player_id=alice.pk, amount_micro=BDT, reason="for the story", now=now
    )

    out, came_in = movements_of(alice.pk)[0:2]

    assert (came_in.change, came_in.counterparty) == ("10.00", "the outside")
    assert (out.change, out.counterparty) == ("-1.00", "the outside")


def test_the_fee_of_a_land_sale_is_the_sellers(alice, bob, now, land_seven):
    land = {"amount_micro": 100 * BDT, "fee_micro": 5 * BDT, "land_id": 7, "payer": alice, "payee": bob}
    write(alice, now, Kind.FIXED_PRICE, **land)
    write(alice, now, Kind.BUY_NOW, **land | {"payee": None})

    from_the_world, bought = movements_of(alice.pk)[0:2]
    [sold] = movements_of(bob.pk)[0:1]

    assert (bought.change, bought.fee, sold.change, sold.fee) == ("-100.00", "0.00", "95.00", "5.00")
    assert from_the_world.counterparty == "the world"


def test_a_correction_names_what_it_corrects(alice, now):
    first = write(alice, now)
    write(alice, now, Kind.ADJUSTMENT, payer=alice, corrects=first, reason="typed twice")

    [correction] = movements_of(alice.pk)[0:1]

    assert (correction.corrects_id, correction.counterparty) == (first.pk, "the treasury")


def test_one_is_read_by_its_payer_and_its_payee_alone(alice, bob, root, now):
    sent = write(alice, now, Kind.TRANSFER, payer=alice, payee=bob)

    for player, change in ((alice, "-100.00"), (bob, "100.00")):
        movement = movement_of(player.pk, number=sent.pk)
        assert movement is not None
        assert movement.change == change
    assert movement_of(root.pk, number=sent.pk) is None
    assert movement_of(alice.pk, number=sent.pk + 1) is None
    assert movement_of(alice.pk, number=2**80) is None


def test_a_page_reads_its_own_rows_and_no_others(alice, bob, now):
    write_many(alice, now, Kind.BIOME_BUY, number=2_000)
    write_many(alice, now, Kind.BIOME_SELL, number=2_000)
    for _ in range(5):
        write_many(bob, now, number=2_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE transactions")

    with CaptureQueriesContext(
        connection,
    ) as asked:
        movements_of(alice.pk, until=datetime(2026, 1, 2, tzinfo=UTC))[0:51]

    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + asked.captured_queries[0]["sql"])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan
    assert {"transaction_by_payer", "transaction_by_payee"} <= set(plan.replace("(", " ").split())
    assert len(asked) == 2
