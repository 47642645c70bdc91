"""The streams' server answers sockets, and nothing else."""

from __future__ import annotations

import json

import pytest
from channels.testing import HttpCommunicator, WebsocketCommunicator

from config.asgi import application


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/", 404), ("/api/v1/biome-market/markets", 404)])
async def test_only_its_health_is_told_over_http(path: str, status: int) -> None:
    reply = await HttpCommunicator(application, "GET", path).get_response()
    assert reply["status"] == status


@pytest.mark.parametrize("path", ["/", "/api/v1/realtime/event", "/api/v1/ws/", "/é", "/a%0Ab", "/a\nb"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_unknown_address_is_told_as_an_error(method: str, path: str) -> None:
    reply = await HttpCommunicator(application, method, path).get_response()
    assert reply["status"] == 404
    told = json.loads(reply["body"])
    assert (told["type"], [(error["code"], error["attr"]) for error in told["errors"]]) == (
        "client_error",
        [("not_found", None)],
    )


@pytest.mark.parametrize("path", ["/", "/api/v1/wss", "/healthz"])
async def test_there_is_no_socket_elsewhere(path: str) -> None:
    is_open, _ = await WebsocketCommunicator(application, path).connect()
    assert not is_open
