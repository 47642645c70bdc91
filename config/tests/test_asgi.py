"""The streams' server: sockets, and nothing else."""

from __future__ import annotations

import pytest
from channels.testing import HttpCommunicator, WebsocketCommunicator

from config.asgi import application


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/", 404), ("/api/v1/biome-market/markets", 404)])
async def test_only_its_health_is_told_over_http(path: str, status: int) -> None:
    reply = await HttpCommunicator(application, "GET", path).get_response()
    assert reply["status"] == status


@pytest.mark.parametrize("path", ["/", "/api/v1/wss", "/healthz"])
async def test_there_is_no_socket_elsewhere(path: str) -> None:
    is_open, _ = await WebsocketCommunicator(application, path).connect()
    assert not is_open
