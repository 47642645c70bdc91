"""Threads that ask for the API's and the streams' description at once, in a process that has made neither."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.test import Client

from operations import api_docs
from tests.fixtures import RunTogether

MEETING_SECS = 0.2


class Makers:
    """Stands for the two makers of descriptions: who is in one of them sees whether another comes in meanwhile."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.met = 0
        self._meeting = Barrier(2)

    def api(self) -> dict[str, Any]:
        return self._make("api")

    def streams(self) -> dict[str, Any]:
        return self._make("streams")

    def _make(self, name: str) -> dict[str, Any]:
        self.made.append(name)
        try:
            self._meeting.wait(MEETING_SECS)
        except BrokenBarrierError:
            return {"made": name}
        self.met += 1
        return {"made": name}


@pytest.fixture
def makers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Makers]:
    made = Makers()
    caches = (api_docs._rendered, api_docs._streams)
    for kept in caches:
        kept.cache_clear()
    monkeypatch.setattr("drf_spectacular.generators.SchemaGenerator.get_schema", lambda self, **options: made.api())
    monkeypatch.setattr(api_docs, "stream_document", made.streams)
    yield made
    for kept in caches:
        kept.cache_clear()


@pytest.mark.parametrize(
    ("paths", "made"),
    [
        (["/api/schema/", "/api/schema/"], ["api"]),
        (["/api/schema/", "/api/asyncapi/"], ["api", "streams"]),
    ],
)
def test_one_at_a_time_and_each_once(
    transactional_db: None, makers: Makers, run_together: RunTogether, paths: list[str], made: list[str]
) -> None:
    def ask(path: str) -> int:
        return Client().get(path).status_code

    answers = run_together([lambda path=path: ask(path) for path in paths])  # type: ignore[misc]

    assert (answers, sorted(makers.made), makers.met) == ([200, 200], made, 0)
