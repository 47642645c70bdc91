"""A load reports percentiles, rows, and the differences between answers and written transactions."""

from __future__ import annotations

import io
from random import Random
from uuid import UUID, uuid4

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from operations.load.audit import differences_of
from operations.load.dealing import schedule
from operations.load.deals import Deals, Trade
from operations.load.figures import Figures, Row, write_csv
from operations.load.frames import PONG, frames_in, masked
from operations.load.plan import PAGES, NotOurs, Plan, check_ours
from operations.load.players import Player
from operations.load.run import socket_plans

LOCAL = "http://127.0.0.1:8000"


def test_percentiles_are_what_so_many_do_not_exceed() -> None:
    figures = Figures()
    for number in range(1, 101):
        figures.note("buy", second=number // 50, took_ms=number)
    figures.fail("buy", "503 service_unavailable", at_secs=1001.5, took_ms=3.0)
    assert figures.whole("buy") == Row("all", "buy", 100, 1, 50.0, 95.0, 99.0, 100.0)
    first, second, third = figures.by_second(started_secs=1000.0)
    assert first == Row("0", "buy", 49, 0, 25.0, 47.0, 49.0, 49.0)
    assert (second.count, second.errors, third) == (50, 1, Row("2", "buy", 1, 0, 100.0, 100.0, 100.0, 100.0))
    assert figures.whole("sell") == Row("all", "sell", 0, 0, 0.0, 0.0, 0.0, 0.0)


def test_another_process_tells_the_same() -> None:
    figures = Figures()
    figures.note("tick", 0, 1.26)
    figures.fail("socket", "closed_1008", at_secs=7.0, took_ms=0.0)
    told = Figures.of_json(figures.as_json())
    told.add(figures)
    assert told.whole("tick") == Row("all", "tick", 2, 0, 1.2, 1.2, 1.2, 1.2)
    assert told.codes() == {"socket": {"closed_1008": 2}}


def test_the_csv_has_a_heading() -> None:
    file = io.StringIO()
    write_csv(file, [Row("0", "buy", 1, 0, 2.5, 2.5, 2.5, 2.5)])
    assert file.getvalue() == "second,kind,count,errors,p50_ms,p95_ms,p99_ms,max_ms\n0,buy,1,0,2.5,2.5,2.5,2.5\n"


def test_no_cell_of_the_csv_is_a_formula() -> None:
    file = io.StringIO()
    write_csv(file, [Row("0", "=1+1", 1, 0, -2.5, 2.5, 2.5, 2.5)])
    assert file.getvalue().splitlines()[1] == "0,'=1+1,1,0,-2.5,2.5,2.5,2.5"


@pytest.mark.parametrize("url", ["http://exchange.example", "http://10.0.0.1", "http://evil.example/?127.0.0.1"])
def test_others_are_left_alone(url: str) -> None:
    with pytest.raises(NotOurs, match="neither on this machine nor in ALLOWED_HOSTS"):
        check_ours(url, hosts=["our.example", "*"])


@pytest.mark.parametrize("url", [LOCAL, "http://localhost", "http://[::1]:8000", "https://OUR.example:8443"])
def test_our_own_are_known(url: str) -> None:
    check_ours(url, hosts=["our.example"])


def test_the_load_comes_from_many_addresses_of_this_machine_and_from_one_elsewhere() -> None:
    addresses = Plan(url=LOCAL, players=500, sockets=10_000, secs=1).addresses
    assert (len(addresses), len(set(addresses)), addresses[0], addresses[-1]) == (500, 500, "127.1.0.1", "127.1.1.250")
    assert Plan(url="https://our.example", players=500, secs=1).addresses == [""]


def test_things_are_due_evenly() -> None:
    due = list(schedule(Plan(url=LOCAL, players=1, secs=10, trades_per_sec=5)))
    assert [kind for _, kind in due].count("trade") == 50
    assert [kind for _, kind in due].count("quote") == 50
    assert [kind for _, kind in due].count("portfolio") == 25
    assert due == sorted(due, key=lambda one: one[0])
    assert [at_secs for at_secs, kind in due if kind == "trade"][:3] == pytest.approx([0.1, 0.3, 0.5])
    assert list(schedule(Plan(url=LOCAL, players=1, secs=10))) == []


def test_the_pages_have_their_parts_and_their_rooms() -> None:
    assert sum(page.percent_of_sockets for page in PAGES) == 100
    plans = socket_plans(Plan(url=LOCAL, players=2, secs=1, sockets=200), [Player(1, "one"), Player(2, "two")])
    assert sum(plan["page"] == "market" for plan in plans) == 80
    assert {plan["room"] for plan in plans if plan["page"] == "exchange"} == {"biome_market_all"}
    assert all(plan["room"] == f"biome_market_{plan['biome']}" for plan in plans if plan["page"] == "market")
    assert all(plan["token"] for plan in plans if plan["gives"])
    assert {plan["page"] for plan in plans if plan["gives"]} == {"market"}
    assert all(plan["token"] for plan in plans if plan["page"] == "portfolio")


def test_a_sale_is_of_what_was_bought_and_of_nothing_that_is_being_sold() -> None:
    deals = Deals([Player(7, "token")], Random(1))
    bought = deals.next_trade()
    assert (bought.kind, bought.token, deals.trades[bought.operation].id) == ("buy", "token", None)  # type: ignore[index]
    deals.accept(bought, {"id": 5, "biome": "snow", "shares": "0.25"})
    asked = [deals.next_trade() for _ in range(50)]
    [sold] = [request for request in asked if request.kind == "sell"]
    assert sold.body == b'{"biome": "snow", "shares": "0.25"}'
    deals.refuse(sold, "503 market_busy")
    assert any(deals.next_trade().kind == "sell" for _ in range(50))
    assert {request.operation for request in asked} < deals.trades.keys()


OPERATION = uuid4()


@pytest.mark.parametrize(
    ("trade", "written", "difference"),
    [
        (Trade(1, id=5), [5], ""),
        (Trade(1), [], ""),
        (Trade(1), [5], ""),
        (Trade(1, refusal="409 sold_out"), [], ""),
        (Trade(1, id=5), [], "accepted, but not written"),
        (Trade(1, id=5), [6], "accepted, but not written"),
        (Trade(1, id=5), [5, 6], "written more than once"),
        (Trade(1, refusal="409 sold_out"), [5], "refused, but written"),
        (None, [5], "written, but asked for by nobody"),
    ],
)
def test_what_was_told_is_what_is_written(trade: Trade | None, written: list[int], difference: str) -> None:
    trades: dict[UUID, Trade] = {OPERATION: trade} if trade else {}
    found = differences_of(trades, {OPERATION: written} if written else {})
    assert found == ([f"1 trades {difference}: {OPERATION}"] if difference else [])


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_a_clients_frames_are_those_of_the_protocol(length: int) -> None:
    server = ServerProtocol(state=State.OPEN)
    if length < 1 << 16:
        server.receive_data(masked(b"x" * length))
        [heard] = server.events_received()
        assert isinstance(heard, Frame)
        assert (heard.opcode, bytes(heard.data)) == (Opcode.TEXT, b"x" * length)
    server.send_text(b"y" * length)
    server.send_ping(b"z")
    sent = b"".join(server.data_to_send())
    assert [sent[start:stop] for _, start, stop in frames_in(sent)] == [b"y" * length, b"z"]
    assert [stop for _, _, stop in frames_in(sent[:-1])] == [len(sent) - 3]


def test_a_clients_pong_is_one() -> None:
    client = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=State.OPEN)
    server = ServerProtocol(state=State.OPEN)
    client.send_pong(b"1234")
    expected = client.data_to_send()[0]
    assert len(masked(b"1234", kind=PONG)) == len(expected)
    server.receive_data(masked(b"1234", kind=PONG))
    [heard] = server.events_received()
    assert isinstance(heard, Frame)
    assert (heard.opcode, bytes(heard.data)) == (Opcode.PONG, b"1234")
