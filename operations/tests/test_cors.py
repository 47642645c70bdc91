"""The API admits pages of named origins, by token; pages of the site are open to no other site's scripts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

NAMED, OTHER = "https://charts.example", "https://evil.example"
MARKETS = "/api/v1/biome-market/markets"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("markets")]


@pytest.fixture(autouse=True)
def origins(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [NAMED]


def test_a_named_origin_may_read(client: Client) -> None:
    reply = client.get(MARKETS, headers={"origin": NAMED})
    assert reply["Access-Control-Allow-Origin"] == NAMED
    assert "origin" in reply["Vary"].lower()
    assert "Access-Control-Allow-Credentials" not in reply
    exposed = reply["Access-Control-Expose-Headers"]
    assert {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After"} <= set(exposed.split(", "))


def test_a_named_origin_may_trade_by_token(client: Client) -> None:
    asks = {
        "origin": NAMED,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,idempotency-key",
    }
    reply = client.options("/api/v1/biome-market/buy", headers=asks)
    assert reply.status_code == 200
    assert reply["Access-Control-Allow-Origin"] == NAMED
    assert {"authorization", "idempotency-key"} <= set(reply["Access-Control-Allow-Headers"].split(", "))
    assert "x-csrftoken" not in reply["Access-Control-Allow-Headers"], "that is a session's"


@pytest.mark.parametrize(("path", "origin"), [(MARKETS, OTHER), (MARKETS, "null"), ("/sign-in/", NAMED)])
def test_others_may_not(client: Client, path: str, origin: str) -> None:
    assert "Access-Control-Allow-Origin" not in client.get(path, headers={"origin": origin})
