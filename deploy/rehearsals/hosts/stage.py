"""The stage on which hosts are cut off: an exchange, its players and sockets, and what may be done with them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import httpx

from deploy.rehearsals.hosts.listeners import Audience, Listener
from deploy.rehearsals.hosts.namespaces import Network
from deploy.rehearsals.hosts.servers import Exchange
from deploy.rehearsals.hosts.traders import BUY, Ledger, Player, Trader

ASKED_SECS = 30.0


class Failed(Exception):
    """Something does not hold. The message is one line."""


@dataclass
class Stage:
    """Where the story plays: the exchange, its players, and what they know."""

    exchange: Exchange
    players: list[Player]
    audience: Audience
    traders: list[Trader]
    #: How long all is well at first, and how long each cut lasts.
    phase_secs: float
    #: By how much bounds of time are multiplied, where others use the machine.
    patience: float
    ledger: Ledger = field(default_factory=Ledger)
    stop: Event = field(default_factory=Event)

    @property
    def hosts(self) -> list[str]:
        """Return the names of the hosts."""
        return self.network.hosts

    @property
    def network(self) -> Network:
        """Of which links are cut."""
        return self.exchange.network

    def tell(self, line: str) -> None:
        """One line for the user."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def expect(self, holds: object, line: str) -> None:
        """Say what was found. Raises Failed when it is not as it must be."""
        self.tell(f"{'ok    ' if holds else 'FAILED'}  {line}")
        if not holds:
            raise Failed(line)


@contextmanager
def opened_stage(
    exchange: Exchange, *, traders: int, listeners_a_host: int, phase_secs: float, patience: float
) -> Iterator[Stage]:
    """Have players trade and sockets listen for the block."""
    hosts = exchange.network.hosts
    players = [_player(exchange, number) for number in range(traders)]
    streams = {host: exchange.stream_url(host) for host in hosts}
    listeners = [
        Listener(players[place % traders], _turned(hosts, place), streams)
        for place in range(listeners_a_host * len(hosts))
    ]
    stage = Stage(exchange, players, Audience(listeners), [], phase_secs=phase_secs, patience=patience)
    urls = {host: exchange.url(host) for host in hosts}
    stage.traders += [
        Trader(player, urls, stage.ledger, stage.stop, first=place) for place, player in enumerate(players)
    ]
    stage.audience.start()
    for trader in stage.traders:
        trader.start()
    try:
        yield stage
    finally:
        stage.stop.set()
        stage.audience.leave()


def _player(exchange: Exchange, number: int) -> Player:
    name, password = f"player-{number}", f"a long password {uuid4()}"
    url = exchange.url(exchange.network.hosts[number % len(exchange.network.hosts)])
    with httpx.Client(base_url=url, timeout=30) as client:
        account = {"username": name, "email": f"{name}@example.com", "password": password}
        client.post("/api/v1/auth/register", json=account).raise_for_status()
        signed_in = client.post("/api/v1/auth/token", json={"username": name, "password": password})
        return Player(name, signed_in.raise_for_status().json()["access"])


def _turned(hosts: list[str], place: int) -> list[str]:
    """Return the hosts from another one on."""
    first = place % len(hosts)
    return hosts[first:] + hosts[:first]


def buy(stage: Stage, host: str, key: UUID) -> httpx.Response:
    """Send a buy in the ocean by the last player."""
    headers = stage.players[-1].headers | {"Idempotency-Key": str(key)}
    order: dict[str, Any] = {"biome": "ocean", "spend": "5.00"}
    return httpx.post(stage.exchange.url(host) + BUY, json=order, headers=headers, timeout=ASKED_SECS)


@contextmanager
def cut(stage: Stage, node: str, *, front: bool = False, back: bool = False) -> Iterator[None]:
    """Take a node's links down for the block."""
    stage.network.cut(node, front=front, back=back)
    try:
        yield
    finally:
        stage.network.mend(node)


def buy_while_held(stage: Stage, host: str, *, silent_ms: int | None = None) -> tuple[float, httpx.Response]:
    """Return how long a buy through another host took when `host` was cut off with the lock, and its answer."""
    named = {"name": stage.players[-1].name}
    [(player_id,)] = stage.exchange.ask("SELECT id FROM accounts_user WHERE username = %(name)s", named)
    other = next(name for name in stage.hosts if name != host)
    holder = stage.exchange.hold_market(host, player_id=player_id, silent_ms=silent_ms)
    key = uuid4()
    with cut(stage, host, back=True):
        started = time.monotonic()
        reply = buy(stage, other, key)
        waited_secs = time.monotonic() - started
        holder.kill()
        time.sleep(1.0)
    if reply.is_success:
        stage.ledger.accept(key, reply.json()["id"])
    return waited_secs, reply
