"""Requests as bytes, made before the clock starts as far as they can be."""

from __future__ import annotations

import json
from collections.abc import Iterable

from operations.load.client_api import API
from operations.load.players import access_token


def access_tokens(player_ids: Iterable[int]) -> list[str]:
    """Return an access token for each player, as signing in gives them."""
    return [access_token(player_id) for player_id in player_ids]


def get_request(path: str, *, token: str) -> bytes:
    """Make a GET request to an address of the market API."""
    return f"GET {API}{path} HTTP/1.1\r\n{_headers(token)}\r\n".encode()


def buy_request(*, token: str, biome: str, spend: str, operation: object) -> bytes:
    """Make a POST request for a buy with an Idempotency-Key."""
    body = json.dumps({"biome": biome, "spend": spend})
    head = f"POST {API}/buy HTTP/1.1\r\n{_headers(token)}Idempotency-Key: {operation}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def _headers(token: str) -> str:
    return f"Host: 127.0.0.1\r\nAccept: application/json\r\nAuthorization: Bearer {token}\r\n"
