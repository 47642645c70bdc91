"""Administrators' lists show people; the simulated crowd is shown when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from attention.biomes import Biome
from attention.models import AttentionTotal
from trading.orders.market_orders import buy_shares
from trading.tests.conftest import BDT

LISTS = [
    "accounts/user", "trading/wallet", "trading/holding", "trading/transaction", "attention/attentiontotal"
]  # fmt: skip


def names(client: Client, address: str, **query: str) -> list[str]:
    """Return whose rows a list shows, in its order, without the administrator's own."""
    page = client.get(f"/admin/{address}/", query)
    assert page.status_code == 200
    rows = page.context["cl"].result_list
    players = [row if isinstance(row, User) else getattr(row, "initiator", None) or row.player for row in rows]
    return [player.username for player in players if player.username != "root"]


@pytest.fixture
def crowded(administrator: Client, alice: User, markets: None, fund: Callable[..., Any], now: datetime) -> Client:
    """Alice among three of the crowd, whose names come before hers."""
    crowd = [User.objects.create_user(f"a-bot-{at}-alice", f"{at}@bots.invalid", is_simulated=True) for at in range(3)]
    for player in [alice, *crowd]:
        fund(player, 10)
        buy_shares(operation=uuid4(), player_id=player.pk, biome=Biome.OCEAN, spend_micro=BDT, now=now)
        AttentionTotal.objects.create(player=player, biome=Biome.OCEAN, points=1)
    return administrator


@pytest.mark.parametrize("address", LISTS)
def test_people_are_shown(crowded: Client, address: str) -> None:
    assert set(names(crowded, address)) == {"alice"}


@pytest.mark.parametrize("address", LISTS)
def test_the_crowd_is_shown_when_it_is_asked_for(crowded: Client, address: str) -> None:
    crowd = {f"a-bot-{at}-alice" for at in range(3)}
    assert set(names(crowded, address, is_simulated__exact="1")) == crowd
    assert set(names(crowded, address, is_simulated__exact="all")) == crowd | {"alice"}


@pytest.mark.parametrize("address", LISTS)
def test_a_search_finds_whom_it_names(crowded: Client, address: str) -> None:
    assert set(names(crowded, address, q="a-bot-1-alice")) == {"a-bot-1-alice"}


def test_a_search_that_finds_many_shows_people_first(crowded: Client) -> None:
    assert names(crowded, "accounts/user", q="alice") == ["alice", "a-bot-0-alice", "a-bot-1-alice", "a-bot-2-alice"]


def test_the_filter_says_so(crowded: Client) -> None:
    page = crowded.get("/admin/accounts/user/").content.decode()
    assert [page.count(word) > 0 for word in ("People", "Simulated crowd", "Everyone")] == [True] * 3
