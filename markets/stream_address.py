"""Where clients find the live stream."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from rest_framework.request import Request

STREAM_PATH = "/api/v1/ws"


def stream_url(request: HttpRequest | Request) -> str:
    """The socket's address: on STREAM_URL where that is set, on the request's own origin otherwise."""
    origin = settings.STREAM_URL or request.build_absolute_uri("/")
    # http becomes ws, and https wss.
    return origin.replace("http", "ws", 1).rstrip("/") + STREAM_PATH
