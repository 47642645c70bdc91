"""Frames encoded in advance are what a client's own library reads."""

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from streams.frames import text_frame


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_a_client_reads_them_one_after_the_other(length: int) -> None:
    client = ClientProtocol(parse_uri("ws://127.0.0.1/"), state=State.OPEN)
    texts = ["x" * length, "Währung €"]
    client.receive_data(b"".join(map(text_frame, texts)))
    heard = client.events_received()
    assert [(frame.opcode, bytes(frame.data).decode(), frame.fin) for frame in heard] == [
        (Opcode.TEXT, text, True) for text in texts
    ]
