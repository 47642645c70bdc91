"""One client's messages arrive in order, at once if it reads, and never exceed its queue's limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio

from streams.client_queue import Letter, Mailbox, begun
from streams.event_log import Position
from streams.tests.sockets import until


class Line:
    """A connection that takes letters while it is open."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.told: list[str] = []
        self.writes = 0

    async def deliver(self, letters: Sequence[Letter]) -> None:
        await self.open.wait()
        self.told += [letter.text for letter in letters]
        self.writes += 1


@pytest.fixture
def line() -> Line:
    return Line()


@pytest_asyncio.fixture
async def mailbox(line: Line) -> AsyncIterator[Mailbox]:
    mailbox = Mailbox(line.deliver, limit=6, states=2)
    running = asyncio.create_task(mailbox.run())
    yield mailbox
    running.cancel()
    await asyncio.wait([running])
    mailbox.close()


def trade(seq: int) -> Letter:
    return Letter("biome_trade", f"trade {seq}", place=Position("now", seq), rooms=("all",))


def update(seq: int, room: str = "all") -> Letter:
    return Letter("biome_market_update", f"update {seq}", place=Position("now", seq), rooms=(room,))


async def test_who_reads_is_told_without_waking_anyone(mailbox: Mailbox, line: Line) -> None:
    line.open.set()
    mailbox.put(trade(1))
    mailbox.put(trade(2))
    assert line.told == ["trade 1", "trade 2"]


async def test_what_comes_together_goes_out_in_one_write(mailbox: Mailbox, line: Line) -> None:
    line.open.set()
    mailbox.put(trade(1), update(2), trade(3))
    assert (line.told, line.writes) == (["trade 1", "update 2", "trade 3"], 1)


async def test_of_what_comes_together_nothing_is_told_again(mailbox: Mailbox, line: Line) -> None:
    line.open.set()
    mailbox.had = Position("now", 2)
    mailbox.put(trade(1), trade(2))
    assert line.writes == 0
    mailbox.put(trade(2), trade(3))
    assert line.told == ["trade 3"]


async def test_who_does_not_read_is_told_later_in_order(mailbox: Mailbox, line: Line) -> None:
    for seq in range(1, 5):
        mailbox.put(trade(seq))
    assert line.told == []
    line.open.set()
    await until(lambda: len(line.told) == 4)
    assert line.told == ["trade 1", "trade 2", "trade 3", "trade 4"]
    mailbox.put(trade(5))
    assert line.told[-1] == "trade 5"


async def test_a_slow_client_gets_the_newest_state_and_every_other_event(mailbox: Mailbox, line: Line) -> None:
    # The first is on its way already.
    for letter in (update(1), update(2), trade(3), update(4), update(5, "snow"), update(6), trade(7)):
        mailbox.put(letter)
    line.open.set()
    await until(lambda: "trade 7" in line.told)
    assert line.told == ["update 1", "trade 3", "update 5", "update 6", "trade 7"]


async def test_states_without_end_never_cost_a_resync(mailbox: Mailbox, line: Line) -> None:
    for seq in range(1, 1000):
        mailbox.put(update(seq))
        assert len(mailbox._waiting) <= 6
    line.open.set()
    await until(lambda: "update 999" in line.told)
    assert not any("resync" in text for text in line.told)


async def test_too_many_events_for_a_slow_client_are_a_resync(mailbox: Mailbox, line: Line) -> None:
    for seq in range(1, 9):
        mailbox.put(trade(seq))
    line.open.set()
    await until(lambda: len(line.told) >= 2)
    assert line.told[0] == "trade 1"
    assert '"type":"resync","epoch":"now","seq":8' in line.told[1]


async def test_what_was_missed_may_be_more_than_what_may_wait(mailbox: Mailbox, line: Line) -> None:
    mailbox.hold()
    mailbox.put(trade(21))
    assert [letter.text for letter in mailbox.held] == ["trade 21"]
    mailbox.release([*map(trade, range(1, 21)), *mailbox.held])
    mailbox.put(trade(22))
    line.open.set()
    await until(lambda: len(line.told) == 22)
    assert line.told == [f"trade {seq}" for seq in range(1, 23)]


async def test_the_end_comes_after_what_waits(mailbox: Mailbox, line: Line) -> None:
    other = Mailbox(line.deliver, limit=6, states=2)
    other.put(trade(1))
    other.put(trade(2))
    other.end(1012)
    line.open.set()
    async with asyncio.timeout(10):
        assert await other.run() == 1012
    assert line.told == ["trade 1", "trade 2"]


async def test_at_the_end_nothing_is_told_of_what_is_not_told_from_its_beginning(line: Line) -> None:
    line.open.set()
    other = Mailbox(line.deliver, limit=6, states=2)
    other.hold()
    other.put(trade(7))
    other.put(Letter("error", "signed out"))
    other.put(Letter("shutdown", "shutdown", place=Position("now", 7)))
    other.end(1012)
    async with asyncio.timeout(10):
        assert await other.run() == 1012
    assert line.told == ["signed out"]


async def test_a_broken_connection_ends_its_own_mailbox_and_nothing_else() -> None:
    async def broken(_letters: Sequence[Letter]) -> None:
        raise ConnectionResetError

    mailbox = Mailbox(broken, limit=6, states=2)
    mailbox.put(trade(1))
    mailbox.put(trade(2))
    with pytest.raises(ConnectionResetError):
        await mailbox.run()
    mailbox.close()


async def test_what_has_begun_can_be_cancelled() -> None:
    ended = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    rest = begun(work())
    assert rest is not None
    task = asyncio.create_task(rest)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert ended == ["cancelled"]
