"""Clients of the version before an upgrade, who go on after it: what they sent, and what they signed in with."""

from __future__ import annotations

import re
import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Self
from uuid import uuid4

import httpx
import psycopg

from deploy.loopback import Loopback
from deploy.rehearsals.verdict import Verdict
from operations.smoke import account
from operations.smoke.visit import API, LAND, MARKET, WAIT_SECS, Visit, answer_of

RICH_BDT = "1000000.00"
# Prices of land follow attention.
MOST_BDT = "100000.00"
LISTED_SECS = 3600
_STATIC = re.compile(r"/static/[\w./-]+\.\w+")
_WRITTEN = """
    SELECT (SELECT count(*) FROM transactions WHERE initiator_id = ANY(%(ids)s)),
           (SELECT count(*) FROM marketplace_listing WHERE seller_id = ANY(%(ids)s)),
           (SELECT count(*) FROM marketplace_bid WHERE bidder_id = ANY(%(ids)s))
"""


@dataclass(frozen=True, slots=True)
class Written:
    """A request with an Idempotency-Key, and its first answer."""

    name: str
    player: Visit
    path: str
    body: dict[str, Any]
    key: str
    answer: dict[str, Any]


class OldClients:
    """Two players and an operator: `arrive` before the upgrade, `demand_all_goes_on` after it."""

    def __init__(self, exchange: Loopback, http: httpx.Client, browser: httpx.Client) -> None:
        self._exchange, self._http, self._browser = exchange, http, browser
        self._operator, self._ada, self._bob = (
            Visit(http, username=f"{name}-{secrets.token_hex(4)}") for name in ("operator", "ada", "bob")
        )
        self._written: list[Written] = []
        self._files: set[str] = set()
        self._refresh = self._key = ""

    @classmethod
    @contextmanager
    def of(cls, exchange: Loopback) -> Iterator[Self]:
        """Open connections to an exchange for as long as the block lasts."""
        verify = ssl.create_default_context(cafile=str(exchange.ca_file) if exchange.ca_file else None)
        with (
            httpx.Client(base_url=exchange.url, verify=verify, trust_env=False, timeout=WAIT_SECS) as http,
            httpx.Client(base_url=exchange.url, verify=verify, trust_env=False, timeout=WAIT_SECS) as browser,
        ):
            yield cls(exchange, http, browser)

    def arrive(self) -> None:
        """Sign in in each way, and make a request of each kind that writes. Raises Unexpected."""
        self._sign_in()
        for player in (self._ada, self._bob):
            asked = {"player": player.username, "amount": RICH_BDT, "reason": "An upgrade is rehearsed"}
            self._write("top-up", self._operator, f"{API}/wallet/topup", asked)
        self._move_shares_and_money()
        self._move_land()
        self._counts = self._count()

    def demand_all_goes_on(self, verdict: Verdict) -> None:
        """Send everything again, and demand that it is answered as the first time and writes nothing."""
        for written in self._written:
            found = self._difference(written)
            verdict.demand(f"{written.name} sent again is a replay", found or "the same answer", holds=not found)
        counts = self._count()
        verdict.demand("transactions, listings, bids", f"{self._counts}, {counts}", holds=counts == self._counts)
        for name, status in self._still_signed_in().items():
            verdict.demand(f"{name} of the old version goes on", status, holds=status == HTTPStatus.OK)
        gone = sorted(file for file in self._files if self._browser.get(file).status_code != HTTPStatus.OK)
        verdict.demand(
            "files of an open page", gone or f"{len(self._files)} found", holds=bool(self._files) and not gone
        )

    # --- Before ------------------------------------------------------------------------------------------------------

    def _sign_in(self) -> None:
        operator, ada = self._operator, self._ada
        made = self._exchange.manage(
            "createsuperuser",
            "--no-input",
            f"--username={operator.username}",
            f"--email={operator.username}@example.com",
            DJANGO_SUPERUSER_PASSWORD=operator.password,
        )
        made.check_returncode()
        for player in (ada, self._bob):
            account.register(player)
        for player in (operator, self._bob):
            account.sign_in(player)
        credentials = {"username": ada.username, "password": ada.password}
        pair = ada.post(f"{API}/auth/token", credentials)
        ada.access_token, self._refresh = pair["access"], pair["refresh"]
        asked = {"name": "bot", "scopes": ["read"], "current_password": ada.password}
        self._key = ada.post(f"{API}/auth/keys", asked, status=HTTPStatus.CREATED)["key"]
        answer_of(self._browser.post(f"{API}/auth/session", json=credentials))
        self._files = set(_STATIC.findall(self._browser.get("/").text))

    def _move_shares_and_money(self) -> None:
        ada, biome = self._ada, "ocean"
        bought = self._write("buy", ada, f"{MARKET}/buy", {"biome": biome, "spend": "25.00"})
        self._write("sell", ada, f"{MARKET}/sell", {"biome": biome, "shares": bought["shares"]})
        asked = {"to": self._bob.username, "amount": "10.00", "note": "Lunch"}
        self._write("transfer", ada, f"{API}/wallet/transfer", asked)

    def _move_land(self) -> None:
        ada, bob = self._ada, self._bob
        first, second, third = (land["id"] for land in ada.get(f"{LAND}/lands?unowned=true")["results"][:3])
        for land_id in (first, second, third):
            self._write("land", ada, f"{LAND}/lands/{land_id}/buy", {"most": MOST_BDT})
        offer = {"land": first, "kind": "auction", "price": "50.00", "title": "By the sea", "lasts_secs": LISTED_SECS}
        auction = self._write("listing", ada, f"{LAND}/listings", offer)
        least = Decimal(auction["least_bid"])
        self._write("bid", bob, f"{LAND}/listings/{auction['id']}/bids", {"max": str(least)})
        gift = {"to": bob.username, "note": "For you"}
        self._write("gift", ada, f"{LAND}/lands/{second}/give", gift)
        offer = {"land": third, "kind": "fixed_price", "price": "60.00", "title": "Inland", "lasts_secs": LISTED_SECS}
        offered = self._write("listing", ada, f"{LAND}/listings", offer)
        self._write("purchase", bob, f"{LAND}/listings/{offered['id']}/buy", {"most": "60.00"})

    def _write(self, name: str, player: Visit, path: str, body: dict[str, Any]) -> dict[str, Any]:
        key = str(uuid4())
        answer = player.make(path, body, key=key)
        self._written.append(Written(name, player, path, body, key, answer))
        return answer

    # --- After -------------------------------------------------------------------------------------------------------

    def _difference(self, written: Written) -> str:
        """Return how the answer differs from the first; fields that the new version adds are no difference."""
        headers = {"Authorization": f"Bearer {written.player.access_token}", "Idempotency-Key": written.key}
        reply = self._http.post(written.path, json=written.body, headers=headers)
        if reply.status_code != HTTPStatus.CREATED:
            return f"{reply.status_code}: {reply.text[:200]}"
        again = reply.json()
        names = [name for name, value in written.answer.items() if name not in again or again[name] != value]
        return "; ".join(f"{name} was {written.answer[name]}, is {again.get(name)}" for name in names)

    def _still_signed_in(self) -> dict[str, int]:
        return {
            "the session": self._browser.get(f"{API}/auth/me").status_code,
            "the access token": self._ask_by(self._ada.access_token),
            "the API key": self._ask_by(self._key),
            "the refresh token": self._http.post(
                f"{API}/auth/token/refresh", json={"refresh": self._refresh}
            ).status_code,
        }

    def _ask_by(self, credential: str) -> int:
        return self._http.get(f"{API}/wallet", headers={"Authorization": f"Bearer {credential}"}).status_code

    def _count(self) -> tuple[int, ...]:
        """Return how many transactions, listings and bids these players have made."""
        names = [player.username for player in (self._operator, self._ada, self._bob)]
        with psycopg.connect(self._exchange.database_url) as session:
            found = session.execute("SELECT array_agg(id) FROM accounts_user WHERE username = ANY(%s)", [names])
            counts = session.execute(_WRITTEN, {"ids": found.fetchone()[0]}).fetchone()  # type: ignore[index]
        assert counts is not None
        return tuple(counts)
