"""The requests of a load's players and their results. No network here: requests are made, answers are recorded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID, uuid4

from attention.biomes import Biome
from operations.load.client_api import API
from operations.load.players import Player

LEAST_SPEND_BDT, MOST_SPEND_BDT = 5, 50
SALES = 0.5
_PAGE_ROWS = 20


@dataclass(frozen=True, slots=True)
class Request:
    """A request to send; `operation` makes it a trade."""

    kind: str
    method: str
    path: str
    player: int
    token: str = ""
    body: bytes = b""
    operation: UUID | None = None


@dataclass(slots=True)
class Trade:
    """A requested trade: `id` when it was accepted, `refusal` when it was not, neither while the result is unknown."""

    player_id: int
    id: int | None = None
    refusal: str = ""
    times_sent: int = 0


@dataclass(slots=True)
class _Dealer:
    player: Player
    shares: dict[Biome, str] = field(default_factory=dict)
    #: What is under way: its shares are not offered a second time.
    selling: set[Biome] = field(default_factory=set)


class Deals:
    """All players' requests, at random; and every trade by operation, for the audit."""

    def __init__(self, players: Sequence[Player], rng: Random) -> None:
        self._dealers = [_Dealer(player) for player in players]
        self._rng = rng
        self.trades: dict[UUID, Trade] = {}

    def next_trade(self) -> Request:
        """Return a buy or a sale of one of the players."""
        place = self._rng.randrange(len(self._dealers))
        dealer = self._dealers[place]
        offered = [biome for biome in dealer.shares if biome not in dealer.selling]
        if offered and self._rng.random() < SALES:
            biome = self._rng.choice(offered)
            dealer.selling.add(biome)
            return self._trade("sell", place, {"biome": biome, "shares": dealer.shares[biome]})
        spend = self._rng.randint(LEAST_SPEND_BDT, MOST_SPEND_BDT)
        return self._trade("buy", place, {"biome": self._rng.choice(list(Biome)), "spend": str(spend)})

    def next_read(self, kind: str) -> Request:
        """Return a read by one of the players."""
        place = self._rng.randrange(len(self._dealers))
        token = self._dealers[place].player.token
        if kind == "quote":
            asked = {"biome": self._rng.choice(list(Biome)), "side": "buy", "spend": str(MOST_SPEND_BDT)}
            return Request(kind, "POST", f"{API}/quote", place, token, json.dumps(asked).encode())
        query = f"?limit={_PAGE_ROWS}" if kind == "transactions" else ""
        return Request(kind, "GET", f"{API}/{kind}{query}", place, token)

    def accept(self, request: Request, reply: dict[str, Any]) -> None:
        """Record an executed trade, and the player's shares after it."""
        assert request.operation is not None
        self.trades[request.operation].id = reply["id"]
        dealer, biome = self._dealers[request.player], Biome(reply["biome"])
        if request.kind == "sell":
            dealer.shares.pop(biome)
            dealer.selling.discard(biome)
        elif biome not in dealer.shares:
            # What is bought on top of that stays: every sale is of one buy.
            dealer.shares[biome] = reply["shares"]

    def refuse(self, request: Request, code: str) -> None:
        """Record a trade that was finally refused, and changed nothing."""
        assert request.operation is not None
        self.trades[request.operation].refusal = code
        if request.kind == "sell":
            self._dealers[request.player].selling.discard(Biome(json.loads(request.body)["biome"]))

    def _trade(self, kind: str, place: int, asked: dict[str, str]) -> Request:
        player = self._dealers[place].player
        operation = uuid4()
        self.trades[operation] = Trade(player.id)
        return Request(kind, "POST", f"{API}/{kind}", place, player.token, json.dumps(asked).encode(), operation)
