"""Small numbers of slow, many and large clients run against the web and the streams."""

from __future__ import annotations

from bench.http.servers import exchange_server
from bench.rough_clients import STREAMS, WEB
from bench.streams.servers import StreamServer
from bench.tests.conftest import RunProgram


def test_others_are_answered_meanwhile(run_program: RunProgram) -> None:
    with exchange_server() as web, StreamServer("uvicorn") as streams:
        places = ("--web", f"127.0.0.1:{web.port}", "--streams", f"127.0.0.1:{streams.port}")
        said = run_program("bench.rough_clients", *places)
    assert said.count("; then answers)") == len(WEB) + len(STREAMS)
