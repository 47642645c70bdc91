"""Giving attention over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from attention.biomes import Biome
from attention.models import AttentionTotal, WaitingAttention
from core.redis import clients
from markets import events
from markets.economic_settings import change_settings
from markets.redistribution.cycle import run_cycle
from streams import event_log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets", "own_log")]

TRACK = "/api/v1/biome-market/track-attention"


@pytest.fixture
def alices(api: APIClient, alice: User) -> APIClient:
    api.force_authenticate(alice)
    return api


def announced() -> list[str]:
    """Return the types of the events in the log."""
    entries: Any = clients.redis_client().xrange(event_log.LOG_KEY)
    return [fields["frame"].partition('"type":"')[2].partition('"')[0] for _, fields in entries]


def test_points_are_accepted(alices: APIClient) -> None:
    reply = alices.post(TRACK, {"biome": "ocean", "points": 3})
    assert reply.status_code == 200
    assert reply.json() == {
        "biome": "ocean",
        "accepted": 3,
        "dropped": 0,
        "remaining": 7,
        "window_points": 3,
        "total_points": 3,
    }


def test_points_beyond_the_budget_are_dropped(alices: APIClient) -> None:
    alices.post(TRACK, {"biome": "ocean", "points": 8})
    reply = alices.post(TRACK, {"biome": "snow", "points": 8})
    assert reply.status_code == 200
    assert [reply.json()[key] for key in ("accepted", "dropped", "remaining")] == [2, 6, 0]


def test_the_budget_is_what_an_administrator_set(alices: APIClient, now: datetime) -> None:
    change_settings(changed_by=None, reason="a test", now=now, attention_budget_points=20)
    assert alices.post(TRACK, {"biome": "ocean", "points": 15}).json()["remaining"] == 5


def test_a_cycle_ends_the_window(alices: APIClient, now: datetime) -> None:
    alices.post(TRACK, {"biome": "ocean", "points": 8})
    run_cycle(number=1, now=now)
    body = alices.post(TRACK, {"biome": "ocean", "points": 4}).json()
    assert [body[key] for key in ("remaining", "window_points", "total_points")] == [6, 4, 12]


def test_a_player_reads_the_own_points(alices: APIClient, now: datetime) -> None:
    alices.post(TRACK, {"biome": "snow", "points": 4})
    run_cycle(number=1, now=now)
    alices.post(TRACK, {"biome": "snow", "points": 1})
    body = alices.get(TRACK).json()
    assert (body["budget"], body["remaining"]) == (10, 9)
    assert [each["biome"] for each in body["biomes"]] == Biome.values
    assert body["biomes"][-1] == {"biome": "snow", "window_points": 1, "total_points": 5}


@pytest.mark.parametrize(
    ("body", "code", "attr"),
    [
        ({"biome": "moon", "points": 1}, "invalid_choice", "biome"),
        ({"biome": None, "points": 1}, "null", "biome"),
        ({"points": 1}, "required", "biome"),
        ({"biome": "ocean"}, "required", "points"),
        ({"biome": "ocean", "points": 0}, "min_value", "points"),
        ({"biome": "ocean", "points": -1}, "min_value", "points"),
        ({"biome": "ocean", "points": 1_000_001}, "max_value", "points"),
        ({"biome": "ocean", "points": 10**30}, "max_value", "points"),
        ({"biome": "ocean", "points": 1.5}, "invalid", "points"),
        ({"biome": "ocean", "points": True}, "invalid", "points"),
        ({"biome": "ocean", "points": "3"}, "invalid", "points"),
        ({"biome": "ocean", "points": {"ocean": 3}}, "invalid", "points"),
        ([], "invalid", "non_field_errors"),
    ],
)
def test_bad_points_are_refused_and_change_nothing(alices: APIClient, body: object, code: str, attr: str) -> None:
    reply = alices.post(TRACK, body)
    assert reply.status_code == 400
    assert [(error["code"], error["attr"]) for error in reply.json()["errors"]] == [(code, attr)]
    assert not WaitingAttention.objects.exists()
    assert not AttentionTotal.objects.exists()


def test_guests_are_refused(api: APIClient) -> None:
    for reply in (api.get(TRACK), api.post(TRACK, {"biome": "ocean", "points": 1})):
        assert (reply.status_code, reply.json()["errors"][0]["code"]) == (401, "not_authenticated")
    assert not WaitingAttention.objects.exists()


def test_attention_is_announced_a_few_times_a_second_at_most(alices: APIClient, settings: Any) -> None:
    # So long that the three are within it, however busy the machine is.
    settings.ATTENTION_ANNOUNCE_MS = 60_000
    for _ in range(3):
        alices.post(TRACK, {"biome": "ocean", "points": 1})
    assert announced() == ["biome_attention_update"]


def test_what_was_dropped_is_not_announced(alices: APIClient) -> None:
    alices.post(TRACK, {"biome": "ocean", "points": 10})
    clients.redis_client().delete(events._ATTENTION_KEY)
    alices.post(TRACK, {"biome": "ocean", "points": 10})
    assert announced() == ["biome_attention_update"]


def test_attention_counts_without_redis(alices: APIClient, without_redis: None) -> None:
    assert alices.post(TRACK, {"biome": "ocean", "points": 3}).json()["accepted"] == 3
    assert WaitingAttention.objects.get().points == 3
