"""The smoke test visits the real application; the socket is a server of the test's own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from random import randrange
from threading import Thread
from typing import Any

import httpx
import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.utils import timezone
from websockets.sync.server import ServerConnection, serve

from accounts.models import User
from attention.biomes import Biome
from config.wsgi import application
from marketplace.models import Land, Listing
from marketplace.world.seeding import seed_world
from markets.redistribution.cycle import run_cycle
from operations.smoke import STEPS, Administrator, Visit, play
from operations.smoke import stream as stream_steps
from operations.smoke.operator import Operator
from operations.smoke.visit import SPEND_BDT
from trading.models import Transaction

MARKETS = "/api/v1/biome-market"
LAND = "/api/v1/marketplace"
PASSWORD = "a password for stories"

Message = dict[str, Any]


def message(message_type: str, **content: Any) -> Message:
    told = {"type": message_type, "epoch": "e", "seq": 7, "cycle": 1, "markets": [{"biome": biome} for biome in Biome]}
    return told | content


SNAPSHOT = message("biome_market_snapshot")
UPDATE = message("biome_market_update", seq=8, cycle=2)


@pytest.fixture
def script() -> list[Message]:
    """Return the socket's messages after a client has subscribed."""
    return [message("biome_attention_update"), SNAPSHOT, message("biome_trade", seq=8), UPDATE]


@pytest.fixture
def stream(settings: Any, script: list[Message]) -> Iterator[list[str]]:
    """Start a socket at STREAM_URL; yields the paths requested of it."""
    paths: list[str] = []

    def talk(socket: ServerConnection) -> None:
        assert socket.request is not None
        paths.append(socket.request.path)
        assert json.loads(socket.recv()) == {"action": "subscribe_biome_market", "room": "biome_market_all"}
        for told in script:
            socket.send(json.dumps(told))
        for _ in socket:
            pass

    with serve(talk, "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        settings.STREAM_URL = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        yield paths
        server.shutdown()
        thread.join()


@pytest.fixture
def exchange(settings: Any, transactional_db: None, markets: None, stream: list[str]) -> None:
    """Set up a running exchange with a starting grant and a small world."""
    settings.STARTING_GRANT_BDT = 1000
    seed_world(seed=1, side=8, now=timezone.now())
    run_cycle(number=1, now=timezone.now())


class Tampered(httpx.BaseTransport):
    """The application, but for one address whose answer is replaced."""

    def __init__(self, path: str = "", answer: Callable[[httpx.Response], httpx.Response] | None = None) -> None:
        # Requests are limited by address.
        address = f"10.{randrange(256)}.{randrange(256)}.{randrange(256)}"
        self._inner = httpx.WSGITransport(app=application, remote_addr=address)
        self._path, self._answer = path, answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        if self._answer is None or request.url.path != self._path:
            return response
        response.read()
        return self._answer(response)


def visit_of(transport: httpx.BaseTransport, administrator: Administrator | Operator | None = None) -> Visit:
    return Visit(http=httpx.Client(base_url="http://127.0.0.1", transport=transport), administrator=administrator)


def lines_of(visit: Visit, *, passes: bool) -> list[str]:
    lines: list[str] = []
    with visit.http:
        assert play(visit, write=lines.append) is passes, lines
    return lines


# --- All is well -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("exchange")
def test_a_visit_takes_every_step(stream: list[str]) -> None:
    visit = visit_of(Tampered())
    lines = lines_of(visit, passes=True)

    assert [re.fullmatch(r"ok (.+?): .+ \d+ ms", line)[1] for line in lines] == list(STEPS)  # type: ignore[index]
    assert lines[2].startswith(f"ok register: {visit.username} ")
    [buy, sell] = Transaction.objects.filter(initiator__username=visit.username, market="ocean").order_by("pk")
    assert (buy.kind, sell.kind) == ("biome_buy", "biome_sell")
    assert visit.rival is not None
    [land] = Land.objects.filter(owner__isnull=False)
    assert (land.owner.username, Listing.objects.get().seller.username) == (visit.rival.username, visit.username)
    assert stream == [f"/api/v1/ws?token={visit.access_token}"]


@pytest.mark.usefixtures("exchange")
def test_without_a_grant_the_administrator_tops_up(settings: Any) -> None:
    settings.STARTING_GRANT_BDT = 0
    User.objects.create_superuser("warden", "warden@example.com", PASSWORD)
    lines = lines_of(visit_of(Tampered(), Administrator("warden", PASSWORD)), passes=True)
    assert any(line.startswith("ok money: 100.00 BDT ") for line in lines)


@pytest.fixture
def production(settings: Any, exchange: None) -> User:
    """Ask for verified addresses and give no grant, as an exchange for strangers does; returns its administrator."""
    settings.VERIFICATION_REQUIRED = True
    settings.STARTING_GRANT_BDT = 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return User.objects.create_superuser("warden", "warden@example.com", PASSWORD)


def test_where_addresses_are_verified_the_operator_helps(production: User) -> None:
    visit = visit_of(Tampered(), Operator(production))
    lines = lines_of(visit, passes=True)
    assert any(line.startswith("ok address: verified by the operator ") for line in lines)
    told = [(entry.user.username, entry.get_change_message()) for entry in LogEntry.objects.order_by("pk")]
    assert told == [("warden", "Verified the address by command. Reason: Smoke test")] * 2
    assert visit.rival is not None
    names = {entry.object_repr for entry in LogEntry.objects.all()}
    assert names == {visit.username, visit.rival.username}
    top_ups = Transaction.objects.filter(kind="topup")
    assert {(one.initiator.username, one.reason) for one in top_ups} == {("warden", "Smoke test")}


def test_where_addresses_are_verified_an_administrator_is_not_enough(production: User) -> None:
    lines = lines_of(visit_of(Tampered(), Administrator("warden", PASSWORD)), passes=False)
    assert any(
        line.startswith("ok address: not verified; an exchange that asks for it needs --operator ") for line in lines
    )
    assert lines[-1].startswith("FAILED attention: expected status 200, got 403: ")
    assert "not_verified" in lines[-1]


@pytest.mark.usefixtures("exchange")
def test_who_is_verified_needs_nobody() -> None:
    transport = Tampered("/api/v1/auth/me", changed(verified_at="2026-01-01T00:00:00Z"))
    assert any(line.startswith("ok address: verified already ") for line in lines_of(visit_of(transport), passes=True))


# --- Something is not ------------------------------------------------------------------------------------------------


def changed(**changes: Any) -> Callable[[httpx.Response], httpx.Response]:
    return lambda response: httpx.Response(response.status_code, json=response.json() | changes)


def text(status: int, body: str) -> Callable[[httpx.Response], httpx.Response]:
    return lambda _response: httpx.Response(status, text=body)


def times_out(_response: httpx.Response) -> httpx.Response:
    raise httpx.ReadTimeout("timed out")


REFUSAL = {"errors": [{"code": "trading_paused", "detail": "", "attr": None}]}


@pytest.mark.usefixtures("exchange")
@pytest.mark.parametrize(
    ("path", "answer", "line"),
    [
        ("/healthz", text(502, "Bad\n gateway"), "healthz: expected status 200, got 502: Bad gateway"),
        ("/healthz", text(200, "<html>"), "healthz: expected JSON, got <html>"),
        ("/healthz", text(200, "[]"), "healthz: expected a JSON object, got []"),
        ("/healthz", text(200, "{}"), "healthz: expected a field 'status', got {}"),
        ("/healthz", times_out, "healthz: ReadTimeout: timed out"),
        ("/readyz", text(503, "not_ready"), "readyz: expected status 200, got 503: not_ready"),
        ("/readyz", changed(checks={}), "readyz: expected a field 'last_cycle', got {}"),
        ("/api/v1/auth/register", text(429, "later"), "register: expected status 201, got 429: later"),
        ("/api/v1/auth/me", changed(username="eve"), "sign in: expected the account alice-"),
        (f"{MARKETS}/markets", changed(markets=[{"biome": "ocean"}]), "markets: expected 7 markets, got 1"),
        (f"{MARKETS}/portfolio", changed(balance="999.00"), "portfolio: expected a balance of 1000.00 BDT, got 999.00"),
        (f"{MARKETS}/track-attention", changed(accepted=2), "attention: expected 3 points accepted, got 2"),
        (f"{MARKETS}/quote", changed(shares="9.00"), "buy: expected shares as quoted, 9.00, got 0.245097"),
        (f"{MARKETS}/buy", text(409, json.dumps(REFUSAL)), "buy: expected status 201, got 409: {"),
        (f"{MARKETS}/buy", changed(operation="0" * 32), "buy repeated: expected trade "),
        (f"{MARKETS}/transactions", changed(results=[]), "transactions: expected the sale, then the buy, got []"),
        (f"{LAND}/lands", changed(results=[]), "land: expected a parcel that the world sells, got none (manage.py "),
        (
            f"{LAND}/listings",
            changed(status="sold"),
            "land listed: expected an active auction, got ('auction', 'sold')",
        ),
        (
            f"{LAND}/transactions/audit-trail",
            changed(results=[]),
            "audit trail: expected the sale, then the buy, got [",
        ),
    ],
)
def test_the_first_failure_ends_the_visit(path: str, answer: Any, line: str) -> None:
    lines = lines_of(visit_of(Tampered(path, answer)), passes=False)
    assert all(earlier.startswith("ok ") for earlier in lines[:-1])
    assert len(lines) == list(STEPS).index(line.partition(":")[0]) + 1
    assert lines[-1].startswith(f"FAILED {line}")


@pytest.mark.usefixtures("exchange")
def test_money_that_is_lost_is_noticed() -> None:
    asked = 0

    def keep_a_millionth(response: httpx.Response) -> httpx.Response:
        nonlocal asked
        asked += 1
        return changed(balance="999.999999" if asked == 3 else response.json()["balance"])(response)

    lines = lines_of(visit_of(Tampered("/api/v1/wallet", keep_a_millionth)), passes=False)
    assert re.fullmatch(r"FAILED balance: expected a balance of \S+ BDT, got 999\.999999", lines[-1]), lines[-1]


@pytest.mark.usefixtures("exchange")
def test_a_bid_whose_money_is_not_held_is_noticed() -> None:
    lines = lines_of(visit_of(Tampered("/api/v1/wallet", changed(held="0.00"))), passes=False)
    assert re.match(r"FAILED bid: expected a balance of \S+ BDT with \S+ BDT held, got \{'balance': ", lines[-1])


@pytest.mark.usefixtures("exchange")
def test_a_debt_that_is_granted_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever is richer than the exchange says can buy for more than that.
    monkeypatch.setattr(Visit, "balance", lambda _visit: SPEND_BDT)
    visit = visit_of(Tampered(f"{MARKETS}/portfolio", changed(balance=str(SPEND_BDT))))
    assert lines_of(visit, passes=False)[-1].startswith("FAILED refusal: expected status 409, got 201: ")


@pytest.mark.usefixtures("exchange")
def test_money_that_a_player_cannot_have_is_said_clearly(settings: Any) -> None:
    settings.STARTING_GRANT_BDT = 0
    assert lines_of(visit_of(Tampered()), passes=False)[-1] == (
        "FAILED money: expected 25.00 BDT from a starting grant, or an administrator to top up with "
        "(--admin-username and SMOKE_ADMIN_PASSWORD), got 0.00 BDT"
    )


@pytest.mark.usefixtures("exchange")
def test_a_wrong_administrator_is_said(settings: Any) -> None:
    settings.STARTING_GRANT_BDT = 0
    lines = lines_of(visit_of(Tampered(), Administrator("warden", PASSWORD)), passes=False)
    assert lines[-1].startswith("FAILED money: expected status 200, got 401: ")
    assert "no_active_account" in lines[-1]


@pytest.mark.usefixtures("exchange")
@pytest.mark.parametrize(
    ("script", "failure"),
    [
        ([], "expected a biome_market_snapshot within 0 s, got none"),
        ([SNAPSHOT, message("heartbeat")], "expected a biome_market_update within 0 s, got none"),
        ([message("error", code="invalid")], "expected a biome_market_snapshot, got {'type': 'error', "),
        ([SNAPSHOT, UPDATE | {"epoch": "f"}], "expected the epoch e, got f"),
        ([SNAPSHOT, UPDATE | {"markets": []}], "expected 7 markets, got 0"),
        ([SNAPSHOT, UPDATE | {"seq": 7}], "expected an event after 7 and a cycle after 1, got "),
        ([SNAPSHOT, UPDATE | {"cycle": 1}], "expected an event after 7 and a cycle after 1, got "),
        (["markets"], "TypeError: "),
    ],
)
def test_a_stream_that_says_something_else(
    monkeypatch: pytest.MonkeyPatch, script: list[Message], failure: str
) -> None:
    monkeypatch.setattr(stream_steps, "WAIT_SECS", 0.3)
    lines = lines_of(visit_of(Tampered()), passes=False)
    assert lines[-1].startswith(f"FAILED socket: {failure}")


@pytest.mark.usefixtures("exchange")
def test_a_stream_that_is_not_there(settings: Any) -> None:
    settings.STREAM_URL = "ws://127.0.0.1:1"
    assert lines_of(visit_of(Tampered()), passes=False)[-1].startswith("FAILED socket: ConnectionRefusedError: ")


@pytest.mark.usefixtures("exchange")
def test_at_another_price_the_fill_may_be_another() -> None:
    transport = Tampered(f"{MARKETS}/quote", changed(price_before="99.99", shares="9.00"))
    trades = [line for line in lines_of(visit_of(transport), passes=True) if re.match("ok (buy|sell):", line)]
    assert ["the price moved after the quote" in trade for trade in trades] == [True, True]


# --- The command: it needs no database, and these tests have none ----------------------------------------------------


def test_an_exchange_that_is_away_is_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("smoke", url="http://127.0.0.1:1")
    assert ended.value.code == 1
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("FAILED healthz: ConnectError: ")


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://127.0.0.1", "http://", "http://a/?b", "http://a:port"])
def test_an_address_must_be_one(url: str) -> None:
    with pytest.raises(CommandError, match=r"^--url "):
        call_command("smoke", url=url)


def test_an_administrator_needs_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMOKE_ADMIN_PASSWORD", raising=False)
    with pytest.raises(CommandError, match="SMOKE_ADMIN_PASSWORD"):
        call_command("smoke", admin_username="admin")


def test_the_password_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[Visit] = []
    monkeypatch.setenv("SMOKE_ADMIN_PASSWORD", PASSWORD)
    monkeypatch.setattr(
        "operations.management.commands.smoke.play", lambda visit, **_kwargs: visits.append(visit) or True
    )
    call_command("smoke", admin_username="warden")
    assert [visit.administrator for visit in visits] == [Administrator("warden", PASSWORD)]


@pytest.mark.django_db(transaction=True)
def test_the_operator_acts_in_an_administrators_name(monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[Visit] = []
    monkeypatch.setattr(
        "operations.management.commands.smoke.play", lambda visit, **_kwargs: visits.append(visit) or True
    )
    warden = User.objects.create_superuser("warden", "warden@example.com", PASSWORD)
    User.objects.create_user("ada", "ada@example.com", PASSWORD)
    call_command("smoke", operator="warden")
    assert [visit.administrator for visit in visits] == [Operator(warden)]
    with pytest.raises(CommandError, match=r"ada may not do this: accounts\.verify_player, trading\.move_outside"):
        call_command("smoke", operator="ada")
    with pytest.raises(CommandError, match="two ways to the same"):
        call_command("smoke", operator="warden", admin_username="warden")
