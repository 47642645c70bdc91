"""The addresses of the live stream."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

from core.web.origins import stream_url_for

STREAM_PATH = "/api/v1/ws"


def stream_url(request: HttpRequest | Request) -> str:
    """Return the socket's address: on STREAM_URL where that is set, on the request's own origin otherwise."""
    is_elsewhere = bool(settings.STREAM_URL)
    origin = (
        stream_url_for(request.get_host(), settings.STREAM_URL) if is_elsewhere else request.build_absolute_uri("/")
    )
    # http becomes ws, and https wss.
    return origin.replace("http", "ws", 1).rstrip("/") + STREAM_PATH
