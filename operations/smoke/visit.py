"""A player's visit to a running exchange, over real HTTP: what it asks, and what it has been told so far."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Protocol
from uuid import uuid4

import httpx

#: No request, and no message on the socket, is waited for longer.
WAIT_SECS = 10.0
SPEND_BDT = Decimal("25.00")
TOP_UP_BDT = Decimal("100.00")
REASON = "Smoke test"
SHOWN_CHARACTERS = 300

API = "/api/v1"
MARKET = f"{API}/biome-market"
LAND = f"{API}/marketplace"


class Sponsor(Protocol):
    """Whoever gives players what an exchange for strangers does not give."""

    def top_up(self, visit: Visit, amount_bdt: Decimal) -> None:
        """Bring money into the player's wallet."""

    def verify(self, visit: Visit) -> bool:
        """Take the address for the player's own. Returns False where that cannot be done this way."""


class Unexpected(Exception):
    """The exchange answered something else than its contract says."""

    def __init__(self, expected: str, got: object) -> None:
        shown = " ".join(str(got).split())
        if len(shown) > SHOWN_CHARACTERS:
            shown = f"{shown[:SHOWN_CHARACTERS]}..."
        super().__init__(f"expected {expected}, got {shown}")


class Reply(dict[str, Any]):
    """A JSON object that the exchange sent."""

    def __missing__(self, name: str) -> Any:
        raise Unexpected(f"a field {name!r}", dict(self))


@dataclass
class Visit:
    """A player whom nobody knew before, and what the exchange has told so far."""

    http: httpx.Client
    administrator: Sponsor | None = None
    username: str = field(default_factory=lambda: f"alice-{secrets.token_hex(4)}")
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    access_token: str = ""
    stream_url: str = ""
    biome: str = ""
    cycle: int = 0
    balance_bdt: Decimal = Decimal(0)
    quote: Reply = field(default_factory=Reply)
    bought: Reply = field(default_factory=Reply)
    sold: Reply = field(default_factory=Reply)
    land: Reply = field(default_factory=Reply)
    land_bought: Reply = field(default_factory=Reply)
    land_sold: Reply = field(default_factory=Reply)
    listing: Reply = field(default_factory=Reply)
    rival: Visit | None = None

    def get(self, path: str) -> Reply:
        """What the exchange answers to a GET that must succeed."""
        return answer_of(self.http.get(path, headers=self._headers()))

    def post(self, path: str, body: dict[str, Any], *, key: str | None = None, status: int = HTTPStatus.OK) -> Reply:
        """What the exchange answers to a POST that must end with `status`; `key` is its Idempotency-Key."""
        headers = self._headers() | ({"Idempotency-Key": key} if key else {})
        return answer_of(self.http.post(path, json=body, headers=headers), status=status)

    def make(self, path: str, body: dict[str, Any], *, key: str) -> Reply:
        """Return what the exchange answers to a POST that must make something."""
        return self.post(path, body, key=key, status=HTTPStatus.CREATED)

    def token(self, username: str, password: str) -> str:
        """Return an access token of an account."""
        return str(self.post(f"{API}/auth/token", {"username": username, "password": password})["access"])

    def balance(self) -> Decimal:
        """Return what the wallet holds, in BDT."""
        return Decimal(self.get(f"{API}/wallet")["balance"])

    def have(self, least_bdt: Decimal) -> None:
        """Note the balance, which the administrator brings up to `least_bdt` where it is less."""
        self.balance_bdt = self.balance()
        if self.balance_bdt >= least_bdt:
            return
        if self.administrator is None:
            raise Unexpected(
                f"{least_bdt} BDT from a starting grant, or an administrator to top up with "
                "(--admin-username and SMOKE_ADMIN_PASSWORD)",
                f"{self.balance_bdt} BDT",
            )
        amount_bdt = max(TOP_UP_BDT, least_bdt - self.balance_bdt)
        self.administrator.top_up(self, amount_bdt)
        expect(f"a balance of {self.balance_bdt + amount_bdt} BDT", self.balance(), self.balance_bdt + amount_bdt)
        self.balance_bdt += amount_bdt

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"} if self.access_token else {}


def answer_of(response: httpx.Response, *, status: int = HTTPStatus.OK) -> Reply:
    """The JSON object of a response. Raises Unexpected for another status, or no JSON object."""
    if response.status_code != status:
        raise Unexpected(f"status {int(status)}", f"{response.status_code}: {response.text}")
    try:
        reply = json.loads(response.text, object_hook=Reply)
    except ValueError:
        raise Unexpected("JSON", response.text) from None
    if not isinstance(reply, Reply):
        raise Unexpected("a JSON object", response.text)
    return reply


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who tops players up over the API, where the exchange gives no starting grant."""

    username: str
    password: str

    def top_up(self, visit: Visit, amount_bdt: Decimal) -> None:
        """Bring money into the player's wallet, by a token of the administrator's."""
        signed_in = Visit(http=visit.http)
        signed_in.access_token = signed_in.token(self.username, self.password)
        request = {"player": visit.username, "amount": str(amount_bdt), "reason": REASON}
        signed_in.post(f"{API}/wallet/topup", request, key=str(uuid4()), status=HTTPStatus.CREATED)

    def verify(self, visit: Visit) -> bool:
        """Return False: the API lets nobody verify others."""
        return False


def expect(what: str, got: object, wanted: object) -> None:
    """Raise Unexpected unless it is as wanted."""
    if got != wanted:
        raise Unexpected(what, got)
