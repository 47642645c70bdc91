"""The socket that the load and the benchmarks share reads a server's bytes however they are cut."""

from __future__ import annotations

import asyncio
import json

import pytest

from operations.load import client_api
from operations.load.client_socket import ClientSocket
from operations.load.frames import masked

ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
TEXTS = [b'{"type":"welcome"}', b"x" * 300, b"y" * 70_000]
PING, CLOSE_1012 = b"\x89\x02hi", b"\x88\x02" + (1012).to_bytes(2, "big")


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.is_closed = False

    def write(self, data) -> None:
        self.written.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True


class Listener(ClientSocket):
    """A socket that keeps what it is handed."""

    def __init__(self) -> None:
        super().__init__("/api/v1/ws?token=t", host="exchange.example")
        self.heard: list[bytes] = []
        self.statuses: list[str] = []
        self.connection_made(Wire())

    def opened(self) -> None:
        self.say(client_api.subscribe(client_api.ALL_MARKETS))

    def refused(self, status: str) -> None:
        self.statuses.append(status)

    def take(self, data: bytes, start: int, stop: int) -> None:
        self.heard.append(data[start:stop])


def text_frame(payload: bytes) -> bytes:
    if len(payload) <= 125:
        return bytes([0x81, len(payload)]) + payload
    size, mark = (2, 126) if len(payload) < 2**16 else (8, 127)
    return bytes([0x81, mark]) + len(payload).to_bytes(size, "big") + payload


def test_a_frame_may_come_byte_by_byte() -> None:
    socket = Listener()

    for byte in ACCEPTED + text_frame(TEXTS[0]) + text_frame(TEXTS[1]):
        socket.data_received(bytes([byte]))

    assert socket.heard == TEXTS[:2]


@pytest.mark.parametrize("piece", [97, 1000, 10**6])
def test_every_text_is_handed_over_once(piece: int) -> None:
    socket = Listener()
    sent = ACCEPTED + b"".join(map(text_frame, TEXTS))

    for start in range(0, len(sent), piece):
        socket.data_received(sent[start : start + piece])

    assert socket.heard == TEXTS


def test_it_asks_for_the_upgrade_and_speaks_when_it_is_there() -> None:
    socket = Listener()
    assert socket.transport.written[0].startswith(b"GET /api/v1/ws?token=t HTTP/1.1\r\nHost: exchange.example\r\n")
    assert not socket.is_open

    socket.data_received(ACCEPTED)

    subscribed = {"action": "subscribe_biome_market", "room": "biome_market_all"}
    assert socket.transport.written[1:] == [masked(json.dumps(subscribed).encode())]
    assert socket.is_open


def test_a_ping_and_a_close_are_answered() -> None:
    socket = Listener()

    socket.data_received(ACCEPTED + PING + CLOSE_1012)

    assert socket.transport.written[2:] == [masked(b"hi", kind=0xA), masked((1012).to_bytes(2, "big"), kind=0x8)]
    assert (socket.close_code, socket.transport.is_closed) == (1012, True)


def test_a_refusal_is_told() -> None:
    socket = Listener()

    socket.data_received(b"HTTP/1.1 429 Too Many Requests\r\n\r\n")

    assert (socket.statuses, socket.is_open, socket.transport.is_closed) == (["429"], False, True)


def test_nothing_of_an_earlier_connection_is_left() -> None:
    socket = Listener()
    socket.data_received(ACCEPTED + text_frame(TEXTS[1])[:50])

    socket.reset()
    socket.connection_made(Wire())
    socket.data_received(ACCEPTED + text_frame(TEXTS[0]))

    assert socket.heard == [TEXTS[0]]


def test_the_actions_are_those_of_the_stream() -> None:
    assert client_api.resume("e1", 7, rooms=("a",)) == {"action": "resume", "epoch": "e1", "seq": 7, "rooms": ["a"]}
    assert client_api.give_attention("ocean", points=3) == {"action": "attention", "biome": "ocean", "points": 3}
