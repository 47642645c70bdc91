"""Frames encoded once for all clients, several of them in one write: an extension of ASGI by the streams' own server.

Plain ASGI passes one text after the other, and each is encoded and written anew for each client. Pure.
"""

from __future__ import annotations

#: In a socket's `extensions`, and the type of the message: `{"type": FRAMES, "frames": bytes}`.
FRAMES = "biome_exchange.frames"
#: What clients may send at once, far above STREAM_MESSAGE_MAX_BYTES, which is answered: beyond this the socket is
#: closed with 1009.
LARGEST_FRAME_BYTES = 256 * 1024

_FINAL_TEXT = 0x81
_SHORT, _TWO_BYTES, _EIGHT_BYTES = 125, 126, 127


def text_frame(text: str) -> bytes:
    """Return a server's whole text frame (RFC 6455): the same for every client, for servers mask nothing."""
    payload = text.encode()
    count = len(payload)
    if count <= _SHORT:
        head = bytes([_FINAL_TEXT, count])
    elif count < 1 << 16:
        head = bytes([_FINAL_TEXT, _TWO_BYTES]) + count.to_bytes(2, "big")
    else:
        head = bytes([_FINAL_TEXT, _EIGHT_BYTES]) + count.to_bytes(8, "big")
    return head + payload
