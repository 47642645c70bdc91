"""A player's transactions are exported exactly, harmless in a spreadsheet, and read a few at a time."""

from __future__ import annotations

import csv
from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attention.biomes import Biome
from trading.models import Kind
from trading.orders.market_orders import buy_shares, sell_shares
from trading.statements.csv_export import csv_chunks
from trading.statements.history import movements_of
from trading.tests.conftest import BDT, SHARE
from trading.tests.movements import write, write_many

pytestmark = pytest.mark.usefixtures("markets")

EXPORT = "/transactions/export/"
HEAD = [
    "id", "at", "kind", "biome", "counterparty", "shares", "average_price", "traded", "fee", "balance_change",
    "realised_gain", "reason", "operation", "source", "payer", "payee", "amount", "land", "listing", "corrects",
    "balance_after",
]  # fmt: skip


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def rows(response) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode("utf-8")
    assert text[0] == "\N{ZERO WIDTH NO-BREAK SPACE}"
    return list(csv.reader(StringIO(text[1:])))


def test_a_trade_and_a_top_up(browser, alice, fund, now):
    fund(alice, 1_000)
    keys = [uuid4(), uuid4()]
    trade = {"player_id": alice.pk, "biome": Biome.OCEAN, "shares_micro": 5 * SHARE, "now": now}
    bought = buy_shares(operation=keys[0], **trade)
    sold = sell_shares(operation=keys[1], **trade)

    response = browser.get(EXPORT)
    head, *body = rows(response)

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert head == HEAD
    at = "2026-01-01T12:00:00Z"
    assert body[0] == [
        str(sold.pk), at, "biome_sell", "ocean", "Ocean market", "5.00", "100.00025", "500.00125", "10.000025",
        "490.001225", "-20.000052", "", str(keys[1]), "biome", "", "alice", "500.00125", "", "", "",
        "979.999948",
    ]  # fmt: skip
    assert body[1] == [
        str(bought.pk), at, "biome_buy", "ocean", "Ocean market", "5.00", "100.00025", "500.001251", "10.000026",
        "-510.001277", "", "", str(keys[0]), "biome", "alice", "", "510.001277", "", "", "",
        "489.998723",
    ]  # fmt: skip
    assert body[2][2:12] == ["topup", "", "the outside", "", "", "", "0.00", "1000.00", "", "for the story"]
    assert UUID(body[2][12])


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_text_of_a_player_is_a_formula(browser, alice, bob, now, start):
    bob.username = f"{start}cmd"
    bob.save()
    write(alice, now, Kind.TRANSFER, payer=bob, payee=alice, reason=f"{start}1+1")

    _, row = rows(browser.get(EXPORT))

    assert (row[4], row[11]) == (f"'{start}cmd", f"'{start}1+1")


@pytest.mark.parametrize("separator", [";", ",", "\t", "|", "\r\n", "\n", '"', "; "])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d"])
def test_no_text_is_a_formula_in_a_sheet_that_splits_it(browser, alice, now, separator, start):
    write(alice, now, reason=f"x{separator}{start}1+1")

    assert rows(browser.get(EXPORT))[1][11] == f"x{separator}'{start}1+1"


def test_what_people_wrote_is_text_where_it_looks_like_a_number_too(browser, alice, now):
    write(alice, now, reason="-0.5")

    assert rows(browser.get(EXPORT))[1][11] == "'-0.5"


def test_the_file_begins_with_one_byte_order_mark(browser, alice, now):
    write(alice, now)

    content = b"".join(browser.get(EXPORT).streaming_content)
    assert (content[:5], content.count(b"\xef\xbb\xbf")) == (b"\xef\xbb\xbfid", 1)


def test_other_text_stays_as_it_is(browser, alice, now):
    write(alice, now, reason='say "hi", or\r\n1 - 1 = 0; a-b')

    assert rows(browser.get(EXPORT))[1][11] == 'say "hi", or\r\n1 - 1 = 0; a-b'


def test_the_filters_hold_and_the_name_tells_the_days(browser, alice, now):
    bought = write(alice, now, Kind.BIOME_BUY)
    write(alice, now)

    response = browser.get(f"{EXPORT}?kind=biome_buy&since=2026-01-01&until=2026-01-31")

    assert [row[0] for row in rows(response)[1:]] == [str(bought.pk)]
    assert response["Content-Disposition"] == 'attachment; filename="transactions-from-2026-01-01-until-2026-01-31.csv"'


def test_without_days_the_name_tells_todays(browser, monkeypatch, now):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)

    response = browser.get(EXPORT)

    assert response["Content-Disposition"] == 'attachment; filename="transactions-until-2026-01-01.csv"'
    assert rows(response) == [HEAD]


def test_there_are_no_more_rows_than_allowed_and_the_page_says_so(browser, alice, now, settings):
    settings.EXPORT_ROWS_MAX, settings.EXPORT_CHUNK_ROWS = 5, 2
    written = [str(each.pk) for each in write_many(alice, now, number=8)]

    assert [row[0] for row in rows(browser.get(EXPORT))[1:]] == written[:2:-1]
    assert "The newest 5 at most" in browser.get("/transactions/").content.decode()


def test_it_is_read_as_it_is_sent(alice, now, settings):
    settings.EXPORT_CHUNK_ROWS = 10
    write_many(alice, now, number=40)
    chunks = csv_chunks(movements_of(alice.pk))

    with CaptureQueriesContext(connection) as asked:
        next(chunks)
        assert len(asked) == 0
        assert next(chunks).count("\r\n") == 10
        assert len(asked) == 2
        assert sum(chunk.count("\r\n") for chunk in chunks) == 30


@pytest.mark.parametrize("query", ["since=x", "kind=theft", "since=2026-01-02&until=2026-01-01"])
def test_what_cannot_be_meant_is_refused(browser, alice, now, query):
    response = browser.get(f"{EXPORT}?{query}")

    assert response.status_code == 400
    assert response["Content-Type"] == "text/html; charset=utf-8"


def test_amounts_stay_numbers_in_a_spreadsheet(browser, alice, now):
    write(alice, now, Kind.WITHDRAWAL, amount_micro=BDT // 2)

    assert rows(browser.get(EXPORT))[1][9] == "-0.50"
