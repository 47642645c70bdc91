"""Close codes of the sockets with their reasons. Pure."""

from __future__ import annotations

from typing import Any

CLOSE_BAD_DATA = 1007
CLOSE_POLICY = 1008
CLOSE_FAULT = 1011
CLOSE_RESTARTING = 1012
CLOSE_TRY_AGAIN = 1013
CLOSE_NOT_SIGNED_IN = 4401

#: Said with a code that no error of its own explains.
CLOSE_REASONS = {
    CLOSE_BAD_DATA: "parse_error: A message is not UTF-8.",
    CLOSE_POLICY: "rate_limited: Too many messages in a second.",
    CLOSE_FAULT: "error: Something went wrong on our side.",
    CLOSE_RESTARTING: "shutdown: This server is going away. Come back at once.",
    CLOSE_TRY_AGAIN: "service_unavailable: A part of the exchange cannot be reached. Try again.",
    CLOSE_NOT_SIGNED_IN: "signed_out: You were signed out.",
}
# A close frame has room for no more (RFC 6455).
_REASON_MAX_BYTES = 123


def close_message(code: int, reason: str = "") -> dict[str, Any]:
    """Return the ASGI message that closes a socket, with the code's own reason where none is given."""
    said = (reason or CLOSE_REASONS.get(code, "")).encode()[:_REASON_MAX_BYTES].decode(errors="ignore")
    return {"type": "websocket.close", "code": code, "reason": said}
