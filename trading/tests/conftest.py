"""Fixtures for the tests of trading: players with money and shares, and the whole state of the money to compare."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Barrier
from typing import Any, cast
from uuid import uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from attention.biomes import Biome
from markets.management.opening import OPENING_CASH_MICRO
from markets.models import Market
from tests.fixtures import WAIT_SECS
from trading.locks import LockedForBuy
from trading.models import Holding, Transaction, Wallet
from trading.orders.market_orders import buy_shares
from trading.tests.order_tickets import HTMX, TRADE, Send
from trading.wallets.wallets import top_up

BDT = 1_000_000
SHARE = 1_000_000

Fund = Callable[..., None]
State = Callable[[], list[Any]]


@pytest.fixture
def fund(now: datetime) -> Fund:
    """Return a function that tops a player up with an amount of BDT."""

    def give(player: User, amount_bdt: int) -> None:
        top_up(
            operation=uuid4(),
            initiator_id=player.pk,
            player_id=player.pk,
            amount_micro=amount_bdt * BDT,
            reason="for the story",
            now=now,
        )

    return give


@pytest.fixture
def hold(now: datetime, fund: Fund) -> Callable[..., None]:
    """Return a function that funds a player for a number of shares in the ocean, and buys them."""

    def give(player: User, shares: int, biome: Biome = Biome.OCEAN) -> None:
        fund(player, shares * 110)
        buy_shares(operation=uuid4(), player_id=player.pk, biome=biome, shares_micro=shares * SHARE, now=now)

    return give


@pytest.fixture
def state() -> State:
    """Return a function that reads everything a trade could change, to show that a refusal changed nothing."""

    def read() -> list[Any]:
        return [list(model.objects.order_by("pk").values()) for model in (Wallet, Holding, Market, Transaction)]

    return read


@pytest.fixture
def unlocked_trades(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Read what buys lock without locking it, and let the rivals meet just after: a negative control."""

    def unlock(*, rivals: int) -> None:
        barrier = Barrier(rivals, timeout=WAIT_SECS)

        def unlocked(*, player_id: int, biome: Biome) -> LockedForBuy:
            balance_micro = Wallet.objects.get(pk=player_id).balance_micro
            read = LockedForBuy(balance_micro, Market.objects.get(pk=biome))
            barrier.wait()
            return read

        monkeypatch.setattr("trading.orders.market_orders.locked_for_buy", unlocked)

    return unlock


@pytest.fixture
def land_seven(markets: None, alice: User, now: datetime) -> None:
    """Create parcel 7 for transactions of land; by raw SQL, as the tables are of an app above this one."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO marketplace_region (id, market_id, parcels) VALUES (7, 'ocean', 1)")
        cursor.execute(
            "INSERT INTO marketplace_land (id, x, y, market_id, region_id, elevation_m) VALUES (7, 0, 0, 'ocean', 7, 0)"
        )
        cursor.execute(
            """
            INSERT INTO marketplace_listing (id, land_id, market_id, region_parcels, seller_id, operation,
                request_digest, kind, status, title, words, price_micro, bids_count, opened_at, ends_at, latest_end_at)
            VALUES (8, 7, 'ocean', 1, %(alice)s, gen_random_uuid(), gen_random_uuid(), 'fixed_price', 'active', 'Sea',
                '', 1, 0, %(now)s, %(now)s::timestamptz + interval '1 day', %(now)s::timestamptz + interval '1 day')
            """,
            {"alice": alice.pk, "now": now},
        )


@pytest.fixture
def alices(alice: User, client: Client) -> Client:
    """Return Alice's browser."""
    client.force_login(alice)
    return client


@pytest.fixture
def send(alices: Client) -> Send:
    """Return a function that sends the order ticket of Alice's browser."""

    def post(*, htmx: bool = True, **fields: object) -> HttpResponse:
        form = {
            "side": "buy",
            "by": "spend",
            "tolerance": "1.00",
            "operation": str(uuid4()),
            "seen_cash_micro": str(OPENING_CASH_MICRO),
        } | fields
        return cast(HttpResponse, alices.post(TRADE, cast(Any, form), headers=HTMX if htmx else {}))

    return post
