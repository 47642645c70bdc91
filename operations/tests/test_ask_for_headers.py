"""HEAD is answered like GET without the body, at every address of the API and the pages."""

from __future__ import annotations

from typing import Any

import pytest

from operations.tests.attackers import Exchange
from operations.tests.attackers import exchange as exchange
from operations.tests.routes import EXPECTED
from operations.tests.test_walk_routes import Walker
from operations.tests.test_walk_routes import ids as ids
from operations.tests.test_walk_routes import uncounted as uncounted

pytestmark = pytest.mark.django_db

#: What differs from one answer to the next, of GET as well: names of requests, and lengths of compressed pages.
OF_ONE_ANSWER = {"X-Request-ID", "Set-Cookie", "Content-Length", "ETag", "Expires"}


def test_every_address_answers_head_as_get(exchange: Exchange, ids: dict[str, Any]) -> None:
    walker = Walker(exchange.stranger, ids)
    for route, methods in EXPECTED.items():
        if "GET" not in methods:
            continue
        walker.ask(route, "GET")
        got, head = (walker.reply(route, method) for method in ("GET", "HEAD"))
        assert (head.status_code, set(head.headers)) == (got.status_code, set(got.headers)), route
        for name in set(got.headers) - OF_ONE_ANSWER:
            assert head.headers[name] == got.headers[name], (route, name)
        assert b"".join(head.streaming_content if head.streaming else [head.content]) == b"", route


@pytest.mark.parametrize("path", ["/api/v1/biome-market/markets/ocean", "/api/v1/wallet", "/api/v1/marketplace/lands"])
def test_it_has_the_same_validator(exchange: Exchange, ids: dict[str, Any], path: str) -> None:
    client = Walker(exchange.stranger, ids).client
    client.force_login(exchange.stranger)
    client.get(path)
    got, head = client.get(path), client.head(path)
    assert (head["ETag"], head["Content-Length"]) == (got["ETag"], got["Content-Length"])
    assert client.head(path, headers={"If-None-Match": got["ETag"]}).status_code == 304
