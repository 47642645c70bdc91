"""A running load: players are made, requests are sent again, sockets reconnect."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import datetime
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework_simplejwt.authentication import JWTAuthentication
from websockets.asyncio.server import ServerConnection, serve

from accounts.models import User
from attention.biomes import Biome
from operations.load import dealing as dealing_module
from operations.load import sockets as sockets_module
from operations.load.audit import audit
from operations.load.connections import Connections
from operations.load.dealing import Dealing
from operations.load.deals import Deals, Trade
from operations.load.plan import Plan
from operations.load.players import TOP_UP_BDT, Player, ready_players
from operations.load.sockets import Crowd
from tests.fixtures import WAIT_SECS
from trading.models import Transaction, Wallet
from trading.orders.market_orders import buy_shares

BDT = 1_000_000


# --- Players ---------------------------------------------------------------------------------------------------------


def test_players_are_made_once_with_money_that_is_recorded(markets: None, now: datetime) -> None:
    User.objects.create_user("Load-0002", "someone@example.com")
    first = ready_players(count=3, token_secs=60, now=now)
    again = ready_players(count=3, token_secs=60, now=now)
    assert [player.id for player in again] == [player.id for player in first]
    assert [user.username for user in User.objects.filter(is_simulated=True).order_by("pk")] == [
        "load-0001",
        "load-0003",
    ]
    assert not any(user.has_usable_password() for user in User.objects.filter(is_simulated=True))
    assert set(Wallet.objects.values_list("balance_micro", flat=True)) == {TOP_UP_BDT * BDT}
    assert Transaction.objects.filter(kind="topup").count() == 2


def test_a_players_token_is_one_of_the_exchange(markets: None) -> None:
    [player] = ready_players(count=1, token_secs=3600, now=timezone.now())
    token = JWTAuthentication().get_validated_token(player.token.encode())
    assert JWTAuthentication().get_user(token).pk == player.id
    assert 3500 < token["exp"] - timezone.now().timestamp() <= 3600


@pytest.mark.django_db(transaction=True)
def test_the_audit_finds_what_was_written(markets: None, now: datetime) -> None:
    [player] = ready_players(count=1, token_secs=60, now=now)
    deals = Deals([player], Random(1))
    request = deals.next_trade()
    bought = buy_shares(operation=request.operation, player_id=player.id, biome=Biome.OCEAN, spend_micro=BDT, now=now)
    deals.accept(request, {"id": bought.pk, "biome": "ocean", "shares": "0.01"})
    found = audit(deals.trades, player_ids=[player.id], since=now)
    assert (found.is_clean, found.written, found.differences) == (True, 1, ())
    assert not audit({}, player_ids=[player.id], since=now).is_clean


# --- Requests --------------------------------------------------------------------------------------------------------


class Site:
    """A server that keeps connections, with a list of answers, whose last one repeats."""

    def __init__(self, *answers: tuple[int, str, dict[str, Any]] | None) -> None:
        self._answers = list(answers)
        self.keys: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            await self._answer_all(reader, writer)
        writer.close()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lines = head.decode().lower().splitlines()
            named = dict(line.split(": ", 1) for line in lines[1:] if line)
            await reader.readexactly(int(named["content-length"]))
            self.keys.append(named.get("idempotency-key", ""))
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            if answer is None:
                return
            status, extra, content = answer
            body = json.dumps(content).encode()
            writer.write(f"HTTP/1.1 {status} -\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body)


ACCEPTED = (200, "", {"id": 9, "biome": "ocean", "shares": "0.1"})
BUSY = (503, "Retry-After: 0\r\n", {"errors": [{"code": "market_busy"}]})


async def dealt(site: Site, monkeypatch: pytest.MonkeyPatch) -> tuple[Dealing, Deals]:
    monkeypatch.setattr(dealing_module, "READS_A_TRADE", {})
    monkeypatch.setattr(dealing_module, "_FIRST_WAIT_SECS", 0.01)
    deals = Deals([Player(1, "token")], Random(1))
    async with await asyncio.start_server(site.serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        plan = Plan(url=url, players=1, secs=0.01, trades_per_sec=100)
        dealing = Dealing(plan, deals, Connections(url))
        async with asyncio.timeout(WAIT_SECS):
            await dealing.run()
            # The server's side ends when it reads that ours has.
            while len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0)
    return dealing, deals


async def test_a_busy_exchange_is_asked_again_under_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(None, BUSY, ACCEPTED)
    dealing, deals = await dealt(site, monkeypatch)
    [(operation, trade)] = deals.trades.items()
    assert site.keys == [str(operation)] * 3
    assert trade == Trade(1, id=9, times_sent=3)
    assert dealing.figures.codes() == {"buy": {"503 market_busy": 1, "connection_broken": 1}}
    assert dealing.figures.whole("buy").count == 1


async def test_a_refusal_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site((409, "", {"errors": [{"code": "sold_out"}]}))
    dealing, deals = await dealt(site, monkeypatch)
    [trade] = deals.trades.values()
    assert trade == Trade(1, refusal="409 sold_out", times_sent=1)
    assert dealing.figures.codes() == {"buy": {"409 sold_out": 1}}


async def test_a_kept_connection_that_was_closed_is_no_failure() -> None:
    site = Site(ACCEPTED, None, ACCEPTED)
    async with await asyncio.start_server(site.serve, "127.0.0.1", 0) as server, asyncio.timeout(WAIT_SECS):
        connections = Connections(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        replies = [await connections.ask("127.1.0.1", "GET", "/") for _ in range(2)]
        connections.close()
        while len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0)
    assert [json.loads(reply.body) for reply in replies] == [ACCEPTED[2]] * 2
    assert (connections.stale, len(site.keys)) == (1, 3)


# --- Sockets ---------------------------------------------------------------------------------------------------------


def event(kind: str, seq: int, **content: Any) -> str:
    head = {"epoch": "e" * 32, "seq": seq, "type": kind, "at": "2026-01-01T12:00:00.000000Z"}
    return json.dumps(head | content, separators=(",", ":"))


async def test_sockets_hear_count_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets_module, "FIRST_WAIT_SECS", 0.01)
    asked: list[dict[str, Any]] = []
    is_measuring, has_resumed = asyncio.Event(), asyncio.Event()

    async def talk(socket: ServerConnection) -> None:
        asked.append(json.loads(await socket.recv()))
        if asked[-1]["action"] == "resume":
            await socket.send(event("biome_market_update", 9, cycle=4))
            await socket.send(event("biome_trade", 9))
            has_resumed.set()
            await socket.wait_closed()
            return
        await socket.send(json.dumps({"type": "biome_market_snapshot", "epoch": "e" * 32, "seq": 4, "cycle": 0}))
        await is_measuring.wait()
        await socket.send(event("biome_market_update", 5, cycle=1))
        await socket.send(event("biome_market_update", 7, cycle=3))
        await socket.send(event("biome_trade", 8))
        await socket.close(1012)

    async with serve(talk, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        page = {"page": "exchange", "room": "biome_market_all", "address": "127.1.0.1"}
        crowd = Crowd({"url": f"ws://127.0.0.1:{port}/api/v1/ws", "sockets": [page]})
        async with asyncio.timeout(WAIT_SECS):
            await crowd.open()
            crowd.begin()
            is_measuring.set()
            await has_resumed.wait()
            while crowd.heard.frames < 5:
                await asyncio.sleep(0)
        # As another socket would have heard it.
        crowd.cycles.add(2)
        told = crowd.end()
    assert asked[0] == {"action": "subscribe_biome_market", "room": "biome_market_all"}
    assert asked[1] == {"action": "resume", "epoch": "e" * 32, "seq": 8, "rooms": ["biome_market_all"]}
    heard = told["heard"]
    assert (heard["ticks"], heard["ticks_lost"], heard["trades"], heard["doubles"]) == (3, 1, 2, 1)
    assert (heard["shutdowns"], heard["came_back"], told["open"]) == (1, 1, 1)
    assert told["figures"]["failures"] == []


# --- The command -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (["--url", "http://exchange.example"], "exchange.example is neither on this machine nor in ALLOWED_HOSTS"),
        (["--url", "ftp://127.0.0.1"], "--url must be like http://127.0.0.1:8000, not 'ftp://127.0.0.1'."),
        (["--url", "http://127.0.0.1:99999"], "--url must be like"),
        (["--players", "5001"], "--players must be from 1 to 5000, not 5001."),
        (["--seconds", "3601"], "--seconds must be from 1 to 3600, not 3601."),
        (["--sockets", "-1"], "--sockets must be from 0 to 10000, not -1."),
        (["--trades-per-second", "1001"], "--trades-per-second must be from 0 to 1000, not 1001."),
    ],
)
def test_too_much_is_refused(arguments: list[str], refusal: str) -> None:
    with pytest.raises(CommandError, match=refusal.replace(".", r"\.")):
        call_command("load", *arguments)


def test_players_of_production_are_left_alone(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="PRODUCTION is on"):
        call_command("load")


@pytest.mark.django_db(transaction=True)
def test_an_exchange_that_is_not_there_is_named(markets: None) -> None:
    with pytest.raises(CommandError, match=r"Nothing answers at http://127\.0\.0\.1:1"):
        call_command("load", "--url", "http://127.0.0.1:1", "--players", "1", "--seconds", "1")
