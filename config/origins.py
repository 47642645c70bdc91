"""Origins: scheme, host and port, as browsers name where a page came from."""

from __future__ import annotations

from urllib.parse import urlsplit


def origin_of(stream_url: str) -> str:
    """The origin of the sockets at this address: `wss://streams.example.org`, also of one that begins with https."""
    parts = urlsplit(stream_url.replace("http", "ws", 1))
    return f"{parts.scheme}://{parts.netloc}"
