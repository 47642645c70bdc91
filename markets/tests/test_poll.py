"""Reads that clients poll have an ETag that changes exactly when the content does, 304, compression, headers for
caches.
"""

from __future__ import annotations

import gzip
from datetime import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from attention.biomes import Biome
from marketplace.events import MARKETPLACE
from markets.history.candles import update_candles
from markets.redistribution.cycle import run_cycle
from streams.event_log import Event, announce

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets", "own_log")]

MARKETS = "/api/v1/biome-market/markets"
PUBLIC = [MARKETS, f"{MARKETS}/ocean", "/api/v1/biome-market/price-history/ocean?limit=1"]
CANDLES = "/api/v1/biome-market/candles/ocean?interval=1m"
CYCLE = "/api/v1/biome-market/cycles/1"
CHANGES = "/api/v1/biome-market/price-changes"


@pytest.fixture
def player(alice: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(alice)
    return client


@pytest.fixture
def first_cycle(now: datetime) -> None:
    run_cycle(number=1, now=now)
    update_candles()


def vary(reply: Any) -> set[str]:
    return {name.strip() for name in reply["Vary"].split(",")}


@pytest.mark.parametrize("path", [*PUBLIC, CANDLES, CYCLE, CHANGES])
def test_what_has_not_changed_is_not_sent_again(player: APIClient, first_cycle: None, path: str) -> None:
    first = player.get(path)
    again = player.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert (again["Cache-Control"], again["Vary"]) == (first["Cache-Control"], first["Vary"])
    assert again.has_header("RateLimit-Remaining")
    assert player.get(path)["ETag"] == first["ETag"]


@pytest.mark.parametrize("path", PUBLIC)
def test_a_cycle_changes_the_etag(
    player: APIClient, first_cycle: None, path: str, now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    before = player.get(path)
    with django_capture_on_commit_callbacks(execute=True):
        run_cycle(number=2, now=now)
    after = player.get(path, headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert after["ETag"] != before["ETag"]
    assert after.content != before.content


@pytest.mark.parametrize("path", [*PUBLIC, CANDLES])
def test_what_everyone_may_read_is_asked_for_again_each_time(player: APIClient, first_cycle: None, path: str) -> None:
    reply = player.get(path)
    assert reply["Cache-Control"] == "no-cache"
    assert "Accept-Encoding" in vary(reply)


def test_a_cycle_is_kept_for_good(player: APIClient, first_cycle: None) -> None:
    assert player.get(CYCLE)["Cache-Control"] == "public, max-age=31536000, immutable"


def test_refusals_are_asked_for_again_each_time(player: APIClient) -> None:
    reply = player.get(CYCLE)
    assert reply.status_code == 404
    assert reply["Cache-Control"] == "no-store"
    assert not reply.has_header("ETag")


def test_a_long_reply_is_compressed_where_the_client_can_read_it(player: APIClient) -> None:
    plain = player.get(MARKETS)
    packed = player.get(MARKETS, headers={"Accept-Encoding": "gzip"})
    assert not plain.has_header("Content-Encoding")
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert (int(packed["Content-Length"]), len(packed.content) < len(plain.content) / 2) == (len(packed.content), True)
    # The same content in another coding, and wherever the stream is: a weak validator.
    assert packed["ETag"] == plain["ETag"]
    assert player.get(MARKETS, headers={"If-None-Match": packed["ETag"]}).status_code == 304


def test_a_head_has_the_headers_alone(player: APIClient) -> None:
    reply = player.head(MARKETS)
    assert (reply.status_code, reply.content) == (200, b"")
    assert reply["Cache-Control"] == "no-cache"


def test_every_biome_has_an_etag_of_its_own(player: APIClient) -> None:
    assert len({player.get(f"{MARKETS}/{biome}")["ETag"] for biome in Biome}) == 7


@pytest.mark.parametrize("path", PUBLIC[:2])
def test_what_the_stream_says_of_other_things_changes_no_etag(player: APIClient, first_cycle: None, path: str) -> None:
    before = player.get(path)
    announce(Event("bid", (MARKETPLACE,), {"bid": {}}))
    again = player.get(path, headers={"If-None-Match": before["ETag"]})
    assert (again.status_code, again["ETag"]) == (304, before["ETag"])
    whole = player.get(path)
    assert whole.json()["stream"]["seq"] == before.json()["stream"]["seq"] + 1
    assert whole["ETag"] == before["ETag"]
