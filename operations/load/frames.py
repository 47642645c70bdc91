"""Frames of a WebSocket's client, for programs that receive many thousands a second: the part of RFC 6455 for
clients.
"""

from __future__ import annotations

from collections.abc import Iterator

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
_FINAL, _MASKED = 0x80, 0x80
_SHORT, _TWO_BYTES, _EIGHT_BYTES = 125, 126, 127


def handshake(path: str, host: str) -> bytes:
    """Return the request that opens a socket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def masked(payload: bytes, *, kind: int = TEXT) -> bytes:
    """Return a client's frame, under the mask of zeros."""
    if len(payload) <= _SHORT:
        length = bytes([_MASKED | len(payload)])
    else:
        length = bytes([_MASKED | _TWO_BYTES]) + len(payload).to_bytes(2, "big")
    return bytes([_FINAL | kind]) + length + bytes(4) + payload


def frames_in(buffer: bytes | bytearray) -> Iterator[tuple[int, int, int]]:
    """Yield every whole frame of a server: its kind, and where its payload starts and stops."""
    place, end = 0, len(buffer)
    while place + 2 <= end:
        length, start = buffer[place + 1], place + 2
        if length > _SHORT:
            start += 2 if length == _TWO_BYTES else 8
            if start > end:
                return
            length = int.from_bytes(buffer[place + 2 : start], "big")
        if start + length > end:
            return
        yield buffer[place] & 0xF, start, start + length
        place = start + length
