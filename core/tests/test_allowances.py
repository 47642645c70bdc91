"""Any number of processes and threads admit together no more requests than the limit."""

from __future__ import annotations

from itertools import count
from threading import Lock, Thread

from core.web.rate_limit_allowances import Allowances


class Counter:
    """A stand-in for the counter that all processes share."""

    def __init__(self) -> None:
        self.used = 0
        self.asked = 0
        self._lock = Lock()

    def take(self, share: int) -> int:
        with self._lock:
            self.asked += 1
            self.used += share
            return self.used - share


def test_processes_share_one_limit() -> None:
    counter, processes = Counter(), [Allowances(), Allowances(), Allowances()]
    left = [processes[turn % 3].use("ada", window=1, limit=100, share=10, take=counter.take) for turn in range(120)]
    assert sum(each is not None and each >= 0 for each in left) == 100
    assert counter.asked == 10 + 20


def test_threads_share_one_allowance() -> None:
    counter, process = Counter(), Allowances()
    left: list[int | None] = []

    def ask() -> None:
        for _ in range(100):
            left.append(process.use("ada", window=1, limit=300, share=7, take=counter.take))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(each is not None and each >= 0 for each in left) == 300


def test_a_window_ends_what_was_taken() -> None:
    process, used = Allowances(), count(90, 10)
    assert process.use("ada", window=1, limit=100, share=10, take=lambda _: 0) == 99
    assert process.use("ada", window=1, limit=100, share=10, take=lambda _: 0) == 98
    assert process.use("ada", window=2, limit=100, share=10, take=lambda _: next(used)) == 9
    assert [process.use("ada", window=2, limit=100, share=10, take=lambda _: next(used)) for _ in range(10)] == [
        *range(8, -1, -1),
        -1,
    ]


def test_clients_are_apart_and_without_a_counter_nobody_can_tell() -> None:
    process = Allowances()
    assert process.use("ada", window=1, limit=5, share=1, take=lambda _: 4) == 0
    assert process.use("bob", window=1, limit=5, share=1, take=lambda _: 0) == 4
    assert process.use("ada", window=1, limit=5, share=1, take=lambda _: 5) == -1
    assert process.use("eve", window=1, limit=5, share=1, take=lambda _: None) is None
