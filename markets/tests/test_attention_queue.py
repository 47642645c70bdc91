"""The attention of many sockets is written together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
from django.db import connections

from accounts.models import User
from attention.biomes import Biome
from attention.meter import Asked, Given
from attention.models import WaitingAttention
from attention.selectors import waiting_attention
from core.errors import MarketBusy
from markets.redistribution import attention_queue
from markets.redistribution.attention_queue import AttentionQueue
from streams.tests.sockets import in_database
from tests.fixtures import WAIT_SECS

pytestmark = pytest.mark.usefixtures("markets", "own_log", "no_connection_left")

OCEAN, SNOW = Biome.OCEAN, Biome.SNOW


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record the number of requests that each transaction served."""
    sizes = []
    track = attention_queue.track_attention_together

    def counting(asked: Sequence[Asked]) -> list[Given | None]:
        sizes.append(len(asked))
        return track(asked)

    monkeypatch.setattr(attention_queue, "track_attention_together", counting)
    return sizes


@pytest_asyncio.fixture
async def no_connection_left(transactional_db: None) -> AsyncIterator[None]:
    """Close the connection of the thread that writes for all sockets."""
    yield
    await in_database(connections.close_all)()


async def give_all(queue: AttentionQueue, *asked: tuple[User, Biome, int]) -> list[Any]:
    events = (queue.give(player_id=player.pk, biome=biome, points=points) for player, biome, points in asked)
    async with asyncio.timeout(WAIT_SECS):
        return await asyncio.gather(*events, return_exceptions=True)


async def test_events_at_once_are_one_transaction_and_each_has_its_own_answer(
    batches: list[int], alice: User, bob: User
) -> None:
    given = await give_all(AttentionQueue(), (alice, OCEAN, 7), (bob, SNOW, 3), (alice, SNOW, 5))
    assert given == [
        Given(accepted={OCEAN: 7}, dropped_points=0, remaining_points=3),
        Given(accepted={SNOW: 3}, dropped_points=0, remaining_points=7),
        Given(accepted={SNOW: 3}, dropped_points=2, remaining_points=0),
    ]
    assert batches == [3]
    waiting = await in_database(waiting_attention)()
    assert {biome: points for biome, points in waiting.items() if points} == {OCEAN: 7, SNOW: 6}


async def test_a_batch_has_a_size(batches: list[int], settings: Any, alice: User) -> None:
    settings.ATTENTION_BATCH_EVENTS = 3
    given = await give_all(AttentionQueue(), *[(alice, OCEAN, 1)] * 8)
    assert [one.remaining_points for one in given] == [9, 8, 7, 6, 5, 4, 3, 2]
    assert batches == [3, 3, 2]


async def test_it_goes_on_after_it_was_empty(batches: list[int], alice: User) -> None:
    queue = AttentionQueue()
    for remaining in (9, 8):
        [given] = await give_all(queue, (alice, OCEAN, 1))
        assert given.remaining_points == remaining
    assert batches == [1, 1]


async def test_a_full_queue_is_busy(settings: Any, alice: User, bob: User) -> None:
    settings.ATTENTION_QUEUE_EVENTS = 2
    first, second, third = await give_all(AttentionQueue(), (alice, OCEAN, 1), (bob, OCEAN, 1), (alice, OCEAN, 1))
    assert [first.accepted_points, second.accepted_points] == [1, 1]
    assert isinstance(third, MarketBusy)


async def test_a_refusal_is_everyones_and_the_next_batch_is_served(
    monkeypatch: pytest.MonkeyPatch, alice: User, bob: User
) -> None:
    queue = AttentionQueue()

    def refuse(asked: Sequence[Asked]) -> list[Given | None]:
        raise MarketBusy

    with monkeypatch.context() as busy:
        busy.setattr(attention_queue, "track_attention_together", refuse)
        answers = await give_all(queue, (alice, OCEAN, 1), (bob, OCEAN, 1))
    assert [type(answer) for answer in answers] == [MarketBusy, MarketBusy]
    [given] = await give_all(queue, (alice, OCEAN, 1))
    assert given.accepted_points == 1


async def test_points_below_one_are_refused_alone(alice: User, bob: User) -> None:
    refused, given = await give_all(AttentionQueue(), (alice, OCEAN, 0), (bob, OCEAN, 1))
    assert isinstance(refused, ValueError)
    assert given.accepted_points == 1


async def test_a_player_who_is_not_active_any_more_gives_nothing(alice: User, bob: User) -> None:
    await in_database(User.objects.filter(pk=alice.pk).update)(is_active=False)
    hers, his = await give_all(AttentionQueue(), (alice, OCEAN, 1), (bob, OCEAN, 1))
    assert hers is None
    assert his.accepted_points == 1
    assert (await in_database(WaitingAttention.objects.get)()).player_id == bob.pk


async def test_one_who_leaves_takes_no_answer_from_the_others(alice: User, bob: User) -> None:
    queue = AttentionQueue()
    leaving = asyncio.create_task(queue.give(player_id=alice.pk, biome=OCEAN, points=1))
    staying = asyncio.create_task(queue.give(player_id=bob.pk, biome=OCEAN, points=1))
    while not queue._waiting:
        await asyncio.sleep(0)
    leaving.cancel()
    async with asyncio.timeout(WAIT_SECS):
        given = await staying
    assert given is not None
    assert given.accepted_points == 1
    assert (await in_database(waiting_attention)())[OCEAN] == 2
