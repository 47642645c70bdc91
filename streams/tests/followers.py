"""Clients of the stream that reconnect by themselves, and record everything they receive."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from tests.fixtures import WAIT_SECS, at_this_load

#: A client that has heard nothing for so long calls the stream stale, as the page does.
STALE_SECS = 2.0
RETRY_SECS = 0.05
ROOM = "biome_market_all"


class Follower:
    """One client: a snapshot first, `resume` after each reconnection, another snapshot when it is told to resync."""

    def __init__(self, url: str) -> None:
        self.cycle = 0
        self.prices: dict[str, str] = {}
        self.trades: list[Any] = []
        self.fills: list[Any] = []
        self.seqs: list[int] = []
        self.resyncs = 0
        self.close_codes: list[int] = []
        self._url = url
        self._place: dict[str, Any] | None = None
        self._heard_secs = time.monotonic()
        self._has_ended = threading.Event()

    @property
    def is_stale(self) -> bool:
        """Return whether no event was received for too long."""
        return time.monotonic() - self._heard_secs > STALE_SECS

    def follow(self) -> None:
        """Stay connected until `end`."""
        while not self._has_ended.is_set():
            try:
                with connect(self._url, proxy=None, open_timeout=at_this_load(WAIT_SECS), close_timeout=0.1) as socket:
                    self._hear_all(socket)
            except ConnectionClosed as closed:
                self.close_codes.append(closed.rcvd.code if closed.rcvd else 1006)
            except (OSError, InvalidHandshake, TimeoutError):
                self._has_ended.wait(RETRY_SECS)

    def end(self) -> None:
        """Let `follow` return."""
        self._has_ended.set()

    def _hear_all(self, socket: ClientConnection) -> None:
        if self._place is None:
            self._ask_for_snapshot(socket)
        else:
            socket.send(json.dumps({"action": "resume", "rooms": [ROOM], **self._place}))
        while not self._has_ended.is_set():
            try:
                event = json.loads(socket.recv(timeout=RETRY_SECS))
            except TimeoutError:
                continue
            self._heard_secs = time.monotonic()
            self._take(socket, event)

    def _take(self, socket: ClientConnection, event: dict[str, Any]) -> None:
        if event["type"] == "resync":
            self.resyncs += 1
            self.seqs.clear()
            self._ask_for_snapshot(socket)
        elif event["type"] == "biome_market_snapshot":
            self._show(event)
            self._place = {"epoch": event["epoch"], "seq": event["seq"]}
        elif event["type"] in ("biome_market_update", "biome_trade", "transaction", "portfolio_update"):
            self.seqs.append(event["seq"])
            self._place = {"epoch": event["epoch"], "seq": event["seq"]}
            if event["type"] == "biome_market_update":
                self._show(event)
            elif event["type"] == "biome_trade":
                self.trades.append((event["biome"], event["shares"], event["price_after"]))
            elif event["type"] == "transaction":
                self.fills.append(event["transaction"]["id"])

    def _show(self, event: dict[str, Any]) -> None:
        # None before the first cycle.
        self.cycle = event["cycle"] or 0
        self.prices = {market["biome"]: market["price"] for market in event["markets"]}

    def _ask_for_snapshot(self, socket: ClientConnection) -> None:
        socket.send(json.dumps({"action": "subscribe_biome_market", "room": ROOM}))


@contextmanager
def following(*urls: str) -> Iterator[list[Follower]]:
    """Run followers in threads of their own, which end with the block."""
    followers = [Follower(url) for url in urls]
    threads = [threading.Thread(target=follower.follow, daemon=True) for follower in followers]
    for thread in threads:
        thread.start()
    try:
        yield followers
    finally:
        for follower in followers:
            follower.end()
        for thread in threads:
            thread.join(at_this_load(WAIT_SECS))


def until(happened: Callable[[], object], *, within_secs: float | None = None) -> float:
    """Wait for the condition, and return the seconds it took. Raises TimeoutError."""
    within_secs = at_this_load(WAIT_SECS) if within_secs is None else within_secs
    started_secs = time.monotonic()
    while not happened():
        if time.monotonic() - started_secs > within_secs:
            raise TimeoutError(f"not within {within_secs} s")
        time.sleep(0.01)
    return time.monotonic() - started_secs
