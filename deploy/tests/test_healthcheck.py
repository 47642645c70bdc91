"""The health check of a container accepts only a living process."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from deploy import healthcheck


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked = (self.path, self.headers["Host"], self.headers["X-Forwarded-Proto"])
        self.send_response(200 if asked == ("/healthz", "exchange.example", "https") else 400)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Site) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("hosts", "is_well"),
    [("exchange.example,other.example", True), (".exchange.example", True), ("other.example", False)],
)
def test_a_server_is_asked_as_nginx_asks(port: int, monkeypatch: pytest.MonkeyPatch, hosts: str, is_well: bool):
    monkeypatch.setenv("ALLOWED_HOSTS", hosts)

    assert healthcheck.answers(port) is is_well


def test_a_server_that_is_away_is_not_well(port: int):
    with HTTPServer(("127.0.0.1", 0), Site) as closed:
        free = closed.server_port

    assert healthcheck.answers(free) is False


@pytest.mark.parametrize(("age_secs", "is_well"), [(0, True), (25, True), (35, False), (None, False)])
def test_a_worker_is_well_while_its_sign_is_young(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age_secs: int | None, is_well: bool
):
    sign = tmp_path / "alive"
    monkeypatch.setenv("ALIVE_FILE", str(sign))
    if age_secs is not None:
        sign.touch()
        os.utime(sign, (time.time() - age_secs,) * 2)

    assert healthcheck.is_alive() is is_well
